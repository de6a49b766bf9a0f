import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LimitExceededError, RemoteProtocolError } from "../../src/errors/index.ts";
import {
  encodeAuthorizerHead,
  encodeResponseHead,
  ResponseHeadReader,
  type HeaderPair,
  type ResponseHead,
} from "../../src/protocols/response-head.ts";

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const text = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");

type Outcome = Omit<ResponseHead, "rest"> & { readonly body: string };

/** Feeds pieces to a reader; the body is all that came after the head. */
function read(pieces: readonly Uint8Array[], maxHeadOctets?: number): Outcome {
  const reader = new ResponseHeadReader(maxHeadOctets);
  for (const [index, piece] of pieces.entries()) {
    const head = reader.receive(piece);
    if (head === undefined) continue;
    const { rest, ...known } = head;
    return { ...known, body: [rest, ...pieces.slice(index + 1)].map(text).join("") };
  }
  return reader.receiveEnd();
}

/** The outcome as data, errors included, for comparing one split with another. */
function outcome(pieces: readonly Uint8Array[], maxHeadOctets?: number): unknown {
  try {
    return read(pieces, maxHeadOctets);
  } catch (error) {
    if (error instanceof LimitExceededError) return error.code;
    if (error instanceof RemoteProtocolError) return `${error.code} ${error.message}`;
    throw error;
  }
}

function splitAt(octets: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => cut % (octets.length + 1)), octets.length].sort((a, b) => a - b);
  return ends.map((end, index) => octets.subarray(index === 0 ? 0 : ends[index - 1], end));
}

describe("encodeAuthorizerHead", () => {
  test("W15 puts Status first: lighttpd drops what a refusal has before it", () => {
    const head = encodeAuthorizerHead("401 Unauthorized", [
      ["WWW-Authenticate", "Basic"],
      ["X", "\u00e9"],
    ]);
    const lines = ["Status: 401 Unauthorized", "WWW-Authenticate: Basic", "X: \u00e9", "", ""];
    expect(Buffer.from(head).toString("latin1")).toBe(lines.join("\r\n"));
    expect(() => encodeAuthorizerHead("200 OK", [["X", "a\nb"]])).toThrow("expected code points");
  });
});

describe("encodeResponseHead", () => {
  test("W1 writes Status, and writes it last, with CRLF line ends (W10)", () => {
    const head = encodeResponseHead("303 See Other", [
      ["Location", "/next"],
      ["Content-Length", "0"],
    ]);
    expect(text(head)).toBe("Location: /next\r\nContent-Length: 0\r\nStatus: 303 See Other\r\n\r\n");
  });

  test("writes code points as octets, in order, empty values and repeats among them", () => {
    const head = encodeResponseHead("200 OK", [
      ["Set-Cookie", "a=\u00e9\u0080\u00ff"],
      ["X-Empty", ""],
      ["Set-Cookie", "b=\t1"],
    ]);
    expect(text(head)).toBe(
      "Set-Cookie: a=\xe9\x80\xff\r\nX-Empty: \r\nSet-Cookie: b=\t1\r\nStatus: 200 OK\r\n\r\n",
    );
  });

  test("keeps earlier heads intact however many follow", () => {
    const heads = Array.from({ length: 2_000 }, (_, index) =>
      encodeResponseHead("200 OK", [["X", `${index}`]]),
    );
    for (const [index, head] of heads.entries()) {
      expect(text(head)).toBe(`X: ${index}\r\nStatus: 200 OK\r\n\r\n`);
    }
  });

  test("encodes a head larger than any slab", () => {
    const value = "v".repeat(100_000);
    expect(text(encodeResponseHead("200 OK", [["X", value]]))).toBe(`X: ${value}\r\nStatus: 200 OK\r\n\r\n`);
  });

  test.each(["\r", "\n", "\0", "\u0100", "\u{1f600}"])(
    "H8 refuses %j in a name, a value and a status",
    (bad) => {
      const refusal = expect.objectContaining({ code: "ERR_LOCAL_VALUE" });
      expect(() => encodeResponseHead("200 OK", [["X", `a${bad}b`]])).toThrow(refusal);
      expect(() => encodeResponseHead("200 OK", [[`X${bad}`, "a"]])).toThrow(refusal);
      expect(() => encodeResponseHead(`200 OK${bad}`, [])).toThrow(refusal);
      expect(text(encodeResponseHead("204 No Content", []))).toBe("Status: 204 No Content\r\n\r\n");
    },
  );
});

