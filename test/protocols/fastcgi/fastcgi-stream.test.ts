/**
 * The npm package fastcgi-stream 1.0.0 as a peer that shares no code with this project, both ways, and what keeps it
 * from being the codec that this project runs on.
 */
import { execFile } from "node:child_process";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { FastcgiApplicationSide, FastcgiWebServerSide } from "../../../src/protocols/fastcgi/index.ts";
import { projectRoot } from "../../support/source-tree.ts";
import { begin, join, pair, pairs, record, stream } from "../../support/fastcgi-wire.ts";
import { cuts, run, takeAll } from "../drive.ts";

type PeerPair = string | [name: string, value: string];
interface PeerRecord {
  readonly TYPE: number;
  readonly role?: number;
  readonly flags?: number;
  readonly params?: PeerPair[];
  readonly values?: PeerPair[];
  readonly data?: Buffer | string;
  readonly appStatus?: number;
  readonly protocolStatus?: number;
}
type RecordClass = new (...values: readonly unknown[]) => PeerRecord;
interface Peer extends EventEmitter {
  writeRecord(id: number, peerRecord: PeerRecord): void;
}
const peerPackage = createRequire(import.meta.url)("fastcgi-stream") as {
  FastCGIStream: new (stream: EventEmitter) => Peer;
  records: Record<string, RecordClass>;
};

/** The peer on a stream of memory: what it writes is gathered, what it reads is written down. */
function createPeer(): {
  peer: Peer;
  written: Buffer[];
  read: Array<[number, PeerRecord]>;
  feed(octets: Uint8Array): void;
} {
  const written: Buffer[] = [];
  const wire = Object.assign(new EventEmitter(), {
    write(octets: Buffer): boolean {
      written.push(Buffer.from(octets));
      return true;
    },
  });
  const peer = new peerPackage.FastCGIStream(wire);
  const read: Array<[number, PeerRecord]> = [];
  peer.on("record", (id: number, each: PeerRecord) => read.push([id, each]));
  return { peer, written, read, feed: (octets) => void wire.emit("data", Buffer.from(octets)) };
}

const create = (name: string, ...values: readonly unknown[]): PeerRecord =>
  new peerPackage.records[name]!(...values);
const textOf = (each: PeerRecord): string =>
  each.data === undefined ? "" : Buffer.from(each.data).toString("latin1");

describe("fastcgi-stream as an independent peer", () => {
  const list: Array<[string, string]> = [
    ["REQUEST_METHOD", "POST"],
    ["HTTP_COOKIE", "c".repeat(1_000)],
    ["n".repeat(200), "v"],
  ];

  it("P4 writes a request that the application side reads, at every split", () => {
    const { peer, written } = createPeer();
    peer.writeRecord(7, create("BeginRequest", 1, 1));
    peer.writeRecord(7, create("Params", list));
    peer.writeRecord(7, create("Params"));
    peer.writeRecord(7, create("StdIn", "some body"));
    peer.writeRecord(7, create("StdIn"));
    for (const [cut, chunks] of cuts(Buffer.concat(written))) {
      const events = run(new FastcgiApplicationSide(), { chunks });
      expect(events, cut).toEqual([
        `request 7 responder ${JSON.stringify(list)}`,
        'body 7 "some body"',
        "body-end 7",
      ]);
    }
  });

  it("asks for values that the application side gives", () => {
    const { peer, written, read, feed } = createPeer();
    peer.writeRecord(0, create("GetValues", ["FCGI_MAX_CONNS", "FCGI_MPXS_CONNS"]));
    const core = new FastcgiApplicationSide({ limits: { maxConnections: 50 } });
    run(core, { chunks: written });
    feed(takeAll(core));
    expect(read.map(([id, each]) => [id, each.TYPE, each.values])).toEqual([
      [
        0,
        10,
        [
          ["FCGI_MAX_CONNS", "50"],
          ["FCGI_MPXS_CONNS", "0"],
        ],
      ],
    ]);
  });

  it("reads the answer that the application side writes", () => {
    const core = new FastcgiApplicationSide();
    run(core, { chunks: [join(begin(7), record("PARAMS", 7), record("STDIN", 7))] });
    core.send({ type: "head", id: 7, octets: Buffer.from("Status: 200 OK\r\n\r\n") });
    core.send({ type: "errors", id: 7, octets: Buffer.from("warning") });
    core.send({ type: "body", id: 7, octets: Buffer.alloc(100_000, "x") });
    core.send({ type: "end", id: 7, complete: true });
    const { read, feed } = createPeer();
    feed(takeAll(core));
    const output = read.filter(([, each]) => each.TYPE === 6).map(([, each]) => textOf(each));
    expect(output.join("")).toBe(`Status: 200 OK\r\n\r\n${"x".repeat(100_000)}`);
    expect(output.at(-1)).toBe("");
    expect(read.filter(([, each]) => each.TYPE === 7).map(([, each]) => textOf(each))).toEqual(["warning"]);
    expect(read.at(-1)).toMatchObject([7, { TYPE: 3, appStatus: 0, protocolStatus: 0 }]);
    expect(new Set(read.map(([id]) => id))).toEqual(new Set([7]));
  });

  it("reads the request that the web server's side writes", () => {
    const core = new FastcgiWebServerSide();
    core.send({ type: "request", id: 9, role: "filter", keepConnection: true, params: list });
    core.send({ type: "body", id: 9, octets: Buffer.from("in") });
    core.send({ type: "body-end", id: 9 });
    core.send({ type: "data", id: 9, octets: Buffer.from("file") });
    core.send({ type: "data-end", id: 9 });
    const { read, feed } = createPeer();
    feed(takeAll(core));
    expect(read[0]).toMatchObject([9, { TYPE: 1, role: 3, flags: 1 }]);
    expect(read[1]).toMatchObject([9, { TYPE: 4, params: list }]);
    expect(read.slice(3).map(([, each]) => [each.TYPE, textOf(each)])).toEqual([
      [5, "in"],
      [5, ""],
      [8, "file"],
      [8, ""],
    ]);
  });

  it("writes an answer that the web server's side reads, at every split", () => {
    const { peer, written } = createPeer();
    peer.writeRecord(1, create("StdOut", "Status: 200 OK\r\n\r\nhello"));
    peer.writeRecord(1, create("StdErr", "oops"));
    peer.writeRecord(1, create("StdOut"));
    peer.writeRecord(1, create("EndRequest", 3, 0));
    for (const [cut, chunks] of cuts(Buffer.concat(written))) {
      const core = new FastcgiWebServerSide();
      core.send({ type: "request", id: 1, role: "responder", keepConnection: true, params: [] });
      expect(run(core, { chunks, end: true }), cut).toEqual([
        'output 1 "Status: 200 OK\\r\\n\\r\\nhello"',
        'errors 1 "oops"',
        "end 1 app=3 status=0",
      ]);
    }
  });
});

