/** What the application side makes of octets: one table of state and octets, each row fed in every possible cut. */
import { describe, expect, it } from "vitest";
import {
  FastcgiApplicationSide,
  type FastcgiApplicationSideOptions,
} from "../../../src/protocols/fastcgi/index.ts";
import type { RequestEvent } from "../../../src/protocols/gateway-core.ts";
import {
  begin,
  describeRecords,
  join,
  pair,
  pairs,
  record,
  request,
  stream,
} from "../../support/fastcgi-wire.ts";
import { cuts, run, takeAll } from "../drive.ts";

interface Row {
  readonly name: string;
  readonly octets: Uint8Array;
  /** The events, and at the end perhaps `throws CODE`. */
  readonly events: readonly string[];
  /** The records that leave. */
  readonly records?: readonly string[];
  readonly options?: FastcgiApplicationSideOptions;
  /** Events of this kind are answered at once by a complete end. */
  readonly answer?: RequestEvent["type"];
  /** The peer ends its side after the octets. */
  readonly end?: boolean;
  readonly closing?: boolean;
}

const get = '[["REQUEST_METHOD","GET"]]';
const params = (id: number): Buffer => stream("PARAMS", id, pair("REQUEST_METHOD", "GET"));
const complete = (id: number): string => `END_REQUEST ${id} app=0 status=0`;
const mux: FastcgiApplicationSideOptions = { limits: { maxRequests: 2 } };

