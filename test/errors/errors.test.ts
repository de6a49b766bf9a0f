/** The list of codes, docs/errors.md and the tests agree. */
import { describe, expect, it } from "vitest";
import * as errors from "../../src/errors/index.ts";
import { filesBelow, readProjectFile } from "../support/source-tree.ts";

const codes: string[] = Object.values(errors.errorCodes).flat();
const page = readProjectFile("docs/errors.md");
const sources = filesBelow("src", ".ts")
  .filter((path) => path !== "src/errors/index.ts")
  .map(readProjectFile);
const tests = filesBelow("test", ".ts").map(readProjectFile);

describe("error codes", () => {
  it("are each once in the list", () => {
    expect(new Set(codes).size).toBe(codes.length);
  });

  it("have a section each in docs/errors.md, under their class, in the list's order", () => {
    const sections = [...page.matchAll(/^##+ (ERR_\w+|\w+Error)$/gm)].map((match) => match[1]);
    const expected = Object.entries(errors.errorCodes).flatMap(([name, list]) => [name, ...list]);
    expect(sections).toEqual(expected);
  });

  it.each(codes)("%s is raised somewhere and tested somewhere", (code) => {
    expect(sources.some((text) => text.includes(`"${code}"`))).toBe(true);
    expect(tests.some((text) => text.includes(code))).toBe(true);
  });

  it("are carried by errors of the class they are listed under", () => {
    const types = new Map<string, unknown>(Object.entries(errors));
    for (const [name, list] of Object.entries(errors.errorCodes)) {
      const type = types.get(name) as new (...words: unknown[]) => errors.TsgiError;
      const between = { LimitExceededError: ["maxX", 1, 2], ValidationError: ["V1", "server"] }[name] ?? [];
      const error = new type(list[0], ...between, "text");
      expect(error).toBeInstanceOf(errors.TsgiError);
      expect(error).toMatchObject({ name, code: list[0], message: "text" });
    }
  });
});