describe("fastcgi-stream is not what this project runs on, because", () => {
  it("P6 one record of an unknown type ends its process; here it is answered", async () => {
    const script = `
      const { EventEmitter } = require("node:events");
      const { FastCGIStream } = require("fastcgi-stream");
      const wire = new EventEmitter();
      new FastCGIStream(wire);
      setImmediate(() => wire.emit("data", Buffer.from([1, 12, 0, 0, 0, 0, 0, 0])));
      setImmediate(() => setImmediate(() => console.log("survived")));
    `;
    const child = promisify(execFile)(process.execPath, ["-e", script], { cwd: projectRoot });
    await expect(child).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("TypeError"),
    });

    const core = new FastcgiApplicationSide();
    expect(run(core, { chunks: [record(12, 0)] })).toEqual([]);
    expect(takeAll(core).subarray(0, 9)).toEqual(Buffer.from([1, 11, 0, 0, 0, 8, 0, 0, 12]));
  });

  it("P4 a pair that straddles two PARAMS records is corrupted there without a word; here it is whole", () => {
    const whole = pairs([["HTTP_COOKIE", "session=0123456789"]]);
    const straddling = [record("PARAMS", 1, whole.subarray(0, 20)), record("PARAMS", 1, whole.subarray(20))];
    const { read, feed } = createPeer();
    for (const each of straddling) feed(each);
    const [first] = read[0]![1].params!;
    expect(first).toEqual(["HTTP_COOKIE", "session"]);
    expect(read.length).toBe(2);

    const core = new FastcgiApplicationSide();
    expect(run(core, { chunks: [begin(1), ...straddling, record("PARAMS", 1)] })).toEqual([
      'request 1 responder [["HTTP_COOKIE","session=0123456789"]]',
    ]);
  });

  it("P1 a length that runs past the record is taken as it is there; here it is refused", () => {
    const lying = join([1, 0xff, 0xff, 0xff, 0xff], "Avalue");
    const { read, feed } = createPeer();
    feed(record("PARAMS", 1, lying));
    expect(read[0]![1].params).toEqual([["A", "value"]]);

    const core = new FastcgiApplicationSide();
    expect(run(core, { chunks: [join(begin(1), stream("PARAMS", 1, lying))] })).toEqual([
      "throws ERR_FCGI_PAIR",
    ]);
  });

  it("P6 it takes any version for FastCGI; here that is refused", () => {
    const { read, feed } = createPeer();
    feed(record("PARAMS", 1, pair("A", "b"), { version: 9 }));
    expect(read.length).toBe(1);

    const core = new FastcgiApplicationSide();
    expect(run(core, { chunks: [record("PARAMS", 1, pair("A", "b"), { version: 9 })] })).toEqual([
      "throws ERR_FCGI_VERSION",
    ]);
  });

  it("P3 nothing is bounded there: a stream comes out only once its whole record is here", () => {
    const { read, feed } = createPeer();
    const octets = record("STDIN", 1, Buffer.alloc(60_000));
    feed(octets.subarray(0, 59_999));
    expect(read).toEqual([]);

    const core = new FastcgiApplicationSide();
    const events = run(core, { chunks: [join(begin(1), record("PARAMS", 1)), octets.subarray(0, 59_999)] });
    expect(events).toEqual(["request 1 responder []", "body 1 59991 octets 0"]);
  });
});