const rows: readonly Row[] = [
  {
    name: "a request without a body",
    octets: request(),
    events: [`request 1 responder ${get}`, "body-end 1"],
  },
  {
    name: "W17 a body that ends at the end of STDIN, whatever the records",
    octets: join(begin(1), params(1), stream("STDIN", 1, "name=value", 3)),
    events: [`request 1 responder ${get}`, 'body 1 "name=value"', "body-end 1"],
  },
  {
    name: "P4 pairs that straddle three records",
    octets: join(begin(9), stream("PARAMS", 9, pairs([["HTTP_COOKIE", "c".repeat(200)]]), 100)),
    events: [`request 9 responder [["HTTP_COOKIE","${"c".repeat(200)}"]]`],
  },
  {
    name: "PARAMS of nothing",
    octets: join(begin(1), record("PARAMS", 1)),
    events: ["request 1 responder []"],
  },
  {
    name: "a padded record of each kind",
    octets: join(
      record("BEGIN_REQUEST", 1, [0, 1, 1, 9, 9, 9, 9, 9], { padding: 255 }),
      record("PARAMS", 1, pair("A", "b"), { padding: 2 }),
      record("PARAMS", 1, "", { padding: 8 }),
      record("STDIN", 1, "xyz", { padding: 5 }),
      record("STDIN", 1, "", { padding: 1 }),
    ),
    events: ['request 1 responder [["A","b"]]', 'body 1 "xyz"', "body-end 1"],
  },
  {
    name: "W15 an authorizer without STDIN",
    octets: join(begin(1, "authorizer"), params(1)),
    events: [`request 1 authorizer ${get}`, "body-end 1"],
  },
  {
    name: "W15 an authorizer with STDIN, which is ignored",
    octets: join(begin(1, "authorizer"), params(1), stream("STDIN", 1, "ignored")),
    events: [`request 1 authorizer ${get}`, "body-end 1"],
  },
  {
    name: "a filter: STDIN, then DATA",
    octets: join(begin(1, "filter"), params(1), stream("STDIN", 1, "in"), stream("DATA", 1, "file", 2)),
    events: [`request 1 filter ${get}`, 'body 1 "in"', "body-end 1", 'data 1 "file"', "data-end 1"],
  },
  {
    name: "a filter: DATA between STDIN",
    octets: join(
      begin(1, "filter"),
      params(1),
      record("STDIN", 1, "a"),
      record("DATA", 1, "x"),
      record("STDIN", 1, "b"),
      record("DATA", 1),
      record("STDIN", 1),
    ),
    events: [`request 1 filter ${get}`, 'body 1 "a"', 'data 1 "x"', 'body 1 "b"', "data-end 1", "body-end 1"],
  },
  {
    name: "an end of DATA for a responder, as flup's client sends it",
    octets: join(request(), record("DATA", 1)),
    events: [`request 1 responder ${get}`, "body-end 1"],
  },
  {
    name: "DATA content for a responder",
    octets: join(request(), record("DATA", 1, "x")),
    events: [`request 1 responder ${get}`, "body-end 1", "throws ERR_FCGI_STREAM_ORDER"],
  },
  {
    name: "streams that are ended twice",
    octets: join(request(), record("PARAMS", 1), record("STDIN", 1)),
    events: [`request 1 responder ${get}`, "body-end 1"],
  },
  {
    name: "PARAMS content after its end",
    octets: join(request(), record("PARAMS", 1, pair("A", "b"))),
    events: [`request 1 responder ${get}`, "body-end 1", "throws ERR_FCGI_STREAM_ORDER"],
  },
  {
    name: "STDIN content after its end",
    octets: join(request(), record("STDIN", 1, "x")),
    events: [`request 1 responder ${get}`, "body-end 1", "throws ERR_FCGI_STREAM_ORDER"],
  },
  {
    name: "DATA content after its end",
    octets: join(begin(1, "filter"), params(1), stream("DATA", 1, "f"), record("DATA", 1, "x")),
    events: [`request 1 filter ${get}`, 'data 1 "f"', "data-end 1", "throws ERR_FCGI_STREAM_ORDER"],
  },
  {
    name: "STDIN before the end of PARAMS",
    octets: join(begin(1), record("PARAMS", 1, pair("A", "b")), record("STDIN", 1, "x")),
    events: ["throws ERR_FCGI_STREAM_ORDER"],
  },
  {
    name: "the end of DATA before the end of PARAMS",
    octets: join(begin(1, "filter"), record("DATA", 1)),
    events: ["throws ERR_FCGI_STREAM_ORDER"],
  },
  {
    name: "P1 a pair that runs past the end of PARAMS",
    octets: join(begin(1), stream("PARAMS", 1, [0xff, 0xff, 0xff, 0xff, 0x7f])),
    events: ["throws ERR_FCGI_PAIR"],
  },
  {
    name: "a BEGIN_REQUEST of seven octets",
    octets: record("BEGIN_REQUEST", 1, "1234567"),
    events: ["throws ERR_FCGI_BEGIN_BODY"],
  },
  {
    name: "a BEGIN_REQUEST of nine octets",
    octets: record("BEGIN_REQUEST", 1, "123456789"),
    events: ["throws ERR_FCGI_BEGIN_BODY"],
  },
  {
    name: "a BEGIN_REQUEST without a body",
    octets: record("BEGIN_REQUEST", 1),
    events: ["throws ERR_FCGI_BEGIN_BODY"],
  },
  {
    name: "BEGIN_REQUEST on an id that is open",
    octets: join(request(), begin(1)),
    events: [`request 1 responder ${get}`, "body-end 1", "throws ERR_FCGI_REQUEST_ID"],
  },
  {
    name: "P8 two requests in turn on a kept connection",
    octets: join(request({ params: [["FIRST", "1"]], body: "one" }), request({ params: [["SECOND", "2"]] })),
    answer: "body-end",
    events: [
      'request 1 responder [["FIRST","1"]]',
      'body 1 "one"',
      "body-end 1",
      'request 1 responder [["SECOND","2"]]',
      "body-end 1",
    ],
    records: [complete(1), complete(1)],
  },
  {
    name: "W14 BEGIN_REQUEST on an answered id whose STDIN never ended",
    octets: join(begin(1), params(1), record("STDIN", 1, "half"), request({ params: [["NEXT", ""]] })),
    answer: "request",
    events: [`request 1 responder ${get}`, 'request 1 responder [["NEXT",""]]'],
    records: [complete(1), complete(1)],
  },
  {
    name: "W14 late records for an answered id and records for an id that never was",
    octets: join(
      begin(1),
      params(1),
      record("STDIN", 1, "late"),
      record("ABORT_REQUEST", 1),
      record("PARAMS", 1, "late"),
      record("STDIN", 1),
      record("STDIN", 77, "?"),
      record("DATA", 78, "?"),
      record("PARAMS", 79),
    ),
    answer: "request",
    events: [`request 1 responder ${get}`],
    records: [complete(1)],
  },
  {
    name: "W11 without KEEP_CONN nothing is read after the answer",
    octets: join(request({ flags: 0 }), request(), "not FastCGI at all"),
    answer: "body-end",
    events: [`request 1 responder ${get}`, "body-end 1"],
    records: [complete(1)],
    closing: true,
  },
  {
    name: "other flags than KEEP_CONN are ignored",
    octets: request({ flags: 0xfe }),
    answer: "body-end",
    events: [`request 1 responder ${get}`, "body-end 1"],
    records: [complete(1)],
    closing: true,
  },
  {
    name: "ABORT_REQUEST of a request that was announced; its late STDIN is dropped",
    octets: join(
      begin(1),
      params(1),
      record("ABORT_REQUEST", 1),
      record("STDIN", 1, "late"),
      record("STDIN", 1),
    ),
    events: [`request 1 responder ${get}`, "abort 1"],
  },
  {
    name: "ABORT_REQUEST twice, with content that it should not have",
    octets: join(request(), record("ABORT_REQUEST", 1, "?"), record("ABORT_REQUEST", 1)),
    events: [`request 1 responder ${get}`, "body-end 1", "abort 1"],
  },
  {
    name: "W16 BEGIN_REQUEST and ABORT_REQUEST without PARAMS, then another request",
    octets: join(begin(1), record("ABORT_REQUEST", 1), request({ id: 3 })),
    events: ["refused 1 ERR_REQUEST_ABORTED", `request 3 responder ${get}`, "body-end 3"],
    records: [complete(1)],
  },
  {
    name: "W16 ABORT_REQUEST before PARAMS without KEEP_CONN",
    octets: join(begin(1, "responder", 0), record("ABORT_REQUEST", 1), request()),
    events: ["refused 1 ERR_REQUEST_ABORTED"],
    records: [complete(1)],
    closing: true,
  },
  {
    name: "P7 ABORT_REQUEST with content that it should not have, without KEEP_CONN",
    octets: join(begin(1, "responder", 0), record("ABORT_REQUEST", 1, "?")),
    events: ["refused 1 ERR_REQUEST_ABORTED"],
    records: [complete(1)],
    closing: true,
  },
  {
    name: "P6 a role that does not exist",
    octets: join(request({ role: 4 }), request({ id: 2 })),
    events: ["refused 1 ERR_FCGI_REFUSED", `request 2 responder ${get}`, "body-end 2"],
    records: ["END_REQUEST 1 app=0 status=3"],
  },
  {
    name: "P6 a role of 16 bits is not taken for its low octet",
    octets: begin(1, 0x0101),
    events: ["refused 1 ERR_FCGI_REFUSED"],
    records: ["END_REQUEST 1 app=0 status=3"],
  },
  {
    name: "P6 a role that is not accepted here, without KEEP_CONN",
    octets: request({ role: "authorizer", flags: 0 }),
    options: { roles: ["responder"] },
    events: ["refused 1 ERR_FCGI_REFUSED"],
    records: ["END_REQUEST 1 app=0 status=3"],
    closing: true,
  },
  {
    name: "P12 a second request while one is open: multiplexing is off",
    octets: join(begin(1), params(1), request({ id: 2 }), stream("STDIN", 1, "goes on")),
    events: [`request 1 responder ${get}`, "refused 2 ERR_LIMIT_REQUESTS", 'body 1 "goes on"', "body-end 1"],
    records: ["END_REQUEST 2 app=0 status=1"],
  },
  {
    name: "P12 refusing a second request without KEEP_CONN does not close under the first",
    octets: join(begin(1), params(1), request({ id: 2, flags: 0 })),
    events: [`request 1 responder ${get}`, "refused 2 ERR_LIMIT_REQUESTS"],
    records: ["END_REQUEST 2 app=0 status=1"],
    closing: false,
  },
  {
    name: "P12 one request more than maxRequests",
    options: mux,
    octets: join(begin(1), begin(2), begin(3), params(2), params(1)),
    events: ["refused 3 ERR_LIMIT_REQUESTS", `request 2 responder ${get}`, `request 1 responder ${get}`],
    records: ["END_REQUEST 3 app=0 status=2"],
  },
  {
    name: "W16 two requests record by record in turn",
    options: mux,
    octets: join(
      begin(7),
      begin(65_535),
      record("PARAMS", 7, pair("A", "1")),
      record("PARAMS", 65_535, pair("B", "2")),
      record("PARAMS", 7),
      record("STDIN", 7, "a"),
      record("PARAMS", 65_535),
      record("STDIN", 65_535, "b"),
      record("STDIN", 7),
      record("STDIN", 65_535),
    ),
    events: [
      'request 7 responder [["A","1"]]',
      'body 7 "a"',
      'request 65535 responder [["B","2"]]',
      'body 65535 "b"',
      "body-end 7",
      "body-end 65535",
    ],
  },
  {
    name: "GET_VALUES: the known names that were asked for, each once",
    octets: join(
      record(
        "GET_VALUES",
        0,
        pairs([
          ["FCGI_MPXS_CONNS", ""],
          ["FCGI_MPXS_CONNS", "x"],
          ["FCGI_UNHEARD_OF", ""],
          ["FCGI_MAX_REQS", ""],
        ]),
        { padding: 3 },
      ),
      request(),
    ),
    options: { limits: { maxConnections: 5 } },
    events: [`request 1 responder ${get}`, "body-end 1"],
    records: ['GET_VALUES_RESULT 0 "\\u000f\\u0001FCGI_MPXS_CONNS0\\r\\u0001FCGI_MAX_REQS5"'],
  },
  {
    name: "GET_VALUES of a connection that multiplexes",
    octets: record(
      "GET_VALUES",
      0,
      pairs(["CONNS", "REQS"].map((name) => [`FCGI_MAX_${name}`, ""] as const)),
    ),
    options: { limits: { maxConnections: 5, maxRequests: 8 } },
    events: [],
    records: ['GET_VALUES_RESULT 0 "\\u000e\\u0001FCGI_MAX_CONNS5\\r\\u0002FCGI_MAX_REQS40"'],
  },
  {
    name: "GET_VALUES of nothing",
    octets: record("GET_VALUES", 0),
    events: [],
    records: ['GET_VALUES_RESULT 0 ""'],
  },
  {
    name: "P1 GET_VALUES with a pair cut short",
    octets: record("GET_VALUES", 0, [15, 0, 70]),
    events: ["throws ERR_FCGI_PAIR"],
  },
  {
    name: "P6 management records of unknown types are answered",
    octets: join(record(12, 0, "content"), record(0, 0), record(255, 0, "", { padding: 9 })),
    events: [],
    records: [12, 0, 255].map(
      (type) => `UNKNOWN_TYPE 0 ${JSON.stringify(String.fromCharCode(type) + "\0".repeat(7))}`,
    ),
  },
  {
    name: "P6 records of unknown types with a request id are passed over",
    octets: join(
      begin(1),
      record(12, 1, "content"),
      params(1),
      record(0, 1),
      record(255, 9, "x"),
      record("STDIN", 1),
    ),
    events: [`request 1 responder ${get}`, "body-end 1"],
    records: [],
  },
  ...(["BEGIN_REQUEST", "ABORT_REQUEST", "PARAMS", "STDIN", "DATA"] as const).map((type) => ({
    name: `${type} with request id 0`,
    octets: record(type, 0, "12345678"),
    events: ["throws ERR_FCGI_UNEXPECTED_RECORD"],
  })),
  ...([0, 1] as const).flatMap((id) =>
    (["END_REQUEST", "STDOUT", "STDERR", "GET_VALUES_RESULT", "UNKNOWN_TYPE"] as const).map((type) => ({
      name: `${type} from a web server with request id ${id}`,
      octets: record(type, id, "12345678"),
      events: ["throws ERR_FCGI_UNEXPECTED_RECORD"],
    })),
  ),
  {
    name: "GET_VALUES with a request id",
    octets: record("GET_VALUES", 1),
    events: ["throws ERR_FCGI_UNEXPECTED_RECORD"],
  },
  {
    name: "P6 a wrong version after a good request",
    octets: join(request(), record("STDIN", 1, "", { version: 2 })),
    events: [`request 1 responder ${get}`, "body-end 1", "throws ERR_FCGI_VERSION"],
  },
  {
    name: "P7 the end of the connection between requests",
    octets: request(),
    end: true,
    answer: "body-end",
    events: [`request 1 responder ${get}`, "body-end 1"],
    records: [complete(1)],
  },
  {
    name: "P7 the end of the connection between records of a body: for the server to judge",
    octets: join(begin(1), params(1), record("STDIN", 1, "half")),
    end: true,
    events: [`request 1 responder ${get}`, 'body 1 "half"'],
  },
  {
    name: "P7 the end of the connection inside a header",
    octets: join(begin(1), params(1), [1, 5, 0]),
    end: true,
    events: [`request 1 responder ${get}`, "throws ERR_FCGI_TRUNCATED"],
  },
  {
    name: "P7 the end of the connection inside a content",
    octets: join(begin(1), params(1), record("STDIN", 1, "four", { declared: 5 })),
    end: true,
    events: [`request 1 responder ${get}`, 'body 1 "four"', "throws ERR_FCGI_TRUNCATED"],
  },
  {
    name: "P7 the end of the connection after BEGIN_REQUEST",
    octets: begin(1),
    end: true,
    events: ["throws ERR_FCGI_TRUNCATED"],
  },
  {
    name: "P7 the end of the connection before the end of PARAMS of a second request",
    octets: join(request(), begin(2), record("PARAMS", 2, pair("A", "b"))),
    options: mux,
    end: true,
    events: [`request 1 responder ${get}`, "body-end 1", "throws ERR_FCGI_TRUNCATED"],
  },
];

describe("FastcgiApplicationSide reads", () => {
  it.each(rows)("$name", (row) => {
    for (const [cut, chunks] of cuts(row.octets)) {
      const core = new FastcgiApplicationSide(row.options);
      const events = run(core, { chunks, end: row.end ?? false }, (event) => {
        if (event.type === row.answer) core.send({ type: "end", id: event.id, complete: true });
      });
      expect(events, cut).toEqual(row.events);
      if (row.records !== undefined) expect(describeRecords(takeAll(core)), cut).toEqual(row.records);
      if (row.closing !== undefined) expect(core.closing, cut).toBe(row.closing);
      // The server closes what is over as soon as nothing is being received on it.
      if (row.closing === true) expect(core.receiving, cut).toBe(false);
    }
  });

  it("throws the same error again after it has thrown", () => {
    const core = new FastcgiApplicationSide();
    core.receive(begin(0));
    let first: unknown;
    try {
      core.nextEvent();
    } catch (error) {
      first = error;
    }
    core.receive(request());
    expect(first).toBeDefined();
    expect(() => core.nextEvent()).toThrow(first as Error);
  });
});
