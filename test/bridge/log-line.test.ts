/** No octet of a request can begin a line of a log (security O5): every UTF-16 code unit, one by one. */
import { describe, expect, test } from "vitest";
import { escapeControls } from "../../src/bridge/log-line.ts";

describe("escapeControls", () => {
  test("escapes what Unicode calls a control, the two line separators, and nothing else", () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0xffff; code += 1) {
      const unit = String.fromCharCode(code);
      const isControl = /[\p{Cc}\u2028\u2029]/u.test(unit);
      if ((escapeControls(unit) === unit) === isControl) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    ["\n", String.raw`\x0a`],
    ["\u009b", String.raw`\x9b`],
    ["\u2028", String.raw`\u2028`],
  ])("writes %j as its number", (control, written) => {
    expect(escapeControls(`a${control}b`)).toBe(`a${written}b`);
  });

  test("leaves characters above U+FFFF whole", () => {
    expect(escapeControls("a😀b")).toBe("a😀b");
  });
});
