/** The parts of master and workers that need no other process: messages, the channel, the pid file, the held socket. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, Socket, type Server } from "node:net";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { LineChannel } from "../../src/process/line-channel.ts";
import { parseWatchdogMessage, parseWorkerMessage } from "../../src/process/messages.ts";
import { removePidFile, writePidFile } from "../../src/process/pid-file.ts";
import { formatAddress, parseAddress } from "../../src/protocols/address.ts";
import { holdSocket, serve, type HeldSocket } from "../../src/server/index.ts";
import { hello, temporaryDirectory } from "../support/serving.ts";

describe("O4 a message from a worker", () => {
  it.each([
    ['{"type":"ready"}', { type: "ready" }],
    ['{"type":"ready","more":1}', { type: "ready" }],
    [
      '{"type":"load-failed","cause":"application","message":"why"}',
      { type: "load-failed", cause: "application", message: "why" },
    ],
    ['{"type":"retire","reason":"age"}', { type: "retire", reason: "age" }],
    [
      '{"type":"report","report":{"requests":1,"running":0,"memoryOctets":5,"more":2}}',
      { type: "report", report: { requests: 1, running: 0, memoryOctets: 5 } },
    ],
  ])("%s is taken", (line, message) => {
    expect(parseWorkerMessage(line)).toEqual(message);
  });

  it.each([
    "",
    "ready",
    "null",
    "1",
    "[]",
    "{}",
    '{"type":"exit"}',
    '{"type":"__proto__"}',
    '{"type":"load-failed","message":"why"}',
    '{"type":"load-failed","cause":"me","message":"why"}',
    '{"type":"load-failed","cause":"worker","message":1}',
    '{"type":"retire"}',
    '{"type":"report"}',
    '{"type":"report","report":{"requests":1.5,"running":0,"memoryOctets":5}}',
    '{"type":"report","report":{"requests":-1,"running":0,"memoryOctets":5}}',
    '{"type":"report","report":{"requests":"1","running":0,"memoryOctets":5}}',
  ])("%s is refused", (line) => {
    expect(parseWorkerMessage(line)).toEqual({ wrong: expect.any(String) as string });
  });

  it("of any text is taken or refused, never an exception", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseWorkerMessage(line)).toBeTypeOf("object");
        expect(parseWatchdogMessage(line)).toBeTypeOf("object");
      }),
    );
  });

  it("from a watchdog is what a blocked worker may be at, or wrong", () => {
    const oldest = { method: "GET", path: "/a", ageMs: 1 };
    const inside = { method: "GET", path: "/b" };
    const parse = (figures: unknown): unknown =>
      parseWatchdogMessage(JSON.stringify({ type: "blocked", figures }));
    for (const figures of [
      { running: 2, oldest, inside },
      { running: 0, oldest: null, inside: null },
    ])
      expect(parse(figures)).toEqual({ type: "blocked", figures });
    for (const figures of [
      undefined,
      { running: -1, oldest, inside },
      { running: 1, oldest: {}, inside },
      { running: 1, oldest, inside: { method: "GET", path: "/\n" } },
      { running: 1, oldest },
    ])
      expect(parse(figures)).toEqual({ wrong: "what no blocked worker is at" });
  });

  it("has texts of a length that can be logged", () => {
    const text = "x".repeat(60_000);
    expect(parseWorkerMessage(JSON.stringify({ type: "retire", reason: text }))).toMatchObject({
      reason: text.slice(0, 16_384),
    });
    expect(parseWatchdogMessage(JSON.stringify({ type: "stack", text }))).toMatchObject({
      text: text.slice(0, 16_384),
    });
  });
});

/** Two ends of one connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const path = join(temporaryDirectory(), "s");
  const accepted = new Promise<Socket>((resolve) => {
    const server: Server = createServer((socket) => {
      server.close();
      resolve(socket);
    }).listen(path);
  });
  const socket = connect({ path });
  onTestFinished(() => void socket.destroy());
  return [socket, await accepted];
}

describe("a channel", () => {
  it("gives whole lines, however they arrive, and says when it ends", async () => {
    const [near, far] = await socketPair();
    const lines: string[] = [];
    const ended = new Promise<string>((resolve) => {
      void new LineChannel(far, { line: (text) => lines.push(text), end: resolve });
    });
    const text = Buffer.from('{"a":"ä€"}\n{"b":2}\n{"c"');
    for (const octet of text)
      await new Promise<void>((resolve) => near.write(Uint8Array.of(octet), () => resolve()));
    near.end(":3}\nrest");
    expect(await ended).toBe("it was closed");
    expect(lines).toEqual(['{"a":"ä€"}', '{"b":2}', '{"c":3}']);
  });

  it("ends at a line that is too long, and for a peer that does not read", async () => {
    const [near, far] = await socketPair();
    const tooLong = new Promise<string>((resolve) => {
      void new LineChannel(far, { line: () => {}, end: resolve });
    });
    near.write("x".repeat(100_000));
    expect(await tooLong).toBe("a line is longer than 65536 characters");
    const [reader, writer] = await socketPair();
    reader.pause();
    const unread = new Promise<string>((resolve) => {
      const channel = new LineChannel(writer, { line: () => {}, end: resolve });
      for (let turn = 0; turn < 200; turn++) channel.send({ text: "x".repeat(20_000) });
    });
    expect(await unread).toBe("its peer does not read");
  });
});

describe("a pid file", () => {
  it("is written whole, and removed only by whom it names", () => {
    const path = join(temporaryDirectory(), "pid");
    writePidFile(path);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
    // No process has that number: the kernel's largest is 4,194,304.
    writeFileSync(path, "4194305\n");
    removePidFile(path);
    expect(readFileSync(path, "utf8")).toBe("4194305\n");
    writePidFile(path);
    removePidFile(path);
    expect(() => statSync(path)).toThrow();
    removePidFile(path);
  });

  it("that cannot be written is an error with a remedy", () => {
    expect(() => writePidFile("/nonexistent/pid")).toThrow("choose a directory that exists and is writable");
  });
});

/** What becomes of a connection: refused, or open with nobody who answers. */
function tryConnect(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    onTestFinished(() => void socket.destroy());
    socket.once("connect", () => resolve("open"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
  });
}

