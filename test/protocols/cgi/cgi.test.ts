/** CGI without I/O: variables out of an environment block, the length of the body, heads of both kinds. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeEnvironmentBlock,
  encodeNonParsedHead,
  isNonParsedHeader,
  scriptBodyLength,
} from "../../../src/protocols/cgi/index.ts";

function pairsOf(block: Uint8Array): Array<[string, string]> {
  const { octets, spans } = decodeEnvironmentBlock(block);
  const text = Buffer.from(octets).toString("latin1");
  return Array.from({ length: spans.length / 4 }, (_, i) => [
    text.slice(spans[4 * i], spans[4 * i + 1]),
    text.slice(spans[4 * i + 2], spans[4 * i + 3]),
  ]);
}

describe("decodeEnvironmentBlock()", () => {
  it.each<[string, Array<[string, string]>]>([
    ["", []],
    ["A=b\0", [["A", "b"]]],
    [
      "A=b\0C=\0",
      [
        ["A", "b"],
        ["C", ""],
      ],
    ],
    ["A=b=c\0", [["A", "b=c"]]],
    ["A=b", [["A", "b"]]],
    ["none\0A=\xe9\0=x\0", [["A", "\xe9"]]],
  ])("finds the variables of %j", (block, pairs) => {
    expect(pairsOf(Buffer.from(block, "latin1"))).toEqual(pairs);
  });

  it("takes any octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const { spans } = decodeEnvironmentBlock(octets);
        expect(spans.length % 4).toBe(0);
        for (let i = 1; i < spans.length; i++) expect(spans[i]).toBeGreaterThanOrEqual(spans[i - 1] ?? 0);
      }),
    );
  });
});

describe("scriptBodyLength()", () => {
  it.each([
    [{}, 0],
    [{ REQUEST_METHOD: "POST" }, undefined],
    [{ REQUEST_METHOD: "GET", CONTENT_LENGTH: "7" }, 7],
    [{ REQUEST_METHOD: "POST", CONTENT_LENGTH: "0" }, 0],
    [{ REQUEST_METHOD: "GET", CONTENT_LENGTH: "-1" }, undefined],
    [{ REQUEST_METHOD: "GET", HTTP_TRANSFER_ENCODING: "chunked" }, undefined],
    [{ REQUEST_METHOD: "POST", CONTENT_LENGTH: "7", HTTP_TRANSFER_ENCODING: "chunked" }, 7],
  ])("%j: %s", (variables, length) => {
    expect(scriptBodyLength(variables)).toBe(length);
  });
});

describe("encodeNonParsedHead()", () => {
  const text = (head: Uint8Array): string => Buffer.from(head).toString("latin1");
  const date = "Fri, 20 Nov 2026 15:00:00 GMT";

  it("writes a whole HTTP head", () => {
    expect(text(encodeNonParsedHead("404 Not Found", [["X-A", "\xe9"]], date))).toBe(
      `HTTP/1.1 404 Not Found\r\nX-A: \xe9\r\nDate: ${date}\r\nConnection: close\r\n\r\n`,
    );
  });

  it("keeps the application's Date", () => {
    expect(text(encodeNonParsedHead("200 OK", [["date", "then"]], date))).toBe(
      "HTTP/1.1 200 OK\r\ndate: then\r\nConnection: close\r\n\r\n",
    );
  });

  it("H3 refuses a head within a head: ERR_LOCAL_VALUE", () => {
    expect(() => encodeNonParsedHead("200 OK", [["A", "b\r\nC: d"]], date)).toThrow(
      expect.objectContaining({ code: "ERR_LOCAL_VALUE" }),
    );
  });

  it("is for scripts named nph-", () => {
    expect([isNonParsedHeader("/cgi-bin/nph-app"), isNonParsedHeader("/nph-x/app")]).toEqual([true, false]);
  });
});
