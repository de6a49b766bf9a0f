/** Range headers: RFC 9110 section 14. */
import { describe, expect, it } from "vitest";
import { parseByteRanges } from "../../src/middleware/byte-ranges.ts";

describe("parseByteRanges", () => {
  it.each([
    ["bytes=0-0", [{ start: 0, end: 0 }]],
    ["bytes=0-99", [{ start: 0, end: 99 }]],
    ["bytes=10-", [{ start: 10, end: 99 }]],
    ["bytes=90-1000", [{ start: 90, end: 99 }]],
    ["bytes=-5", [{ start: 95, end: 99 }]],
    ["bytes=-100", [{ start: 0, end: 99 }]],
    ["bytes=-101", [{ start: 0, end: 99 }]],
    ["Bytes=0-1", [{ start: 0, end: 1 }]],
    [" bytes=0-1 ", [{ start: 0, end: 1 }]],
    [
      "bytes=0-1,5-6",
      [
        { start: 0, end: 1 },
        { start: 5, end: 6 },
      ],
    ],
    [
      "bytes=5-6, 0-1",
      [
        { start: 5, end: 6 },
        { start: 0, end: 1 },
      ],
    ],
    ["bytes=0-5,3-9", [{ start: 0, end: 9 }]],
    ["bytes=0-1,200-300", [{ start: 0, end: 1 }]],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=200-300,400-", "unsatisfiable"],
    ["bytes=5-2", "whole"],
    ["bytes=", "whole"],
    ["bytes=-", "whole"],
    ["bytes=a-b", "whole"],
    ["bytes=--5", "whole"],
    ["bytes=0x1-2", "whole"],
    ["bytes=1", "whole"],
    ["items=0-1", "whole"],
    ["", "whole"],
  ])("%j of 100 octets", (header, expected) => {
    const ranges = parseByteRanges(header, 100);
    expect(typeof ranges === "string" ? ranges : [...ranges]).toEqual(expected);
  });

  it.each(["bytes=0-0", "bytes=0-", "bytes=-5", "bytes=5-"])("%s of an empty file is all of it", (header) => {
    expect(parseByteRanges(header, 0)).toBe("whole");
  });

  it("O10 passes over more ranges than it bounds, and headers that are too long, at once", () => {
    const many = (count: number): string =>
      `bytes=${Array.from({ length: count }, (_, n) => `${n * 2}-${n * 2}`).join(",")}`;
    expect(parseByteRanges(many(16), 100)).toHaveLength(16);
    expect(parseByteRanges(many(17), 100)).toBe("whole");
    const begun = performance.now();
    expect(parseByteRanges(`bytes=${"1".repeat(1_000_000)}`, 100)).toBe("whole");
    expect(parseByteRanges(`bytes=${" ".repeat(1_000_000)}`, 100)).toBe("whole");
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});
