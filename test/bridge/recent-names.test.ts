/** An environ is the same whatever requests came before it: the names that are kept from those change nothing. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildEnviron } from "../../src/bridge/environ.ts";
import { options, paramsBlock, usual, type Pairs } from "./environ-request.ts";

/** The environ's own variables, in their order; or what is wrong with the request. */
function variables(pairs: Pairs): unknown {
  try {
    const { environ } = buildEnviron(paramsBlock([...usual, ...pairs]), options);
    return Object.entries(environ).filter(([, value]) => typeof value === "string");
  } catch (error) {
    return error;
  }
}

let forgotten = 0;
/** The same, behind a request whose one name is another: nothing that was kept is found again. */
function variablesAlone(pairs: Pairs): unknown {
  forgotten += 1;
  variables([[`HTTP_X_FORGET_${forgotten}`, ""]]);
  return variables(pairs);
}

const long = `HTTP_X_${"LONG".repeat(20)}`;
const names = [
  "HTTP_X_A",
  "HTTP_X_B",
  "HTTP_X_AB",
  "MY_PARAM",
  "HTTP_PROXY",
  "wsgi.input",
  "__proto__",
  "constructor",
  long,
];
const pairs = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom("1", "2", "")), { maxLength: 6 });

describe("names kept from earlier requests", () => {
  test("change no environ, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 5 }), pairs, (earlier, last) => {
        const expected = variablesAlone(last);
        for (const each of earlier) variables(each);
        expect(variables(last)).toEqual(expected);
        // Now each of them stands where it stood.
        expect(variables(last)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test("are forgotten behind a place that had another: a repeat stays one", () => {
    variablesAlone([
      ["HTTP_X_A", "1"],
      ["HTTP_X_B", "1"],
      ["HTTP_X_C", "1"],
    ]);
    variables([
      ["HTTP_X_A", "1"],
      ["HTTP_X_C", "1"],
    ]);
    const repeated: Pairs = [
      ["HTTP_X_A", "1"],
      ["HTTP_X_C", "1"],
      ["HTTP_X_C", "2"],
    ];
    expect(variables(repeated)).toEqual(variablesAlone(repeated));
    expect(variables(repeated)).toContainEqual(["HTTP_X_C", "1, 2"]);
  });

  test("are bounded in number: the hundredth is as good as the first", () => {
    const many: Pairs = Array.from({ length: 100 }, (_, index) => [`HTTP_X_${index}`, String(index)]);
    variablesAlone(many);
    expect(variables(many)).toContainEqual(["HTTP_X_99", "99"]);
    expect(variables(many)).toEqual(variablesAlone(many));
  });
});
