/** docs/compatibility.md says what the tables of scripts/compat say: `npm run compat -- --write` writes it from them. */
import { describe, expect, it } from "vitest";
import { differences } from "../../scripts/compat/differences.mjs";
import { suites } from "../../scripts/compat/suites.mjs";
import { readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/compatibility.md");
const part = (name: string): string =>
  new RegExp(`<!-- ${name} -->([\\s\\S]*)<!-- /${name} -->`).exec(page)?.[1] ?? "";
const words = (text: string): string => text.replaceAll(/\s+/g, " ");

describe("docs/compatibility.md", () => {
  it("has a row for each suite, at its commit, in order", () => {
    const rows = [...part("figures").matchAll(/^\| \[(.+?)\]\((.+?)\)\s+\| (\S+)/gm)];
    expect(rows.map(([, repository, address, tag]) => ({ repository, address, tag }))).toEqual(
      suites.map(({ repository, commit, tag }) => ({
        repository,
        address: `https://github.com/${repository}/tree/${commit}`,
        tag,
      })),
    );
  });

  it.each(suites)(
    "$name: the figures differ by as many tests as are explained",
    ({ name, repository, tag }) => {
      const row = part("figures")
        .split("\n")
        .find((line) => line.startsWith(`| [${repository}]`) && line.split("|")[2]?.trim() === tag);
      const figures = (row ?? "").split("|").slice(3, -1).map(Number);
      const [passed = 0, failed = 0, passedThrough = 0, failedThrough = 0, differ = 0] = figures;
      expect(figures).toHaveLength(5);
      expect(passed + failed).toBeGreaterThan(0);
      // One more for a test that fails under a name of its own, since the test around it did not wait for it; and one for
      // each file that was cut, whose tests count too.
      const explained = differences[name] ?? [];
      const cut = explained.flatMap(({ titles }) => titles).filter((title) => /^\S+\.js$/.test(title)).length;
      expect(passed - passedThrough).toBeLessThanOrEqual(differ);
      expect(passed - passedThrough).toBeGreaterThanOrEqual(differ - Math.max(1, cut));
      // What does not run at all is neither passed nor failed.
      expect(failedThrough - failed).toBeLessThanOrEqual(differ);
      const titles = (some: typeof explained): number => some.flatMap((each) => each.titles).length;
      expect(differ).toBeLessThanOrEqual(titles(explained));
      expect(differ).toBeGreaterThanOrEqual(titles(explained.filter(({ varies }) => varies !== true)));
    },
  );

  it("explains what the runner accepts, and nothing else", () => {
    const text = words(part("differences"));
    const explained = Object.values(differences).flat();
    for (const { titles, reason } of explained) {
      expect(text).toContain(words(reason));
      for (const title of titles) expect(text).toContain(`- \`${words(title)}\``);
    }
    const items = part("differences").match(/^- /gm) ?? [];
    expect(items).toHaveLength(explained.flatMap(({ titles }) => titles).length);
  });

  it("explains only suites that there are", () => {
    const names = suites.map(({ name }) => name);
    expect(Object.keys(differences).filter((name) => !names.includes(name))).toEqual([]);
  });
});
