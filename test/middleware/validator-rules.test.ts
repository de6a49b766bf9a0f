/** Every rule of the validator has a violation that it finds, by that rule and no other. */
import { describe, expect, it } from "vitest";
import type { Application, StartResponse } from "../../src/bridge/index.ts";
import { ValidationError } from "../../src/errors/index.ts";
import { validationRules, validator } from "../../src/middleware/index.ts";
import type { LooseApplication } from "../bridge/hosted.ts";
import {
  soundApplication,
  soundEnviron,
  soundServer,
  soundWrite,
  violations,
  type Violation,
} from "./violations.ts";

/** What is found: warnings, and the error that ends the request. */
async function findingsOf({ application, server, environ }: Partial<Violation>): Promise<ValidationError[]> {
  const found: ValidationError[] = [];
  const checked = validator((application ?? soundApplication) as Application, {
    onWarning: (warning) => found.push(warning),
  }) as LooseApplication;
  const given = { ...soundEnviron(), ...environ };
  const startResponse: StartResponse = () => soundWrite;
  try {
    await (server ?? soundServer)(checked, given, startResponse);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    found.push(error);
  }
  return found;
}

describe("the validator", () => {
  it("finds nothing where nothing is wrong", async () => {
    expect(await findingsOf({})).toEqual([]);
  });

  it.each(violations)("$rule: $how", async ({ rule, ...violation }) => {
    const found = await findingsOf(violation);
    // V15 has nowhere to go but up; all others are the only finding.
    expect(found.map((each) => each.rule)).toEqual([rule]);
    const { side, from } = validationRules[rule];
    expect(found[0]).toMatchObject({ code: "ERR_VALIDATION", side, name: "ValidationError" });
    expect(found[0]?.message).toMatch(new RegExp(`^${rule}( \\([\\w .-]+\\))?, ${side}, `));
    if (from !== rule) expect(found[0]?.message).toContain(`(${from})`);
  });

  it("has a violation for every rule; V55, which takes a garbage collection, has its own test", () => {
    const broken = new Set(violations.map(({ rule }) => rule));
    expect(Object.keys(validationRules).filter((rule) => !broken.has(rule as never))).toEqual(["V55"]);
  });

  it("has every rule of wsgiref's, but for the two of keyword arguments", () => {
    const numbers = Array.from({ length: 55 }, (_, index) => `V${index + 1}`);
    expect(numbers.filter((rule) => !(rule in validationRules))).toEqual(["V2", "V4"]);
  });
});
