/** The web server's side: what it sends, checked by the independent parser, and what it makes of octets. */
import { describe, expect, it } from "vitest";
import { FastcgiWebServerSide } from "../../../src/protocols/fastcgi/index.ts";
import type { ClientSendEvent } from "../../../src/protocols/gateway-client-core.ts";
import {
  begin,
  contentOf,
  describeRecords,
  endRequest,
  join,
  octetsOf,
  pair,
  pairs,
  parsePairs,
  parseRecords,
  record,
} from "../../support/fastcgi-wire.ts";
import { cuts, run, takeAll } from "../drive.ts";

const requestOf = (id: number, more: Partial<Extract<ClientSendEvent, { type: "request" }>> = {}) =>
  ({ type: "request", id, role: "responder", keepConnection: true, params: [], ...more }) as const;

/** A core on which these requests have been begun. */
function begun(...ids: number[]): FastcgiWebServerSide {
  const core = new FastcgiWebServerSide();
  for (const id of ids) core.send(requestOf(id));
  takeAll(core);
  return core;
}

describe("FastcgiWebServerSide sends", () => {
  it("BEGIN_REQUEST, PARAMS and STDIN", () => {
    const core = new FastcgiWebServerSide();
    core.send(requestOf(1, { params: [["A", "b"]] }));
    core.send({ type: "body", id: 1, octets: octetsOf("one ") });
    core.send({ type: "body", id: 1, octets: octetsOf("") });
    core.send({ type: "body", id: 1, octets: octetsOf("two") });
    core.send({ type: "body-end", id: 1 });
    expect(describeRecords(takeAll(core))).toEqual([
      'BEGIN_REQUEST 1 "\\u0000\\u0001\\u0001\\u0000\\u0000\\u0000\\u0000\\u0000"',
      'PARAMS 1 "\\u0001\\u0001Ab"',
      'PARAMS 1 ""',
      'STDIN 1 "one two"',
      'STDIN 1 ""',
    ]);
  });

  it("every role, with and without KEEP_CONN, under any id", () => {
    for (const [role, number] of [
      ["responder", 1],
      ["authorizer", 2],
      ["filter", 3],
    ] as const) {
      for (const keepConnection of [true, false]) {
        for (const id of [1, 255, 256, 65_535]) {
          const core = new FastcgiWebServerSide();
          core.send(requestOf(id, { role, keepConnection }));
          const [first] = parseRecords(takeAll(core));
          expect(first).toMatchObject({ type: "BEGIN_REQUEST", id });
          expect([...first!.content]).toEqual([0, number, keepConnection ? 1 : 0, 0, 0, 0, 0, 0]);
        }
      }
    }
  });

  it("PARAMS of more than a record: pairs straddle", () => {
    const list = Array.from({ length: 40 }, (_, at) => [`HTTP_X_${at}`, "v".repeat(5_000)] as const);
    const core = new FastcgiWebServerSide();
    core.send(requestOf(1, { params: list }));
    const octets = takeAll(core);
    expect(parseRecords(octets).filter((each) => each.type === "PARAMS").length).toBeGreaterThan(4);
    expect(parsePairs(contentOf(octets, "PARAMS", 1))).toEqual(list);
  });

  it("a filter's DATA beside its STDIN", () => {
    const core = new FastcgiWebServerSide();
    core.send(requestOf(1, { role: "filter" }));
    core.send({ type: "body-end", id: 1 });
    core.send({ type: "data", id: 1, octets: octetsOf("file") });
    core.send({ type: "data-end", id: 1 });
    expect(describeRecords(takeAll(core)).slice(2)).toEqual(['STDIN 1 ""', 'DATA 1 "file"', 'DATA 1 ""']);
  });

  it("ABORT_REQUEST once", () => {
    const core = begun(1);
    core.send({ type: "abort", id: 1 });
    core.send({ type: "abort", id: 1 });
    expect(describeRecords(takeAll(core))).toEqual(['ABORT_REQUEST 1 ""']);
  });

  it("GET_VALUES", () => {
    const core = begun();
    core.send({ type: "get-values", names: ["FCGI_MAX_CONNS"] });
    core.send({ type: "get-values", names: [] });
    expect(describeRecords(takeAll(core))).toEqual([
      'GET_VALUES 0 "\\u000e\\u0000FCGI_MAX_CONNS"',
      'GET_VALUES 0 ""',
    ]);
  });

  const wrong: Array<[string, FastcgiWebServerSide, ClientSendEvent, string]> = [
    ["request id 0", begun(), requestOf(0), "ERR_LOCAL_VALUE"],
    ["request id 65536", begun(), requestOf(65_536), "ERR_LOCAL_VALUE"],
    ["a request id that is no integer", begun(), requestOf(1.5), "ERR_LOCAL_VALUE"],
    ["an open id begun again", begun(1), requestOf(1), "ERR_LOCAL_STATE"],
    ["a parameter above U+00FF", begun(), requestOf(1, { params: [["A", "\u0100"]] }), "ERR_LOCAL_VALUE"],
    ["body of no request", begun(1), { type: "body", id: 2, octets: octetsOf("x") }, "ERR_LOCAL_STATE"],
    ["the end of the body of no request", begun(), { type: "body-end", id: 2 }, "ERR_LOCAL_STATE"],
    ["abort of no request", begun(), { type: "abort", id: 2 }, "ERR_LOCAL_STATE"],
    ["data for a responder", begun(1), { type: "data", id: 1, octets: octetsOf("x") }, "ERR_LOCAL_STATE"],
    [
      "more names than a record carries",
      begun(),
      { type: "get-values", names: ["n".repeat(70_000)] },
      "ERR_LOCAL_VALUE",
    ],
  ];
  it.each(wrong)("nothing for %s", (_, core, event, code) => {
    expect(() => core.send(event)).toThrow(expect.objectContaining({ code }));
    expect(core.pendingOctets).toBe(0);
  });

  it("nothing on a stream that has ended, and nothing but the end of an answer is awaited after abort", () => {
    const core = begun(1, 2);
    core.send({ type: "body-end", id: 1 });
    core.send({ type: "abort", id: 2 });
    takeAll(core);
    for (const event of [
      { type: "body", id: 1, octets: octetsOf("x") },
      { type: "body-end", id: 1 },
      { type: "body", id: 2, octets: octetsOf("x") },
      { type: "body-end", id: 2 },
    ] as const) {
      expect(() => core.send(event)).toThrow(expect.objectContaining({ code: "ERR_LOCAL_STATE" }));
    }
    expect(core.pendingOctets).toBe(0);
  });
});

