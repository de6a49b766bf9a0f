/** Peers that break the protocol, stall or flood: the server stays up, answers the next request, says what came. */
import { connect as connectSocket, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { getParams } from "../support/fastcgi-peer.ts";
import { gate, hello, startServing, type Serving } from "../support/serving.ts";

/** Sends raw octets and waits until the server closes the connection. */
async function throwAt(serving: Serving, ...pieces: Uint8Array[]): Promise<Buffer> {
  const peer = await serving.connect();
  const got: Buffer[] = [];
  peer.socket.removeAllListeners("data");
  peer.socket.on("data", (octets) => got.push(octets));
  for (const piece of pieces) peer.socket.write(piece);
  await peer.closed;
  return Buffer.concat(got);
}

async function stillAnswers(serving: Serving): Promise<void> {
  const peer = await serving.connect();
  peer.request(1);
  expect((await peer.answer(1)).output).toContain("hello");
}

/** A record by hand. */
function record(type: number, id: number, content: Uint8Array = new Uint8Array(0), version = 1): Buffer {
  return Buffer.concat([
    Buffer.from([version, type, id >> 8, id & 255, content.length >> 8, content.length & 255, 0, 0]),
    content,
  ]);
}

const begin = (id: number): Buffer => record(1, id, Buffer.from([0, 1, 1, 0, 0, 0, 0, 0]));

describe("a hostile peer", () => {
  it.each([
    ["an HTTP request", "ERR_FCGI_VERSION", [Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]],
    ["another version", "ERR_FCGI_VERSION", [record(1, 1, Buffer.alloc(8), 2)]],
    ["a short BEGIN_REQUEST", "ERR_FCGI_BEGIN_BODY", [record(1, 1, Buffer.from([0, 1]))]],
    [
      "a pair longer than its stream",
      "ERR_FCGI_PAIR",
      [begin(1), record(4, 1, Buffer.from([0x20, 0x20, 0x41])), record(4, 1)],
    ],
    [
      "a length of 2^31-1",
      "ERR_FCGI_PAIR",
      [begin(1), record(4, 1, Buffer.from([255, 255, 255, 255, 255, 255, 255, 255])), record(4, 1)],
    ],
    ["STDIN before the end of PARAMS", "ERR_FCGI_STREAM_ORDER", [begin(1), record(5, 1, Buffer.from("x"))]],
  ])("%s is one log line (%s), and the next request is answered", async (_what, code, octets) => {
    const serving = await startServing(hello);
    await throwAt(serving, ...octets);
    const entry = await serving.logged(code);
    expect(entry.message).toMatch(/^fastcgi unix:\S+: ./);
    expect(entry.message).not.toContain("\n");
    expect(serving.log).toHaveLength(1);
    await stillAnswers(serving);
  });

  it("P1 caps the parameters of a request", async () => {
    const serving = await startServing(hello, { maxParamsOctets: 100_000 });
    const filler = record(4, 1, Buffer.alloc(60_000));
    await throwAt(serving, begin(1), filler, filler);
    expect((await serving.logged("ERR_LIMIT_PARAMS")).message).toContain("100000");
    await stillAnswers(serving);
  });

  it("survives seeded random octets, whole and piece by piece", async () => {
    const serving = await startServing(hello, { paramsTimeoutMs: 40 });
    let seed = 12_345;
    const random = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 16;
    for (let round = 0; round < 60; round++) {
      const octets = Buffer.alloc(1 + (random() % 4_000), 0);
      for (let i = 0; i < octets.length; i++) octets[i] = random() & 255;
      // Most octets are refused at the version; so half of the rounds look like records.
      if (round % 2 === 0) begin(1).copy(octets);
      if (round % 4 === 0) octets.set([1, 4, 0, 1, 0, 100, 0, 0], Math.min(16, octets.length - 8));
      const cut = random() % octets.length;
      await throwAt(serving, octets.subarray(0, cut), octets.subarray(cut));
    }
    await stillAnswers(serving);
  });

  it("P7 closes at once behind an ABORT_REQUEST with content, as behind one without", async () => {
    // Longer than the test may take: no deadline closes it.
    const serving = await startServing(hello, { paramsTimeoutMs: 600_000 });
    const unkept = record(1, 1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]));
    for (const content of ["", "unexpected"]) {
      const got = await throwAt(serving, Buffer.concat([unkept, record(2, 1, Buffer.from(content))]));
      expect(got).toEqual(record(3, 1, Buffer.alloc(8)));
    }
    await stillAnswers(serving);
  });

  it("P3 closes a connection whose request never ends its parameters", async () => {
    const serving = await startServing(hello, { paramsTimeoutMs: 40 });
    // A process that stands still for 40 ms has read nothing, and closes without a word: then again.
    while (serving.log.length === 0) await throwAt(serving, begin(1));
    expect((await serving.logged("ERR_LIMIT_TIME")).message).toContain("paramsTimeoutMs");
    await throwAt(serving, Buffer.from([1]));
    await stillAnswers(serving);
  });

  it("P3 answers a flood of BEGIN_REQUEST with OVERLOADED past the bound", async () => {
    const serving = await startServing(hello, { maxRequestsPerConnection: 8, paramsTimeoutMs: 200 });
    const flood = Array.from({ length: 1_000 }, (_, index) => begin(index + 1));
    const answered = await throwAt(serving, Buffer.concat(flood));
    const refused = answered
      .filter((_octet, index) => index % 16 === 12)
      .reduce((sum, status) => sum + (status === 2 ? 1 : 0), 0);
    expect(refused).toBe(992);
    await stillAnswers(serving);
  });

  it("answers a flood of GET_VALUES in bounded memory, also to a peer that does not read", async () => {
    const serving = await startServing(hello, { writeTimeoutMs: 200, paramsTimeoutMs: 200 });
    const question = record(9, 0, Buffer.concat([Buffer.from([14, 0]), Buffer.from("FCGI_MAX_CONNS")]));
    const peer = await serving.connect();
    peer.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 20_000 }, () => question));
    const before = process.memoryUsage().arrayBuffers;
    let taken = 0;
    while (taken < 200 && peer.socket.write(flood)) taken++;
    // The kernel's buffers, one flood in flight here and half a megabyte of replies: nowhere near 200 floods.
    expect(taken).toBeLessThan(20);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    await stillAnswers(serving);
  });

  it("P7 closes a connection whose upload never ends", async () => {
    const serving = await startServing(
      async (environ, startResponse) => {
        await environ["wsgi.input"].read();
        return hello(environ, startResponse);
      },
      { bodyTimeoutMs: 40 },
    );
    const peer = await serving.connect();
    peer.send({ type: "request", id: 1, role: "responder", keepConnection: true, params: getParams });
    await peer.closed;
    expect((await serving.logged("ERR_LIMIT_TIME")).message).toContain("bodyTimeoutMs");
  });

  it("ends an answer that the web server does not read", async () => {
    const closed = gate();
    const serving = await startServing(
      (_environ, startResponse) => {
        startResponse("200 OK", []);
        return {
          *[Symbol.iterator](): Generator<Uint8Array> {
            for (;;) yield Buffer.alloc(65_536);
          },
          close: () => closed.open(),
        };
      },
      { writeTimeoutMs: 40 },
    );
    const peer = await serving.connect();
    peer.socket.pause();
    peer.request(1);
    await closed.opened;
    expect((await serving.logged("ERR_LIMIT_TIME")).message).toContain("writeTimeoutMs");
  });

  it("P12 gives up a request whose unread body holds up the others of its connection", async () => {
    const stuck = gate<unknown>();
    const serving = await startServing(
      async (environ, startResponse) => {
        if (environ.REQUEST_METHOD === "GET") return hello(environ, startResponse);
        environ["tsgi.signal"].addEventListener("abort", () => stuck.open(undefined));
        await stuck.opened;
        return [];
      },
      { maxRequestsPerConnection: 4, stallTimeoutMs: 40 },
    );
    const peer = await serving.connect();
    peer.request(2, [...getParams], "", true);
    await peer.answer(2);
    peer.send({
      type: "request",
      id: 1,
      role: "responder",
      keepConnection: true,
      params: [["REQUEST_METHOD", "POST"]],
    });
    peer.send({ type: "request", id: 3, role: "responder", keepConnection: true, params: getParams });
    for (let i = 0; i < 8; i++) peer.send({ type: "body", id: 1, octets: Buffer.alloc(65_536) });
    peer.send({ type: "body-end", id: 3 });
    expect((await peer.answer(3)).output).toContain("hello");
    expect((await serving.logged("ERR_LIMIT_STALL")).message).toContain("stallTimeoutMs");
  });

  it("P2 answers 503 past maxConnections, logs it, and recovers", async () => {
    const serving = await startServing(hello, { maxConnections: 1 });
    const first = await serving.connect();
    first.request(1);
    await first.answer(1);
    const second = await serving.connect();
    second.request(1);
    expect((await second.answer(1)).output).toContain("Status: 503 Service Unavailable");
    await second.closed;
    expect((await serving.logged("ERR_LIMIT_CONNECTIONS")).message).toContain("maxConnections is 1");
    first.socket.destroy();
    await first.closed;
    await stillAnswers(serving);
  });

  it("frees an idle kept connection after idleTimeoutMs without a word", async () => {
    // Long enough for a busy machine: a connection that stands still before its request is freed as well.
    const serving = await startServing(hello, { idleTimeoutMs: 300 });
    const peer = await serving.connect();
    peer.request(1);
    await peer.answer(1);
    await peer.closed;
    expect(serving.log).toEqual([]);
  });

  it("takes a thousand connections that say nothing and go", async () => {
    const serving = await startServing(hello, { maxConnections: 2_000 });
    if (serving.address.kind !== "unix") throw new Error("not a UNIX socket");
    const { path } = serving.address;
    const sockets: Socket[] = [];
    // In turn: more at once than the backlog holds would be refused by the kernel.
    for (let i = 0; i < 1_000; i++) {
      const socket = connectSocket({ path });
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
      sockets.push(socket);
    }
    await stillAnswers(serving);
    for (const socket of sockets) socket.destroy();
    await stillAnswers(serving);
    expect(serving.log).toEqual([]);
  });
});
