/** The pages of docs/ as a whole: each can be reached from README, and each dependency has its reason. */
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import * as middleware from "../../src/middleware/index.ts";
import { filesBelow, readProjectFile } from "../support/source-tree.ts";

/** The pages that a page links to, relative to the project. */
function linksOf(page: string): string[] {
  return [...readProjectFile(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target = ""]) =>
    join(dirname(page), target).replaceAll("\\", "/").replace(/\/$/, ""),
  );
}

describe("docs/", () => {
  it("can be reached from README, page by page", () => {
    const first = linksOf("README.md");
    const second = first.filter((path) => path.startsWith("docs/") && path.endsWith(".md")).flatMap(linksOf);
    const reached = new Set([...first, ...second]);
    const lost = filesBelow("docs", ".md").filter(
      // The folder of decisions is linked as a whole.
      (path) => !reached.has(path) && !reached.has(dirname(path)),
    );
    expect(lost).toEqual([]);
  });

  it("links to headings that exist", () => {
    const anchorOf = (heading: string): string =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-");
    const wrong: string[] = [];
    for (const page of ["README.md", ...filesBelow("docs", ".md")]) {
      for (const [, file = "", anchor = ""] of readProjectFile(page).matchAll(
        /\]\((?!https?:)([^)#\s]*\.md)?#([^)\s]+)\)/g,
      )) {
        const target = file === "" ? page : join(dirname(page), file);
        const headings = [...readProjectFile(target).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) => text);
        if (!headings.map(anchorOf).includes(anchor)) wrong.push(`${page}: ${file}#${anchor}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("has a reason for every package that is installed with tsgi", () => {
    const decisions = filesBelow("docs/decisions", ".md").map(readProjectFile).join("\n");
    const { dependencies } = JSON.parse(readProjectFile("package.json")) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(dependencies).filter((name) => !decisions.includes(`\`${name}\``))).toEqual([]);
  });

  it("numbers each decision once, as its heading says", () => {
    const numbers = filesBelow("docs/decisions", ".md").map((path) => {
      const number = Number(/\/(\d{4})-/.exec(path)?.[1]);
      expect(readProjectFile(path)).toMatch(new RegExp(`^# ${number}\\. `));
      return number;
    });
    expect(numbers.length).toBeGreaterThan(5);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it("names all that tsgi/middleware has in the table of docs/middleware.md", () => {
    const [, table = ""] =
      /^## What ships\n([\s\S]*?)^## /m.exec(readProjectFile("docs/middleware.md")) ?? [];
    const named = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
    );
    const functions = Object.entries(middleware).flatMap(([name, value]) =>
      typeof value === "function" ? [name] : [],
    );
    expect(named.toSorted()).toEqual(functions.toSorted());
  });
});