describe("ResponseHeadReader", () => {
  const heads: ReadonlyArray<readonly [name: string, octets: string, head: Outcome]> = [
    [
      "CRLF, Status first",
      "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nbody",
      { status: 404, reason: "Not Found", headers: [["Content-Type", "text/plain"]], body: "body" },
    ],
    [
      "bare LF, Status last, any case",
      "Content-Type: text/plain\nsTATUS:201\n\nbody\n",
      { status: 201, reason: "", headers: [["Content-Type", "text/plain"]], body: "body\n" },
    ],
    [
      "mixed line ends",
      "Status: 201 C\r\nA: b\n\r\nx",
      { status: 201, reason: "C", headers: [["A", "b"]], body: "x" },
    ],
    ["no Status", "A: b\r\n\r\n", { status: 200, reason: "OK", headers: [["A", "b"]], body: "" }],
    [
      "no Status and a Location",
      "LOCATION: /x\r\n\r\n",
      { status: 302, reason: "Found", headers: [["LOCATION", "/x"]], body: "" },
    ],
    [
      "Status and a Location",
      "Location: /x\r\nStatus: 200 OK\r\n\r\n",
      { status: 200, reason: "OK", headers: [["Location", "/x"]], body: "" },
    ],
    ["no header at all", "\r\nbody", { status: 200, reason: "OK", headers: [], body: "body" }],
    [
      "a status line in front",
      "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n",
      { status: 404, reason: "Not Found", headers: [["A", "b"]], body: "" },
    ],
    [
      "a status line and a Status",
      "HTTP/1.0 200 OK\r\nStatus: 418 Teapot\r\n\r\n",
      { status: 418, reason: "Teapot", headers: [], body: "" },
    ],
    [
      "the same Status twice",
      "Status: 204 No\r\nStatus: 204 No\r\n\r\n",
      { status: 204, reason: "No", headers: [], body: "" },
    ],
    [
      "blanks around values, empty values, 8-bit octets, repeats",
      "A:\t b \r\nB:\r\nC: \xe9\x80\r\nA: c:d\r\nStatus:  299   Made Up  \r\n\r\n",
      {
        status: 299,
        reason: "Made Up",
        headers: [
          ["A", "b"],
          ["B", ""],
          ["C", "\xe9\x80"],
          ["A", "c:d"],
        ],
        body: "",
      },
    ],
    [
      "a body with blank lines",
      "A: b\n\n\n\r\n\n",
      { status: 200, reason: "OK", headers: [["A", "b"]], body: "\n\r\n\n" },
    ],
  ];

  test.each(heads)("P4 reads %s, whole and at every split", (_, octets, expected) => {
    const whole = latin1(octets);
    expect(read([whole])).toStrictEqual(expected);
    expect(read(Array.from(whole, (octet) => Uint8Array.of(octet)))).toStrictEqual(expected);
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(read([whole.subarray(0, cut), whole.subarray(cut)])).toStrictEqual(expected);
    }
  });

  test.each([
    ["a folded line", "A: b\r\n c\r\n\r\n", /"\sc" is folded/],
    ["a tab-folded line", "A: b\n\tc\n\n", /is folded/],
    ["a line without a colon", "nonsense\r\n\r\n", /"nonsense" has no colon/],
    ["an empty name", ": b\r\n\r\n", /name "" is no token/],
    ["a space in a name", "A b: c\r\n\r\n", /name "A b" is no token/],
    ["a space after a name", "A : c\r\n\r\n", /name "A " is no token/],
    ["NUL in a value", "A: b\0c\r\n\r\n", /value of A holds a control character/],
    ["CR in a value", "A: b\rc\r\n\r\n", /value of A holds a control character/],
    ["an escape in a value", "A: \u001b[2J\r\n\r\n", /value of A holds a control character/],
    ["a word for a status", "Status: fine\r\n\r\n", /status "fine" is none/],
    ["a status of four digits", "Status: 2000 OK\r\n\r\n", /is none/],
    ["an empty status", "Status:\r\n\r\n", /status "" is none/],
    ["a broken status line", "HTTP/1.1 OK\r\n\r\n", /is none/],
    ["an interim head (H8)", "Status: 103 Early Hints\r\n\r\n", /status 103 came; expected a final one/],
    ["an interim status line (H8)", "HTTP/1.1 100 Continue\r\n\r\n", /status 100 came/],
    ["two statuses that disagree", "Status: 404 A\r\nStatus: 201 B\r\n\r\n", /404 and 201, disagree/],
  ])("refuses %s", (_, octets, message) => {
    expect(() => read([latin1(octets)])).toThrow(
      expect.objectContaining({ code: "ERR_CGI_HEAD", message: expect.stringMatching(message) }),
    );
  });

  test("refuses an answer that ends before its head does", () => {
    expect(() => read([])).toThrow(/answer is empty/);
    expect(() => read([latin1("Status: 200 OK\r\n")])).toThrow(
      /ended after 16 octets without the blank line/,
    );
  });

  test("P1 bounds the head, not the body, at the same octet however it is split", () => {
    const head = latin1(`A: ${"b".repeat(93)}\r\n\r\n`);
    expect(head).toHaveLength(100);
    const body = new Uint8Array(1_000);
    expect(read([new Uint8Array([...head, ...body])], 100).body).toHaveLength(1_000);
    for (let cut = 0; cut <= head.length; cut++) {
      const pieces = [head.subarray(0, cut), head.subarray(cut)];
      expect(read(pieces, 100).status).toBe(200);
      expect(() => read(pieces, 99)).toThrow(
        expect.objectContaining({ code: "ERR_LIMIT_HEAD", limit: "maxHeadOctets", allowed: 99 }),
      );
    }
    const endless = new Uint8Array(65_537).fill(65);
    expect(() => read([endless])).toThrow(LimitExceededError);
  });

  test("O10 trims a value of blanks in linear time", () => {
    const value = `x${" ".repeat(60_000)}x`;
    expect(read([latin1(`A: ${value}\r\n\r\n`)]).headers).toStrictEqual([["A", value]]);
  });

  test("P4 gives the same head or error at every split, and nothing else, for any octets", () => {
    const piece = fc.constantFrom(
      ..."Status: 200 OK|Status|HTTP/1.1 200 OK|Location: /|A: b|:| |\t|\r\n|\n|\r|\n\n|\r\n\r\n|\0|\xff|x".split(
        "|",
      ),
    );
    const answer = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => latin1(pieces.join(""))),
    );
    fc.assert(
      fc.property(
        answer,
        fc.array(fc.nat(200), { maxLength: 6 }),
        fc.constantFrom(20, 65_536),
        (octets, cuts, max) => {
          expect(outcome(splitAt(octets, cuts), max)).toStrictEqual(outcome([octets], max));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("reads back what the encoder writes", () => {
    const name = fc
      .stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
      .filter((one) => !/^status$/i.test(one));
    const value = fc.stringMatching(
      /^(?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/,
    );
    const reason = fc.stringMatching(/^[A-Za-z]{1,10}(?: [A-Za-z]{1,10})?$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value)),
        fc.integer({ min: 200, max: 999 }),
        reason,
        (pairs, code, why) => {
          const head = encodeResponseHead(`${code} ${why}`, pairs);
          const headers: HeaderPair[] = pairs.map(([one, other]) => [one, other]);
          expect(read([head])).toStrictEqual({ status: code, reason: why, headers, body: "" });
        },
      ),
    );
  });
});
