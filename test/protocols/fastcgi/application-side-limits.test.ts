/** Peers that ask for too much: what they can make the application side hold and send is bounded. */
import { describe, expect, it } from "vitest";
import { FastcgiApplicationSide, fastcgiLimits } from "../../../src/protocols/fastcgi/index.ts";
import {
  begin,
  describeRecords,
  join,
  pair,
  parseRecords,
  record,
  request,
} from "../../support/fastcgi-wire.ts";
import { run, takeAll } from "../drive.ts";

describe("FastcgiApplicationSide bounds", () => {
  it("P1 the octets of PARAMS, at the header that passes the limit", () => {
    const limits = { maxParamsOctets: 1_000 };
    const within = join(begin(1), record("PARAMS", 1, pair("A", "x".repeat(993))), record("PARAMS", 1));
    expect(run(new FastcgiApplicationSide({ limits }), { chunks: [within] }).length).toBe(1);
    for (const over of [
      join(begin(1), record("PARAMS", 1, "", { declared: 1_001 })),
      join(begin(1), record("PARAMS", 1, Buffer.alloc(999)), record("PARAMS", 1, "", { declared: 2 })),
    ]) {
      expect(run(new FastcgiApplicationSide({ limits }), { chunks: [over] })).toEqual([
        "throws ERR_LIMIT_PARAMS",
      ]);
    }
  });

  it("P1 PARAMS that never end, at the default of 1 MiB", () => {
    const core = new FastcgiApplicationSide();
    const full = record("PARAMS", 1, Buffer.alloc(65_535));
    core.receive(begin(1));
    let sent = 0;
    expect(() => {
      for (; sent < 100; sent++) {
        core.receive(full);
        core.nextEvent();
      }
    }).toThrow(expect.objectContaining({ code: "ERR_LIMIT_PARAMS", limit: "maxParamsOctets" }));
    expect(sent).toBe(Math.floor(fastcgiLimits.maxParamsOctets / 65_535));
  });

  it("P1 the number of pairs", () => {
    const octets = join(begin(1), record("PARAMS", 1, Buffer.alloc(2 * 11)), record("PARAMS", 1));
    const events = run(new FastcgiApplicationSide({ limits: { maxParams: 10 } }), { chunks: [octets] });
    expect(events).toEqual(["throws ERR_LIMIT_PARAMS"]);
    const core = new FastcgiApplicationSide({ limits: { maxParams: 11 } });
    expect(run(core, { chunks: [octets] }).length).toBe(1);
  });

  it("P3 a flood of BEGIN_REQUEST: only maxRequests of them are remembered", () => {
    const core = new FastcgiApplicationSide({ limits: { maxRequests: 4 } });
    const flood = join(...Array.from({ length: 2_000 }, (_, at) => begin(at + 1)));
    const events = run(core, { chunks: [flood] });
    expect(core.openRequests).toBe(4);
    expect(new Set(events.map((line) => line.replace(/\d+/, "N")))).toEqual(
      new Set(["refused N ERR_LIMIT_REQUESTS"]),
    );
    const replies = parseRecords(takeAll(core));
    expect(replies.length).toBe(1_996);
    expect(replies.every((each) => each.type === "END_REQUEST" && each.content[4] === 2)).toBe(true);
  });

  it.each([
    ["BEGIN_REQUEST", join(begin(2)), 16],
    ["GET_VALUES", record("GET_VALUES", 0, pair("FCGI_MAX_CONNS", "")), 32],
    ["unknown management records", record(99, 0), 16],
  ])(
    "P3 the replies to a flood of %s: it stops reading until output is taken",
    (_, question, replyOctets) => {
      const core = new FastcgiApplicationSide();
      run(core, { chunks: [join(begin(1), record("PARAMS", 1))] });
      const count = 20_000;
      core.receive(join(...Array<Buffer>(count).fill(question)));
      let replies = 0;
      let highest = 0;
      for (let rounds = 0; rounds < 100 && replies < count; rounds++) {
        while (core.nextEvent() !== undefined);
        highest = Math.max(highest, core.pendingOctets);
        replies += parseRecords(takeAll(core)).length;
      }
      expect(replies).toBe(count);
      expect(highest).toBeLessThanOrEqual(65_536 + replyOctets);
    },
  );

  it("P3 an answer that waits does not stop the reading", () => {
    const core = new FastcgiApplicationSide();
    run(core, { chunks: [join(begin(1), record("PARAMS", 1))] });
    core.send({ type: "body", id: 1, octets: new Uint8Array(1_000_000) });
    core.receive(join(record("GET_VALUES", 0), record("STDIN", 1, "more")));
    expect(core.nextEvent()?.type).toBe("body");
  });

  it("P4 GET_VALUES of 65,535 octets, octet by octet, without growing on what its header declares", () => {
    const core = new FastcgiApplicationSide();
    const name = "x".repeat(65_535 - 8);
    const octets = record("GET_VALUES", 0, pair(name, "", true), { padding: 255 });
    const chunks = Array.from(octets, (octet) => Uint8Array.of(octet));
    expect(run(core, { chunks })).toEqual([]);
    expect(describeRecords(takeAll(core))).toEqual(['GET_VALUES_RESULT 0 ""']);
  });

  it.each(["STDIN", "DATA"] as const)(
    "P8 %s that is answered in the middle of a record does not become the next request's",
    (type) => {
      for (const pulls of [1, 2]) {
        const core = new FastcgiApplicationSide();
        const half = record(type, 1, "secret", { declared: 10 });
        core.receive(join(begin(1, "filter"), record("PARAMS", 1), half));
        for (let pulled = 0; pulled < pulls; pulled++) expect(core.nextEvent()).toBeDefined();
        core.send({ type: "end", id: 1, complete: true });
        expect(core.nextEvent()).toBeUndefined();
        const rest = join("rest", request({ params: [["NEXT", "1"]], body: "own" }));
        expect(run(core, { chunks: [rest] })).toEqual([
          'request 1 responder [["NEXT","1"]]',
          'body 1 "own"',
          "body-end 1",
        ]);
      }
    },
  );

  it("P8 an authorizer's request that is answered before its body-end was pulled", () => {
    const core = new FastcgiApplicationSide();
    core.receive(join(begin(1, "authorizer"), record("PARAMS", 1), begin(1), record("PARAMS", 1)));
    expect(core.nextEvent()).toMatchObject({ type: "request", role: "authorizer" });
    core.send({ type: "end", id: 1, complete: true });
    expect(core.nextEvent()).toMatchObject({ type: "request", role: "responder" });
  });

  it("P12 a request whose body is not read holds no other back: octets come in the order of the wire", () => {
    const core = new FastcgiApplicationSide({ limits: { maxRequests: 2 } });
    const octets = join(
      begin(1),
      record("PARAMS", 1),
      record("STDIN", 1, Buffer.alloc(60_000)),
      request({ id: 2, params: [] }),
    );
    core.receive(octets);
    const types: string[] = [];
    for (let event = core.nextEvent(); event; event = core.nextEvent())
      types.push(`${event.type} ${event.id}`);
    expect(types).toEqual(["request 1", "body 1", "request 2", "body-end 2"]);
  });

  it("keeps what it was given before it had read all of it", () => {
    const core = new FastcgiApplicationSide();
    const octets = request({ params: [["A", "b".repeat(300)]], body: "content" });
    for (const octet of octets) core.receive(Uint8Array.of(octet));
    expect(run(core, { chunks: [] })).toEqual([]);
    expect(run(core, { chunks: [new Uint8Array(0)] })).toEqual([
      `request 1 responder [["A","${"b".repeat(300)}"]]`,
      'body 1 "content"',
      "body-end 1",
    ]);
  });
});
