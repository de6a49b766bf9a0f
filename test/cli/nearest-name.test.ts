import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearestName } from "../../src/cli/nearest-name.ts";

describe("the nearest name", () => {
  it("is found, and none when nothing is near", () => {
    expect(nearestName("srve", ["serve", "proxy"])).toBe("serve");
    expect(nearestName("qqqqqq", ["serve", "proxy"])).toBeUndefined();
    expect(nearestName("x".repeat(100_000), ["serve"])).toBeUndefined();
  });

  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["workers", "wrokers", 1],
    ["workers", "worker", 1],
    ["workers", "workerss", 1],
    ["workers", "wörkers", 1],
    ["fastcgi", "fastgci", 1],
    ["ca", "abc", 3],
    ["kitten", "sitting", 3],
  ])("is judged by %j and %j being %i apart", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it("counts the same both ways, no more than the longer name, and nothing between equals", () => {
    const word = fc.string({ maxLength: 12, unit: fc.constantFrom("a", "b", "c", "-") });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance === 0).toBe(a === b);
      }),
    );
  });
});
