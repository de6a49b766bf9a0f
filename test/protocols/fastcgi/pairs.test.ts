import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePairs, encodePairs, readPairs } from "../../../src/protocols/fastcgi/index.ts";
import { join, length, pair, pairs, parsePairs } from "../../support/fastcgi-wire.ts";

const decode = (octets: Uint8Array, maxPairs = 10_000): Array<[string, string]> =>
  readPairs(decodePairs(octets, maxPairs));

describe("pairs", () => {
  const table: Array<[string, Array<[string, string]>]> = [
    ["none", []],
    ["empty name and value", [["", ""]]],
    ["an empty value", [["QUERY_STRING", ""]]],
    ["127 octets, the most of a short length", [["n".repeat(127), "v".repeat(127)]]],
    ["128 octets, the least of a long length", [["n".repeat(128), "v".repeat(128)]]],
    ["a short name and a long value", [["HTTP_COOKIE", "c".repeat(70_000)]]],
    ["every octet", [["X", Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("")]]],
    [
      "the same name twice, in order",
      [
        ["A", "1"],
        ["B", "2"],
        ["A", "3"],
      ],
    ],
  ];

  it.each(table)("decodes and encodes %s", (_, list) => {
    expect(decode(pairs(list))).toEqual(list);
    expect(Buffer.from(encodePairs(list)).equals(pairs(list))).toBe(true);
  });

  it("accepts lengths of four octets that would fit into one", () => {
    expect(decode(join(pair("A", "", true), pair("", "b", true)))).toEqual([
      ["A", ""],
      ["", "b"],
    ]);
  });

  it("gives spans into the very octets it was given", () => {
    const octets = join(pair("A", "bc"));
    const block = decodePairs(octets, 1);
    expect(block.octets).toBe(octets);
    expect(block.spans).toEqual([2, 3, 3, 5]);
  });

  const cut: Array<[string, Buffer]> = [
    ["a name length without a value length", Buffer.from([3])],
    ["half a long name length", Buffer.from([0x80, 0, 0])],
    ["half a long value length", join(length(1), [0x80, 0, 0])],
    ["a name that runs past the end", join(length(5), length(0), "four")],
    ["a value that runs past the end", join(length(1), length(4), "n", "vvv")],
    ["a name of 2^31-1 octets", join([0xff, 0xff, 0xff, 0xff], length(0), "x")],
    ["a value of 2^31-1 octets", join(length(1), [0xff, 0xff, 0xff, 0xff], "nx")],
    ["both of 2^31-1 octets, whose sum is beyond 32 bits", Buffer.alloc(8, 0xff)],
    ["a good pair and then half of one", join(pair("A", "b"), [1])],
  ];
  it.each(cut)("P1 checks a length before it uses it: %s", (_, octets) => {
    expect(() => decodePairs(octets, 10)).toThrow(expect.objectContaining({ code: "ERR_FCGI_PAIR" }));
  });

  it("P1 stops at maxParams pairs", () => {
    const octets = Buffer.alloc(2 * 1_000);
    expect(decodePairs(octets, 1_000).spans.length).toBe(4_000);
    expect(() => decodePairs(octets, 999)).toThrow(
      expect.objectContaining({ code: "ERR_LIMIT_PARAMS", limit: "maxParams", allowed: 999, actual: 1_000 }),
    );
  });

  it.each([
    ["a name", [["N\u0100", ""]], "U+0100 at index 1"],
    ["a value", [["N", "\u20ac"]], "U+20AC at index 0"],
    ["half of a pair of surrogates", [["N", "ok \u{1f600}"]], "U+D83D at index 3"],
  ] as Array<[string, Array<[string, string]>, string]>)(
    "refuses a code point above U+00FF in %s",
    (_, list, message) => {
      expect(() => encodePairs(list)).toThrow(
        expect.objectContaining({ code: "ERR_LOCAL_VALUE", message: expect.stringContaining(message) }),
      );
    },
  );

  const native = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  it("come back from their octets as they were", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(native, native)), (list) => {
        const octets = encodePairs(list);
        expect(decode(octets)).toEqual(list);
        expect(parsePairs(octets)).toEqual(list);
      }),
    );
  });

  it("give an error of this project or spans within the block, whatever the octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (octets, maxPairs) => {
        let spans: readonly number[];
        try {
          ({ spans } = decodePairs(octets, maxPairs));
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^ERR_(FCGI_PAIR|LIMIT_PARAMS)$/);
          return;
        }
        expect(spans.length / 4).toBeLessThanOrEqual(maxPairs);
        const ordered = spans.every((at, i) => at >= (spans[i - 1] ?? 0) && at <= octets.length);
        expect(ordered).toBe(true);
      }),
    );
  });
});
