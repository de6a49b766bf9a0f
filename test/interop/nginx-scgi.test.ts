/**
 * Requests and answers over SCGI through a real nginx with nginx-examples/scgi-unix.conf and scgi-tcp.conf.
 */
import { createHash, randomBytes } from "node:crypto";
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
import { freePorts } from "../support/ports.ts";
import { measureMemory, type RunningProcess } from "../support/process.ts";

const probe = "test/interop/applications/probe.ts";

describeWithServers.each(["unix", "tcp"] as const)("nginx-examples/scgi-%s.conf", (kind) => {
  const stage = new Stage();
  let host: RunningProcess;

  beforeAll(async () => {
    const ports = await freePorts(2);
    const isTcp = kind === "tcp";
    host = await stage.serve(probe, isTcp ? `scgi:127.0.0.1:${ports[0]}` : "scgi:unix:app.sock");
    if (isTcp) await stage.serve(probe, `scgi:127.0.0.1:${ports[1]}`, "--script-name", "/wiki");
    await stage.startNginx(`scgi-${kind}.conf`, ports);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("S17 gives a GET the environ of the request", async () => {
    const environ = await stage.json("/environ?a=1&b=%20", { headers: { "X-Probe": "yes" } });
    expect(environ).toMatchObject({
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      PATH_INFO: "/environ",
      QUERY_STRING: "a=1&b=%20",
      REQUEST_URI: "/environ?a=1&b=%20",
      CONTENT_LENGTH: "0",
      SERVER_NAME: "localhost",
      SERVER_PORT: String(stage.port),
      SERVER_PROTOCOL: "HTTP/1.1",
      GATEWAY_INTERFACE: "CGI/1.1",
      REMOTE_ADDR: "127.0.0.1",
      HTTP_HOST: `127.0.0.1:${stage.port}`,
      HTTP_X_PROBE: "yes",
      SCGI: "1",
      "wsgi.url_scheme": "http",
      "tsgi.protocol": "scgi",
      "tsgi.role": "responder",
    });
  });

  it("H6 drops a Proxy header, and W19 takes no REMOTE_USER from an unchecked Basic header", async () => {
    const environ = await stage.json("/environ", {
      headers: { Proxy: "http://evil.example", Authorization: `Basic ${btoa("root:x")}` },
    });
    expect(environ).not.toHaveProperty("HTTP_PROXY");
    expect(environ["REMOTE_USER"] ?? "").toBe("");
  });

  it("H2 joins repeated request headers, however nginx sends them", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request(
      "GET /environ HTTP/1.1",
      "Connection: close",
      "X-Dup: a",
      "Cookie: a=1",
      "X-Dup: b",
      "Cookie: b=2",
    );
    const { status } = await connection.readHead();
    const body = await connection.readToEnd();
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ HTTP_X_DUP: "a, b", HTTP_COOKIE: "a=1; b=2" });
  });

  it("passes 300 request headers of 60 octets each on", async () => {
    const names = Array.from({ length: 300 }, (_, n) => `X-Many-${n}`);
    const environ = await stage.json("/environ", {
      headers: Object.fromEntries(names.map((name) => [name, "v".repeat(60)])),
    });
    for (const name of names)
      expect(environ[`HTTP_${name.toUpperCase().replaceAll("-", "_")}`]).toHaveLength(60);
  });

  it("takes a POST of 1 MB", async () => {
    const body = randomBytes(1_000_000);
    const answer = await stage.fetch("/digest", { method: "POST", body });
    expect(await answer.json()).toEqual({
      octets: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
      contentLength: "1000000",
    });
  });

  it("takes a chunked POST with the length that nginx has counted", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.write("POST /digest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    await connection.write("5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n");
    const head = await connection.readHead();
    expect(JSON.parse(await connection.readBody(head))).toMatchObject({ octets: 11, contentLength: "11" });
    connection.abort();
  });

  it("P9 a POST and an answer of 200 MB are streamed in bounded memory", async () => {
    const url = stage.origin;
    await postBlocks(`${url}/digest`, 2_000_000);
    await countOctets(`${url}/download?octets=2000000`);
    const growth = measureMemory(host.pid);
    const headers = { "Content-Length": String(largeOctets) };
    expect(await postBlocks(`${url}/digest`, largeOctets, headers)).toMatchObject(
      digestOfBlocks(largeOctets),
    );
    expect(await countOctets(`${url}/download?octets=${largeOctets}`)).toBe(largeOctets);
    expect(growth()).toBeLessThan(memoryBoundOctets);
  });

  it("W7 answers HEAD with the head of a GET and no body", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request("HEAD /page HTTP/1.1");
    const head = await connection.readHead();
    expect(head).toMatchObject({
      status: 200,
      headers: { "content-length": "8", "content-type": "text/plain" },
    });
    // Whatever followed the head would now be read as part of this answer.
    await connection.request("GET /page HTTP/1.1", "Connection: close");
    expect((await connection.readHead()).status).toBe(200);
    expect(await connection.readToEnd()).toBe("the page");
  });

  it.each(["204 No Content", "304 Not Modified"])("W7 answers %s without a body", async (status) => {
    const connection = await RawConnection.open(stage.port);
    await connection.request(`GET /status?is=${encodeURIComponent(status)} HTTP/1.1`);
    const head = await connection.readHead();
    expect(head.status).toBe(Number.parseInt(status, 10));
    expect(head.headers).toMatchObject({ etag: '"v1"', "x-seen": "probe" });
    await connection.request("GET /page HTTP/1.1", "Connection: close");
    expect((await connection.readHead()).status).toBe(200);
    expect(await connection.readToEnd()).toBe("the page");
  });

  it("O11 an application that throws gives a plain 500, and its reason to the error log only", async () => {
    const answer = await stage.fetch("/throws");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/secret|probe\.ts|node:/);
    await host.printed("a secret of the application");
  });

  it("W12 an early 413 reaches a client that uploads 20 MB", async () => {
    for (const path of kind === "tcp" ? ["/refuse", "/upload/refuse"] : ["/refuse"]) {
      const connection = await RawConnection.open(stage.port);
      await connection.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${20_000_000}\r\n\r\n`);
      await connection.write(Buffer.alloc(20_000_000));
      const head = await connection.readHead();
      expect(head.status).toBe(413);
      expect(await connection.readBody(head)).toBe("too large for me");
      connection.abort();
    }
  });

  it("W18 S108 a client that goes away in the midst of an answer fires the signal and closes the body", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request("GET /silent?name=gone HTTP/1.1");
    await connection.readUntil("one chunk");
    connection.abort();
    await stage.record("signal gone");
    const record = await stage.record("close gone");
    expect(record.filter((line) => line === "close gone")).toHaveLength(1);
  });

  // What only the larger of the two files has, and UNIX sockets cannot do.
  if (kind === "unix") return;

  it("an answer that breaks off reaches the client visibly cut short", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request("GET /throwslate HTTP/1.1");
    const head = await connection.readHead();
    expect(head.status).toBe(200);
    await expect(connection.readBody(head).then(({ length }) => length)).rejects.toThrow(/ended/);
    await host.printed("a late secret of the application");
  });

  it("an application at a sub-path has it as SCRIPT_NAME", async () => {
    expect(await stage.json("/wiki/a%2Fb/environ?x")).toMatchObject({
      SCRIPT_NAME: "/wiki",
      PATH_INFO: "/a/b/environ",
      QUERY_STRING: "x",
      REQUEST_URI: "/wiki/a%2Fb/environ?x",
    });
  });

  it("W17 an unbuffered upload arrives as it is sent, and whole: its length is in HTTP_CONTENT_LENGTH", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.write(
      "POST /upload/watched?name=slow HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nfirst",
    );
    await stage.record("first slow");
    await connection.write("second");
    const head = await connection.readHead();
    expect(JSON.parse(await connection.readBody(head))).toEqual({ octets: 11 });
    connection.abort();

    const growth = measureMemory(host.pid);
    const headers = { "Content-Length": String(largeOctets) };
    const answer = await postBlocks(`${stage.origin}/upload/digest`, largeOctets, headers);
    expect(answer).toEqual({ ...digestOfBlocks(largeOctets), contentLength: String(largeOctets) });
    expect(growth()).toBeLessThan(memoryBoundOctets);
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
    await stage.record("refused left ERR_REQUEST_ABORTED");
  });
});
