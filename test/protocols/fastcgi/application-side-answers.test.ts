/** What the application side sends, checked by a parser that shares no code with it. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FastcgiApplicationSide,
  type FastcgiApplicationSideOptions,
} from "../../../src/protocols/fastcgi/index.ts";
import { blockOctets } from "../../../src/protocols/output-buffer.ts";
import {
  begin,
  contentOf,
  describeRecords,
  join,
  octetsOf,
  parseRecords,
  record,
  request,
} from "../../support/fastcgi-wire.ts";
import { run, takeAll } from "../drive.ts";

const head = octetsOf("Content-Type: text/plain\r\nStatus: 200 OK\r\n\r\n");
const end = { type: "end", id: 1, complete: true } as const;

/** A core with these requests open. */
function opened(
  octets: Uint8Array = request(),
  options?: FastcgiApplicationSideOptions,
): FastcgiApplicationSide {
  const core = new FastcgiApplicationSide(options);
  run(core, { chunks: [octets] });
  return core;
}

const body = (octets: Uint8Array | string, id = 1) =>
  ({ type: "body", id, octets: typeof octets === "string" ? octetsOf(octets) : octets }) as const;

describe("FastcgiApplicationSide sends", () => {
  it("a small answer as one record and its end, all in one block", () => {
    const core = opened();
    core.send({ type: "head", id: 1, octets: head });
    for (const chunk of ["one ", "", "two ", "three"]) core.send(body(chunk));
    core.send(end);
    const filled = core.takeOutput()!;
    expect(core.takeOutput()).toBeUndefined();
    expect(core.pendingOctets).toBe(0);
    const octets = filled.octets;
    expect(parseRecords(octets).map((each) => [each.type, each.content.toString("latin1")])).toEqual([
      ["STDOUT", `${head.toString("latin1")}one two three`],
      ["STDOUT", ""],
      ["END_REQUEST", "\0".repeat(8)],
    ]);
    expect(core.openRequests).toBe(0);
    expect(core.closing).toBe(false);
  });

  it("copies what it is given", () => {
    const core = opened();
    const reused = octetsOf("first");
    core.send(body(reused));
    reused.fill(0);
    core.send(end);
    expect(contentOf(takeAll(core), "STDOUT", 1).toString()).toBe("first");
  });

  it("W3 a head whole in one record, however full the block is", () => {
    for (const before of [0, 1, 65_000, 65_520, 65_528]) {
      const core = opened(join(request(), request({ id: 2 })), { limits: { maxRequests: 2 } });
      core.send(body(Buffer.alloc(before, "x"), 2));
      const large = Buffer.alloc(2_000, "h");
      core.send({ type: "head", id: 1, octets: large });
      const records = parseRecords(takeAll(core)).filter((each) => each.id === 1);
      expect(records.map((each) => each.content.length)).toEqual([2_000]);
    }
  });

  it("W3 the largest head there can be, and refuses a larger one", () => {
    const core = opened();
    expect(() => core.send({ type: "head", id: 1, octets: Buffer.alloc(65_529) })).toThrow(
      expect.objectContaining({ code: "ERR_LIMIT_HEAD", allowed: 65_528, actual: 65_529 }),
    );
    expect(core.pendingOctets).toBe(0);
    core.send({ type: "head", id: 1, octets: Buffer.alloc(65_528, "h") });
    core.send(end);
    expect(parseRecords(takeAll(core)).map((each) => each.content.length)).toEqual([65_528, 0, 8]);
  });

  it("W4 the end of STDOUT and END_REQUEST in one block, however full the block is", () => {
    for (let size = blockOctets - 64; size <= blockOctets; size++) {
      const core = opened();
      for (let left = size; left > 0; left -= 30_000)
        core.send(body(Buffer.alloc(Math.min(left, 30_000), "x")));
      core.send(end);
      const blocks: Uint8Array[] = [];
      for (let next = core.takeOutput(); next; next = core.takeOutput()) {
        blocks.push(next.octets);
      }
      const last = parseRecords(blocks.at(-1)!);
      expect(last.slice(-2).map((each) => each.type)).toEqual(["STDOUT", "END_REQUEST"]);
      expect(contentOf(Buffer.concat(blocks), "STDOUT", 1).length).toBe(size);
    }
  });

  it("W5 never an empty STDOUT but the last, and none when there was no output", () => {
    const core = opened(join(request(), request({ id: 2 })), { limits: { maxRequests: 2 } });
    core.send(body(""));
    core.send({ type: "head", id: 1, octets: octetsOf("") });
    core.send(end);
    core.send(body("", 2));
    core.send(body("text", 2));
    core.send(body("", 2));
    core.send({ type: "end", id: 2, complete: true });
    expect(describeRecords(takeAll(core))).toEqual([
      "END_REQUEST 1 app=0 status=0",
      'STDOUT 2 "text"',
      'STDOUT 2 ""',
      "END_REQUEST 2 app=0 status=0",
    ]);
  });

  it("large chunks over as few records as fit, each of at most 65,528 octets", () => {
    const core = opened();
    const large = Buffer.alloc(300_000, "0123456789abcdefghijk");
    core.send(body(large));
    core.send(end);
    const octets = takeAll(core);
    expect(contentOf(octets, "STDOUT", 1).equals(large)).toBe(true);
    const sizes = parseRecords(octets).map((each) => each.content.length);
    expect(sizes).toEqual([65_528, 65_528, 65_528, 65_528, 300_000 - 4 * 65_528, 0, 8]);
  });

  it("many small chunks as full records, at any size of chunk", () => {
    for (const size of [1, 7, 8, 1_000, 4_096, 32_767]) {
      const core = opened();
      const chunk = Buffer.alloc(size, "chunk");
      const count = Math.ceil(140_000 / size);
      for (let i = 0; i < count; i++) core.send(body(chunk));
      core.send(end);
      const octets = takeAll(core);
      expect(contentOf(octets, "STDOUT", 1).equals(Buffer.concat(Array(count).fill(chunk)))).toBe(true);
      expect(parseRecords(octets).length).toBeLessThanOrEqual(Math.ceil((count * size) / 65_528) + 3);
    }
  });

  it("small, copied and lent chunks in any order, octet for octet", () => {
    // Around the sizes at which a chunk is lent, a record is full and a block is.
    const size = fc.oneof(
      fc.nat(70_000),
      ...[8, 32_768, 65_528, 65_536].map((near) => fc.integer({ min: near - 8, max: near + 8 })),
    );
    const event = fc.tuple(fc.constantFrom<"body" | "errors">("body", "body", "body", "errors"), size);
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 9 }), (events) => {
        const core = opened();
        const sent = { body: [] as Buffer[], errors: [] as Buffer[] };
        for (const [index, [type, octets]] of events.entries()) {
          const chunk = Buffer.alloc(octets, String.fromCharCode(97 + index));
          sent[type].push(chunk);
          core.send({ type, id: 1, octets: chunk });
        }
        core.send(end);
        const octets = takeAll(core);
        expect(contentOf(octets, "STDOUT", 1).equals(Buffer.concat(sent.body))).toBe(true);
        expect(contentOf(octets, "STDERR", 1).equals(Buffer.concat(sent.errors))).toBe(true);
      }),
    );
  });

  it("large chunks without a copy, in full records, in order with what was copied", () => {
    for (const size of [32_768, 65_527, 65_528, 65_529, 200_001]) {
      const taken: Uint8Array[] = [];
      const given: Uint8Array[] = [];
      const pool = {
        take: () => {
          const block = new Uint8Array(blockOctets).fill(0xaa);
          taken.push(block);
          return block;
        },
        give: (block: Uint8Array) => given.push(block),
      };
      const core = opened(request(), { pool });
      const large = Buffer.from(Array.from({ length: size }, (_, index) => index & 255));
      core.send({ type: "head", id: 1, octets: head });
      core.send(body("before"));
      core.send(body(large));
      core.send(body("after"));
      core.send(end);
      const pieces: Uint8Array[] = [];
      for (let next = core.takeOutput(); next; next = core.takeOutput()) {
        pieces.push(next.octets);
        if (next.block !== undefined) pool.give(next.block);
      }
      const octets = Buffer.concat(pieces);
      const expected = Buffer.concat([head, Buffer.from("before"), large, Buffer.from("after")]);
      expect(contentOf(octets, "STDOUT", 1).equals(expected)).toBe(true);
      const lent = pieces.filter((piece) => piece.buffer === large.buffer);
      expect(lent.reduce((sum, piece) => sum + piece.length, 0)).toBe(size);
      expect(lent.length).toBe(Math.ceil(size / 65_528));
      // Each block goes back once, and only with the last of what was written into it.
      expect(given).toEqual(taken);
      expect(core.pendingOctets).toBe(0);
      expect(octets.length % 8).toBe(0);
    }
  });

  it("STDERR with padding always: HAProxy 2.6.12 crashes over an answer that breaks off behind unpadded STDERR", () => {
    for (const size of [1, 7, 8, 9, 16, 65_519, 65_520, 65_528, 65_536, 140_000]) {
      const core = opened();
      core.send({ type: "errors", id: 1, octets: Buffer.alloc(size, "e") });
      const octets = takeAll(core);
      const records = parseRecords(octets);
      expect(contentOf(octets, "STDERR", 1).length).toBe(size);
      expect(octets.length % 8).toBe(0);
      for (const each of records) expect(each.padding).toBeGreaterThan(0);
    }
  });

  it("P8 zeros as padding, in blocks that have been used before", () => {
    const block = new Uint8Array(blockOctets);
    const pool = { take: () => block.fill(0xaa), give: () => {} };
    for (let size = 1; size <= 16; size++) {
      const core = opened(request(), { pool });
      core.send(body("x".repeat(size)));
      core.send(end);
      const octets = takeAll(core);
      expect(octets.length % 8).toBe(0);
      // The parser throws on padding and reserved octets that are not zero.
      expect(contentOf(octets, "STDOUT", 1).length).toBe(size);
    }
  });

  it("a record that output was taken out of as it stood, and the rest in another", () => {
    const core = opened();
    core.send(body("before"));
    const first = takeAll(core);
    core.send(body("after"));
    core.send(end);
    expect(describeRecords(first)).toEqual(['STDOUT 1 "before"']);
    expect(describeRecords(takeAll(core)).slice(0, 1)).toEqual(['STDOUT 1 "after"']);
  });

  it("STDERR between STDOUT, in order", () => {
    const core = opened();
    core.send(body("a"));
    core.send({ type: "errors", id: 1, octets: octetsOf("oops ") });
    core.send({ type: "errors", id: 1, octets: octetsOf("again") });
    core.send(body("b"));
    core.send(end);
    expect(describeRecords(takeAll(core))).toEqual([
      'STDOUT 1 "a"',
      'STDERR 1 "oops again"',
      'STDOUT 1 "b"',
      'STDOUT 1 ""',
      "END_REQUEST 1 app=0 status=0",
    ]);
  });

  it("only STDERR and the end, when that is all there was", () => {
    const core = opened();
    core.send({ type: "errors", id: 1, octets: octetsOf("failed") });
    core.send(end);
    expect(describeRecords(takeAll(core))).toEqual(['STDERR 1 "failed"', "END_REQUEST 1 app=0 status=0"]);
  });

  it("W9 no END_REQUEST after an answer that was cut short: the connection breaks instead", () => {
    const core = opened();
    core.send({ type: "head", id: 1, octets: head });
    core.send({ type: "end", id: 1, complete: false });
    const octets = takeAll(core);
    expect(describeRecords(octets.subarray(0, -8))).toEqual([
      `STDOUT 1 ${JSON.stringify(head.toString("latin1"))}`,
      // Breaks the connection for web servers to which a plain close is the end of an answer.
      'UNKNOWN_TYPE 0 ""',
    ]);
    // Version 0: for Caddy, which passes over the record.
    expect(octets.subarray(-8)).toEqual(Buffer.alloc(8));
    expect(core.closing).toBe(true);
    core.receive(request());
    expect(core.nextEvent()).toBeUndefined();
  });

  it("W16 two answers in turn, each chunk under its own id", () => {
    const core = opened(join(request(), request({ id: 300 })), { limits: { maxRequests: 2 } });
    core.send(body("a"));
    core.send(body("x", 300));
    core.send(body("b"));
    core.send(end);
    core.send(body("y", 300));
    core.send({ type: "end", id: 300, complete: true });
    expect(describeRecords(takeAll(core))).toEqual([
      'STDOUT 1 "a"',
      'STDOUT 300 "x"',
      'STDOUT 1 "b"',
      'STDOUT 1 ""',
      "END_REQUEST 1 app=0 status=0",
      'STDOUT 300 "y"',
      'STDOUT 300 ""',
      "END_REQUEST 300 app=0 status=0",
    ]);
  });

  it("W11 closes without KEEP_CONN once the last open request has been answered", () => {
    const core = opened(join(request({ flags: 0 }), request({ id: 2 })), { limits: { maxRequests: 2 } });
    expect(core.closing).toBe(false);
    core.send(end);
    expect([core.closing, core.openRequests]).toEqual([false, 1]);
    core.send({ type: "end", id: 2, complete: true });
    expect([core.closing, core.openRequests]).toEqual([true, 0]);
  });

  it("tells whether the body of a request has ended", () => {
    const core = new FastcgiApplicationSide();
    run(core, { chunks: [join(begin(1), record("PARAMS", 1))] });
    expect(core.bodyEnded(1)).toBe(false);
    run(core, { chunks: [record("STDIN", 1)] });
    expect([core.bodyEnded(1), core.bodyEnded(2)]).toEqual([true, true]);
  });

  it.each([
    ["body before PARAMS have ended", begin(1), []],
    ["body for an id that is not open", request({ id: 2 }), []],
    ["body after the end", request(), [end]],
    ["body for a refused request", request({ role: 9 }), []],
  ] as const)("ERR_LOCAL_STATE: %s", (_, octets, sent) => {
    const core = opened(octets);
    for (const event of sent) core.send(event);
    const before = core.pendingOctets;
    for (const event of [body("x"), { type: "head", id: 1, octets: head } as const, end]) {
      expect(() => core.send(event)).toThrow(expect.objectContaining({ code: "ERR_LOCAL_STATE" }));
    }
    expect(core.pendingOctets).toBe(before);
  });

  it("ERR_LOCAL_STATE: a second head, and one after body", () => {
    const core = opened();
    core.send({ type: "head", id: 1, octets: head });
    expect(() => core.send({ type: "head", id: 1, octets: head })).toThrow(
      expect.objectContaining({ code: "ERR_LOCAL_STATE" }),
    );
    const other = opened();
    other.send(body("x"));
    expect(() => other.send({ type: "head", id: 1, octets: head })).toThrow(
      expect.objectContaining({ code: "ERR_LOCAL_STATE" }),
    );
  });
});
