/** README's matrices are what the suites run: a row for each web server, a count of all its cases. */
import { describe, expect, it } from "vitest";
import { allowancesFor, authorizerCases, conformanceCases, isLeftOut } from "../../src/testing/index.ts";
import { authorizerFrontEnds } from "../support/authorizer-front-ends.ts";
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

const [, authorizerMatrix = ""] =
  /<!-- authorizers -->([\s\S]*)<!-- \/authorizers -->/.exec(readProjectFile("README.md")) ?? [];
const authorizerRows = [...authorizerMatrix.matchAll(/^\| (.+?) +\| (\d+) of (\d+) +\| (.*?) +\|$/gm)];

describe("README's matrix of authorizers", () => {
  it("has a row for each web server that asks one, in their order", () => {
    expect(authorizerRows.map(([, name]) => name)).toEqual(authorizerFrontEnds.map(({ name }) => name));
  });

  it.each(authorizerFrontEnds)("$name: counts the cases, and names those that are changed", (row) => {
    const { name, allowances } = row;
    const asked = authorizerCases.filter((one) => !isLeftOut(one.name, allowances)).length;
    const changed = authorizerCases.filter((one) => allowancesFor(one.name, allowances).length > 0);
    const [, , ...cells] = authorizerRows.find(([, each]) => each === name) ?? [];
    expect(cells).toEqual([
      String(asked),
      String(authorizerCases.length),
      changed.map((one) => `\`${one.name}\``).join(", "),
    ]);
  });

  it("makes allowances, with a reason, for cases that there are", () => {
    const names = authorizerCases.map((one) => one.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { cases, reason } of authorizerFrontEnds.flatMap(({ allowances }) => allowances)) {
      expect(reason.length).toBeGreaterThan(20);
      expect(names).toEqual(expect.arrayContaining([...cases]));
    }
  });
});