async function hold(address: string): Promise<HeldSocket> {
  const held = await holdSocket(parseAddress(address), {});
  onTestFinished(() => held.release());
  return held;
}

describe("a socket that is held for others", () => {
  it("is listened on by who inherits it, keeps connections waiting, and gets its path when it is published", async () => {
    const path = join(temporaryDirectory(), "s");
    // In one process there is one descriptor, which the server closes: it is not released a second time.
    const held = await holdSocket(parseAddress(`unix:${path}`), {});
    expect(await tryConnect(path)).toBe("ENOENT");
    const server = await serve(hello, { fastcgi: { kind: "fd", fd: held.fd, of: held.address } });
    expect(server.addresses.map(({ address }) => formatAddress(address))).toEqual([`unix:${path}`]);
    await held.publish();
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await tryConnect(path)).toBe("open");
    await server.close({ graceMs: 0 });
  });

  it("refuses while nobody has listened yet", async () => {
    const path = join(temporaryDirectory(), "s");
    const held = await hold(`unix:${path}`);
    await held.publish();
    expect(await tryConnect(path)).toBe("ECONNREFUSED");
    held.release();
    expect(await tryConnect(path)).toBe("ENOENT");
    held.release();
  });

  it("knows the port that was chosen, by name and by address", async () => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const { address } = await hold(`${host}:0`);
      expect(address).toMatchObject({ kind: "tcp", port: expect.any(Number) as number });
      expect((address as { port: number }).port).toBeGreaterThan(0);
    }
  });

  it.each([
    ["unix:/nonexistent/s", "its directory does not exist"],
    ["host.invalid:1", "cannot listen on host.invalid:1"],
    ["192.0.2.1:1", "no interface of this machine has that address"],
    ["fd:9999", "no such file descriptor was inherited"],
    ["systemd:web", "systemd passed no socket"],
  ])("at %s is ERR_CONFIG_LISTEN: %s", async (address, text) => {
    await expect(hold(address)).rejects.toMatchObject({
      code: "ERR_CONFIG_LISTEN",
      message: expect.stringContaining(text) as string,
    });
  });

  it("never takes a path where another has come to answer meanwhile", async () => {
    const path = join(temporaryDirectory(), "s");
    const held = await hold(`unix:${path}`);
    const server = await serve(hello, { fastcgi: `unix:${path}` });
    await expect(held.publish()).rejects.toThrow("another server listens there");
    held.release();
    expect(await tryConnect(path)).toBe("open");
    await server.close({ graceMs: 0 });
  });
});

it("serve() with workers says where workers are", async () => {
  const options = { http: "127.0.0.1:0", workers: 2 } as unknown as Parameters<typeof serve>[1];
  await expect(serve(hello, options)).rejects.toThrow("use tsgi serve MODULE --workers N");
});
