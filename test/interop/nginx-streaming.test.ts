/**
 * Nothing is held back: server-sent events, unbuffered uploads and large bodies through a real nginx with
 * nginx-examples/streaming.conf.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { RawConnection } from "../support/http-client.ts";
import {
  countOctets,
  digestOfBlocks,
  largeOctets,
  memoryBoundOctets,
  postBlocks,
} from "../support/large-bodies.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { measureMemory, type RunningProcess } from "../support/process.ts";

const stage = new Stage();
let host: RunningProcess;

describeWithServers("nginx-examples/streaming.conf", () => {
  beforeAll(async () => {
    host = await stage.serve("test/interop/applications/probe.ts", "unix:app.sock");
    await stage.startNginx("streaming.conf");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("S9 S77 each server-sent event reaches the client before the next is produced", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request("GET /events/events?name=sse&count=3 HTTP/1.1");
    const head = await connection.readHead();
    expect(head.headers["content-type"]).toBe("text/event-stream");
    for (const n of [1, 2, 3]) {
      await connection.readUntil(`data: ${n}\n\n`);
      const record = await stage.record();
      expect(record).toContain(`produced sse ${n}`);
      expect(record).not.toContain(`produced sse ${n + 1}`);
      await stage.fetch("/release?name=sse");
    }
    await connection.readUntil("0\r\n\r\n");
    connection.abort();
  });

  it("an unbuffered answer that breaks off reaches the client visibly cut short", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request("GET /events/throwslate HTTP/1.1");
    const head = await connection.readHead();
    expect(head.status).toBe(200);
    await expect(connection.readBody(head).then(({ length }) => length)).rejects.toThrow(/ended/);
  });

  it("W17 a chunked upload reaches the application as it is sent, without a CONTENT_LENGTH", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.write(
      "POST /upload/watched?name=chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    await connection.write("5\r\nfirst\r\n");
    await stage.record("first chunked");
    await connection.write("6\r\nsecond\r\n0\r\n\r\n");
    const head = await connection.readHead();
    expect(head.status).toBe(200);
    expect(JSON.parse(await connection.readBody(head))).toEqual({ octets: 11 });
    connection.abort();
  });

  it("W17 W18 a client that goes away in the midst of an upload: the input rejects and the signal fires", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.write(
      "POST /upload/watched?name=left HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
    );
    await connection.write(Buffer.alloc(1_000));
    await stage.record("first left");
    connection.abort();
    await stage.record("signal left");
    const record = await stage.record();
    expect(record.find((line) => line.startsWith("refused left"))).toMatch(
      /^refused left ERR_(REQUEST_ABORTED|BODY_TRUNCATED)$/,
    );
  });

  it("W12 an early 413 reaches a client that has sent a part of its upload", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.write("POST /upload/refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
    await connection.write(Buffer.alloc(1_000_000));
    const head = await connection.readHead();
    expect(head.status).toBe(413);
    expect(await connection.readBody(head)).toBe("too large for me");
    connection.abort();
  });

  it.each([
    ["of known length", { "Content-Length": String(largeOctets) }],
    ["chunked", {}],
  ])("P9 an unbuffered POST of 200 MB, %s, is streamed in bounded memory", async (_how, headers) => {
    const url = `${stage.origin}/upload/digest`;
    await postBlocks(url, 2_000_000);
    const growth = measureMemory(host.pid);
    expect(await postBlocks(url, largeOctets, headers)).toMatchObject(digestOfBlocks(largeOctets));
    expect(growth()).toBeLessThan(memoryBoundOctets);
  });

  it.each([
    ["spooled by nginx", "/large/download"],
    ["not spooled by nginx", "/download"],
  ])("P9 an answer of 200 MB, %s, is streamed in bounded memory", async (_how, path) => {
    await countOctets(`${stage.origin}${path}?octets=2000000`);
    const growth = measureMemory(host.pid);
    expect(await countOctets(`${stage.origin}${path}?octets=${largeOctets}`)).toBe(largeOctets);
    expect(growth()).toBeLessThan(memoryBoundOctets);
  });

  it("P9 a client that does not read makes the application wait", async () => {
    const growth = measureMemory(host.pid);
    const connection = await RawConnection.open(stage.port);
    connection.pause();
    await connection.request(`GET /download?octets=${largeOctets} HTTP/1.1`);
    // Other requests are answered meanwhile, each after the application had every chance to run ahead.
    for (let n = 0; n < 200; n += 1) await stage.fetch("/page");
    expect(growth()).toBeLessThan(memoryBoundOctets);
    connection.abort();
  });
});
