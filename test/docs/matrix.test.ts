/** README's matrix is what the conformance suite runs: a row for each web server, a count of all its cases. */
import { describe, expect, it } from "vitest";
import { allowancesFor, conformanceCases, isLeftOut } from "../../src/testing/index.ts";
import { frontEnds } from "../support/front-ends.ts";
import { readProjectFile } from "../support/source-tree.ts";

const [, matrix = ""] = /<!-- matrix -->([\s\S]*)<!-- \/matrix -->/.exec(readProjectFile("README.md")) ?? [];
const rows = [...matrix.matchAll(/^\| (.+?) +\| (\d+) of (\d+) +\| (\d+) of (\d+) +\| (.*?) +\|$/gm)];

describe("README's matrix (npm run matrix writes it)", () => {
  it("has a row for each web server of the conformance tests, in their order", () => {
    expect(rows.map(([, name]) => name)).toEqual(frontEnds.map(({ name }) => name));
  });

  it.each(frontEnds)(
    "$name: counts the cases that there are, less those left out, and names those that are changed",
    ({ name, allowances }) => {
      const all = String(conformanceCases.length);
      const asked = String(conformanceCases.filter((one) => !isLeftOut(one.name, allowances)).length);
      const [, , ...cells] = rows.find(([, each]) => each === name) ?? [];
      expect(cells.slice(0, 4)).toEqual([asked, all, asked, all]);
      const changed = conformanceCases.filter((one) => allowancesFor(one.name, allowances).length > 0);
      expect(cells[4]).toBe(changed.map((one) => `\`${one.name}\``).join(", "));
    },
  );
});
