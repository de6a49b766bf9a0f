/** The application side of SCGI: what it reads, what it refuses, what it sends. */
import { describe, expect, it } from "vitest";
import { LimitExceededError } from "../../../src/errors/index.ts";
import type { ResponseEvent } from "../../../src/protocols/gateway-core.ts";
import { ScgiApplicationSide } from "../../../src/protocols/scgi/index.ts";
import { headers, latin1, netstring, request, type Pairs } from "../../support/scgi-wire.ts";
import { cuts, run, takeAll } from "../drive.ts";

const usual: Pairs = [
  ["CONTENT_LENGTH", "0"],
  ["SCGI", "1"],
];

/** What comes out of all ways to cut the octets; one list, since they must not differ. */
function linesOf(octets: Buffer, limits: { maxParamsOctets?: number; maxParams?: number } = {}): string[] {
  const whole = run(new ScgiApplicationSide({ limits }), { chunks: [octets], end: true });
  for (const [cut, chunks] of cuts(octets)) {
    expect(run(new ScgiApplicationSide({ limits }), { chunks, end: true }), cut).toEqual(whole);
  }
  return whole;
}

/** The message of the error that octets end in. */
function refusal(octets: Buffer): string {
  const core = new ScgiApplicationSide();
  core.receive(octets);
  core.receiveEnd();
  try {
    while (core.nextEvent() !== undefined);
  } catch (error) {
    expect(() => core.nextEvent()).toThrow(error as Error);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

const announced = 'request 1 responder [["CONTENT_LENGTH","0"],["SCGI","1"]]';

describe("an SCGI request", () => {
  it("is the example of the specification", () => {
    const octets = latin1(
      "70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0," +
        "What is the answer to life?",
    );
    expect(linesOf(octets)).toEqual([
      'request 1 responder [["CONTENT_LENGTH","27"],["SCGI","1"],["REQUEST_METHOD","POST"],["REQUEST_URI","/deepthought"]]',
      'body 1 "What is the answer to life?"',
      "body-end 1",
    ]);
  });

  it("without a body ends with its headers", () => {
    expect(linesOf(netstring(headers(usual)))).toEqual([announced, "body-end 1"]);
  });

  it("P11 is the only one: what follows the body is dropped, never parsed", () => {
    const one = request([["A", "b"]], "body");
    expect(linesOf(Buffer.concat([one, request(), latin1("rubbish")]))).toEqual(linesOf(one));
  });

  it("takes SCGI at any place after CONTENT_LENGTH, as lighttpd sends it", () => {
    const pairs: Pairs = [
      ["CONTENT_LENGTH", "0"],
      ["QUERY_STRING", ""],
      ["SCGI", "1"],
    ];
    expect(linesOf(netstring(headers(pairs)))).toHaveLength(2);
  });

  it("H2 passes repeated HTTP_* names on, as nginx 1.22 sends repeated request headers", () => {
    const pairs: Pairs = [...usual, ["HTTP_X_DUP", "a"], ["HTTP_X_DUP", "b"]];
    expect(linesOf(netstring(headers(pairs)))[0]).toContain('["HTTP_X_DUP","a"],["HTTP_X_DUP","b"]');
  });

  it.each([
    ["9071", "nginx/1.22.1", "20000", 20_000],
    ["0", undefined, "11", 11],
    ["11", "nginx/1.22.1", "3", 11],
    ["0", "lighttpd/1.4.69", "99", 0],
    ["0", "nginx/1.22.1", "1_0", 0],
  ])(
    "W17 CONTENT_LENGTH %s of %s with HTTP_CONTENT_LENGTH %s has a body of %s",
    (declared, software, header, octets) => {
      const pairs: Pairs = [
        ["CONTENT_LENGTH", declared],
        ["SCGI", "1"],
        ["HTTP_CONTENT_LENGTH", header],
        ...(software === undefined ? [] : ([["SERVER_SOFTWARE", software]] as const)),
      ];
      let body = 0;
      const chunks = [netstring(headers(pairs)), Buffer.alloc(30_000)];
      const lines = run(new ScgiApplicationSide(), { chunks }, (event) => {
        if (event.type === "body") body += event.octets.length;
      });
      expect(body).toBe(octets);
      expect(lines.at(-1)).toBe("body-end 1");
    },
  );

  it.each(["+5", "1,1", "0x5", "1_0", "", "-1", "99999999999999999"])(
    "H5 with CONTENT_LENGTH %j has no body: the bridge answers it 400",
    (value) => {
      const octets = netstring(
        headers([
          ["CONTENT_LENGTH", value],
          ["SCGI", "1"],
        ]),
      );
      expect(linesOf(Buffer.concat([octets, latin1("12345")])).slice(1)).toEqual(["body-end 1"]);
    },
  );

  it("H6 treats __proto__ and constructor as names like others", () => {
    const pairs: Pairs = [...usual, ["__proto__", "1"], ["constructor", "2"], ["hasOwnProperty", "3"]];
    expect(linesOf(netstring(headers(pairs)))[0]).toContain('["__proto__","1"],["constructor","2"]');
  });
});

describe("what is no SCGI request", () => {
  const malformed: ReadonlyArray<readonly [what: string, octets: Buffer, code: string, message: RegExp]> = [
    [
      "leading zeros",
      latin1(`0${netstring(headers(usual)).toString("latin1")}`),
      "ERR_SCGI_NETSTRING",
      /leading zero/,
    ],
    ["only zeros", latin1("00:,"), "ERR_SCGI_NETSTRING", /leading zero/],
    [
      "no length",
      latin1(":,"),
      "ERR_SCGI_NETSTRING",
      /octet 58 \(":"\) as the first octet of a request, expected a digit/,
    ],
    ["a sign", latin1("+24:"), "ERR_SCGI_NETSTRING", /octet 43/],
    [
      "a space in the length",
      latin1("24 :"),
      "ERR_SCGI_NETSTRING",
      /octet 32 in a netstring's length, expected a digit or a colon/,
    ],
    [
      "no comma",
      latin1(`24:${headers(usual)};`),
      "ERR_SCGI_NETSTRING",
      /octet 59 \(";"\) after a netstring of 24 octets, expected a comma/,
    ],
    ["a length too small", latin1(`23:${headers(usual)},`), "ERR_SCGI_NETSTRING", /expected a comma/],
    ["an HTTP request", latin1("GET / HTTP/1.1\r\n\r\n"), "ERR_SCGI_NETSTRING", /HTTP client/],
    ["a FastCGI record", latin1("\x01\x01\0\x01\0\x08\0\0"), "ERR_SCGI_NETSTRING", /FastCGI client/],
    ["a TLS hello", latin1("\x16\x03\x01"), "ERR_SCGI_NETSTRING", /TLS/],
    ["no headers", latin1("0:,"), "ERR_SCGI_HEADERS", /expected CONTENT_LENGTH/],
    ["no terminator", netstring(headers(usual).slice(0, -1)), "ERR_SCGI_HEADERS", /no NUL behind it/],
    [
      "a name without a value",
      netstring(`${headers(usual)}LONELY\0`),
      "ERR_SCGI_HEADERS",
      /"LONELY", the last name, has no value/,
    ],
    [
      "an empty name",
      netstring(`${headers(usual)}\0x\0`),
      "ERR_SCGI_HEADERS",
      /the name at octet 24 is empty/,
    ],
    [
      "no CONTENT_LENGTH",
      netstring(headers([["SCGI", "1"]])),
      "ERR_SCGI_HEADERS",
      /the first name is "SCGI", expected CONTENT_LENGTH/,
    ],
    [
      "a late CONTENT_LENGTH",
      netstring(headers(usual.toReversed())),
      "ERR_SCGI_HEADERS",
      /first name is "SCGI"/,
    ],
    [
      "a request header first",
      netstring(headers([["HTTP_A", "1"], ...usual])),
      "ERR_SCGI_HEADERS",
      /first name is "HTTP_A"/,
    ],
    [
      "no SCGI",
      netstring(headers([["CONTENT_LENGTH", "0"]])),
      "ERR_SCGI_HEADERS",
      /got no SCGI, expected SCGI "1" \(nginx: include scgi_params/,
    ],
    [
      "another version",
      netstring(
        headers([
          ["CONTENT_LENGTH", "0"],
          ["SCGI", "2"],
        ]),
      ),
      "ERR_SCGI_HEADERS",
      /SCGI is "2", expected "1"/,
    ],
    [
      "CONTENT_LENGTH twice",
      netstring(headers([...usual, ["CONTENT_LENGTH", "0"]])),
      "ERR_SCGI_HEADERS",
      /"CONTENT_LENGTH" came twice/,
    ],
    ["SCGI twice", netstring(headers([...usual, ["SCGI", "1"]])), "ERR_SCGI_HEADERS", /"SCGI" came twice/],
    [
      "another name twice",
      netstring(headers([...usual, ["PATH_INFO", "/"], ["PATH_INFO", "/"]])),
      "ERR_SCGI_HEADERS",
      /"PATH_INFO" came twice/,
    ],
  ];

  it.each(malformed)("%s is refused", (_, octets, code, message) => {
    expect(linesOf(octets)).toEqual([`throws ${code}`]);
    expect(refusal(octets)).toMatch(message);
    expect(refusal(octets)).not.toContain("\n");
  });

  it("P1 a length is refused at the digit that passes the limit, before anything is kept for it", () => {
    for (const digits of ["1048577:", "9999999999999999999999999999", "18446744073709551616:"]) {
      const core = new ScgiApplicationSide();
      core.receive(latin1(digits));
      expect(() => core.nextEvent()).toThrow(LimitExceededError);
    }
    expect(linesOf(latin1("101:"), { maxParamsOctets: 100 })).toEqual(["throws ERR_LIMIT_PARAMS"]);
    expect(linesOf(latin1("100:"), { maxParamsOctets: 100 })).toEqual(["throws ERR_SCGI_TRUNCATED"]);
  });

  it("P1 more headers than maxParams are refused", () => {
    const octets = netstring(headers([...usual, ["A", "b"]]));
    expect(linesOf(octets, { maxParams: 3 })).toHaveLength(2);
    expect(linesOf(octets, { maxParams: 2 })).toEqual(["throws ERR_LIMIT_PARAMS"]);
  });

  it("an end in the midst of a request is seen, wherever it comes", () => {
    const octets = request([["A", "b"]], "body");
    for (let at = 1; at < octets.length; at++) {
      expect(linesOf(octets.subarray(0, at)).at(-1)).toBe("throws ERR_SCGI_TRUNCATED");
    }
    expect(linesOf(Buffer.alloc(0))).toEqual([]);
  });

  it("O5 a hostile name is shown quoted and short", () => {
    const message = refusal(netstring(headers([[`\r\n\x1b[1m\xff${"x".repeat(100_000)}`, ""]])));
    expect(message).toMatch(/^[\x20-\x7e]+$/);
    expect(message.length).toBeLessThan(200);
  });
});

describe("an SCGI answer", () => {
  const head = latin1("Status: 200 OK\r\n\r\n");

  function opened(): ScgiApplicationSide {
    const core = new ScgiApplicationSide();
    core.receive(request());
    while (core.nextEvent() !== undefined);
    return core;
  }

  it("is head and body as they are, and ends by closing", () => {
    const core = opened();
    core.send({ type: "head", id: 1, octets: head });
    core.send({ type: "errors", id: 1, octets: latin1("for the log") });
    core.send({ type: "body", id: 1, octets: latin1("hello") });
    expect(core.closing).toBe(false);
    core.send({ type: "end", id: 1, complete: true });
    expect(takeAll(core).toString("latin1")).toBe("Status: 200 OK\r\n\r\nhello");
    expect([core.closing, core.endsByClose]).toEqual([true, true]);
  });

  it("of any size goes through blocks", () => {
    const core = opened();
    const octets = Buffer.alloc(200_000, "0123456789");
    core.send({ type: "body", id: 1, octets });
    expect(core.pendingOctets).toBe(200_000);
    expect(takeAll(core).equals(octets)).toBe(true);
  });

  it("after its end, what still comes of the request is dropped", () => {
    const core = new ScgiApplicationSide();
    core.receive(request([], "0123456789").subarray(0, -5));
    expect(core.nextEvent()?.type).toBe("request");
    core.send({ type: "end", id: 1, complete: true });
    expect(core.nextEvent()).toBeUndefined();
    core.receive(latin1("56789"));
    core.receiveEnd();
    expect(core.nextEvent()).toBeUndefined();
  });

  it("says that it is receiving only while headers come", () => {
    const core = new ScgiApplicationSide();
    expect(core.receiving).toBe(false);
    const octets = request([], "body");
    core.receive(octets.subarray(0, 1));
    core.nextEvent();
    expect(core.receiving).toBe(true);
    core.receive(octets.subarray(1));
    core.nextEvent();
    expect(core.receiving).toBe(false);
  });

  it.each<[string, () => ScgiApplicationSide, ResponseEvent]>([
    ["before the request", () => new ScgiApplicationSide(), { type: "head", id: 1, octets: head }],
    ["to another request", opened, { type: "head", id: 2, octets: head }],
    [
      "with a second head",
      () => {
        const core = opened();
        core.send({ type: "head", id: 1, octets: head });
        return core;
      },
      { type: "head", id: 1, octets: head },
    ],
    [
      "after its end",
      () => {
        const core = opened();
        core.send({ type: "end", id: 1, complete: true });
        return core;
      },
      { type: "end", id: 1, complete: true },
    ],
  ])("%s is refused", (_, make, event) => {
    const core = make();
    const before = core.pendingOctets;
    expect(() => core.send(event)).toThrow(expect.objectContaining({ code: "ERR_LOCAL_STATE" }));
    expect(core.pendingOctets).toBe(before);
  });
});