describe("FastcgiWebServerSide reads", () => {
  const rows: Array<[name: string, octets: Uint8Array, events: string[], end?: boolean]> = [
    [
      "an answer",
      join(
        record("STDOUT", 1, "Status: 200 OK\r\n\r\nhi", { padding: 4 }),
        record("STDOUT", 1),
        endRequest(1),
      ),
      ['output 1 "Status: 200 OK\\r\\n\\r\\nhi"', "end 1 app=0 status=0"],
      true,
    ],
    [
      "output and errors of two requests in turn",
      join(
        record("STDOUT", 1, "a"),
        record("STDOUT", 2, "x"),
        record("STDERR", 1, "oops"),
        record("STDOUT", 1, "b"),
        record("STDERR", 1),
        endRequest(2, 0, 0xffff_fffe),
        endRequest(1),
      ),
      [
        'output 1 "a"',
        'output 2 "x"',
        'errors 1 "oops"',
        'output 1 "b"',
        "end 2 app=4294967294 status=0",
        "end 1 app=0 status=0",
      ],
    ],
    ["W6 a refusal", endRequest(1, 2), ["end 1 app=0 status=2"]],
    [
      "values",
      record("GET_VALUES_RESULT", 0, pairs([["FCGI_MPXS_CONNS", "1"]])),
      ['values [["FCGI_MPXS_CONNS","1"]]'],
    ],
    ["no values", record("GET_VALUES_RESULT", 0), ["values []"]],
    ["UNKNOWN_TYPE", record("UNKNOWN_TYPE", 0, [9, 0, 0, 0, 0, 0, 0, 0]), ["unknown-type 9"]],
    [
      "records of unknown types, which are passed over",
      join(record(12, 1, "x"), record(0, 0), record(255, 9), endRequest(1)),
      ["end 1 app=0 status=0"],
    ],
    ["STDOUT of no request", record("STDOUT", 9, "x"), ["throws ERR_FCGI_UNEXPECTED_RECORD"]],
    [
      "W4 STDOUT after END_REQUEST",
      join(endRequest(1), record("STDOUT", 1, "x")),
      ["end 1 app=0 status=0", "throws ERR_FCGI_UNEXPECTED_RECORD"],
    ],
    ["END_REQUEST of no request", endRequest(9), ["throws ERR_FCGI_UNEXPECTED_RECORD"]],
    [
      "W5 STDOUT after its end",
      join(record("STDOUT", 1), record("STDOUT", 1, "x")),
      ["throws ERR_FCGI_STREAM_ORDER"],
    ],
    [
      "STDERR after its end",
      join(record("STDERR", 1), record("STDERR", 1, "x")),
      ["throws ERR_FCGI_STREAM_ORDER"],
    ],
    ["an END_REQUEST of four octets", record("END_REQUEST", 1, "1234"), ["throws ERR_FCGI_END_BODY"]],
    ["an END_REQUEST of nine octets", record("END_REQUEST", 1, "123456789"), ["throws ERR_FCGI_END_BODY"]],
    ["P1 values cut short", record("GET_VALUES_RESULT", 0, [200]), ["throws ERR_FCGI_PAIR"]],
    ["values under an id", record("GET_VALUES_RESULT", 1, ""), ["throws ERR_FCGI_UNEXPECTED_RECORD"]],
    ["an answer broken off", record("UNKNOWN_TYPE", 0), ["throws ERR_FCGI_TRUNCATED"]],
    ["a short UNKNOWN_TYPE", record("UNKNOWN_TYPE", 0, "1"), ["throws ERR_FCGI_UNEXPECTED_RECORD"]],
    ["BEGIN_REQUEST from an application", begin(1), ["throws ERR_FCGI_UNEXPECTED_RECORD"]],
    ["PARAMS from an application", record("PARAMS", 1, pair("A", "")), ["throws ERR_FCGI_UNEXPECTED_RECORD"]],
    ["P6 HTTP from an application", octetsOf("HTTP/1.1 200 OK\r\n"), ["throws ERR_FCGI_VERSION"]],
    [
      "P7 the end of the connection before END_REQUEST",
      record("STDOUT", 1, "half"),
      ['output 1 "half"', "throws ERR_FCGI_TRUNCATED"],
      true,
    ],
    [
      "P7 the end of the connection inside a record",
      join(endRequest(1), endRequest(2), [1, 7]),
      ["end 1 app=0 status=0", "end 2 app=0 status=0", "throws ERR_FCGI_TRUNCATED"],
      true,
    ],
  ];

  it.each(rows)("%s", (_, octets, events, end = false) => {
    for (const [cut, chunks] of cuts(octets)) {
      // Ids 1 and 2 are open; where the connection ends cleanly only 1 is.
      const core = events.at(-1) === "end 1 app=0 status=0" && end ? begun(1) : begun(1, 2);
      expect(run(core, { chunks, end }), cut).toEqual(events);
    }
  });

  it("counts the requests that are open, and takes an answered id again", () => {
    const core = begun(1, 2);
    expect(core.openRequests).toBe(2);
    run(core, { chunks: [endRequest(1)] });
    expect(core.openRequests).toBe(1);
    core.send(requestOf(1));
    expect(core.openRequests).toBe(2);
  });
});
