/** Holds docs/specification.md: every requirement has its row, and every test that a row names exists. */
import { describe, expect, it } from "vitest";
import { filesBelow, readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/specification.md");

interface Row {
  readonly number: string;
  readonly text: string;
  readonly heldBy: string;
}

const rows: Row[] = [...page.matchAll(/^\| ([SAM]\d+) +\| (.*?) +\| (.*?) +\|$/gm)].map((match) => ({
  number: match[1]!,
  text: match[2]!,
  heldBy: match[3]!,
}));

/** Titles of the tests of a file: what stands first in each call of `it` and `test`, plain or with a table before it. */
function titlesOf(file: string): string[] {
  const source = readProjectFile(`test/${file}.test.ts`);
  const title = /(?:\b(?:it|test)|\))\(\s*(["'`])((?:\\.|(?!\1).)+)\1\s*,/g;
  return [...source.matchAll(title)].map((match) => match[2]!);
}

const mentions = (title: string, number: string): boolean => new RegExp(`\\b${number}\\b`).test(title);

/** `file` or `file "title"`, several with commas between. */
const references = (heldBy: string): Array<{ file: string; title: string | undefined }> =>
  [...heldBy.matchAll(/`([\w/-]+)`(?: "([^"]+)")?/g)].map((match) => ({ file: match[1]!, title: match[2] }));

describe("docs/specification.md", () => {
  it("has each requirement once, in order", () => {
    const numbered = (letter: string, last: number): string[] =>
      Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
    expect(rows.map((row) => row.number)).toEqual([
      ...numbered("S", 109),
      ...numbered("A", 45),
      ...numbered("M", 16),
    ]);
    expect(rows.filter((row) => row.text.length < 10)).toEqual([]);
  });

  it.each(rows)("$number is held by what its row names", ({ number, heldBy }) => {
    const named = references(heldBy);
    if (named.length === 0) {
      expect(heldBy).toMatch(
        /^_(construction|web server|author|n\/a)_$|^_documentation_: \[[\w.-]+\]\([\w.-]+\)$/,
      );
      return;
    }
    for (const { file, title } of named) {
      const titles = titlesOf(file);
      const found = titles.some((each) =>
        title === undefined ? mentions(each, number) : each.startsWith(title),
      );
      expect(found, `a test of ${number} in test/${file}.test.ts`).toBe(true);
    }
  });

  it("names pages that exist", () => {
    const docs = filesBelow("docs", ".md");
    for (const [, target] of page.matchAll(/\]\(([\w./-]+\.md)/g)) expect(docs).toContain(`docs/${target}`);
  });

  it("has a row for each requirement that a test of the bridge is named after", () => {
    const numbers = new Set(rows.map((row) => row.number));
    for (const path of filesBelow("test/bridge", ".test.ts")) {
      const file = path.slice("test/".length, -".test.ts".length);
      for (const title of titlesOf(file)) {
        for (const [number] of title.matchAll(/\b[SAM]\d+\b/g))
          expect(numbers, `${file}: ${title}`).toContain(number);
      }
    }
  });

  it("S28 names every key of the gateway in docs/environ.md", () => {
    const environ = readProjectFile("docs/environ.md");
    const keys = [...readProjectFile("src/bridge/types.ts").matchAll(/"((?:wsgi|tsgi)\.\w+)"/g)];
    expect(keys.length).toBeGreaterThan(10);
    for (const [, key] of keys) expect(environ).toContain(`\`${key}\``);
  });
});
