/**
 * Requests and answers through a real nginx with nginx-examples/fastcgi-unix.conf, one by one.
 */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RawConnection } from "../support/http-client.ts";
import { digestOfBlocks, largeOctets, memoryBoundOctets, postBlocks } from "../support/large-bodies.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { measureMemory, type RunningProcess } from "../support/process.ts";

const stage = new Stage();
let host: RunningProcess;

describeWithServers("nginx-examples/fastcgi-unix.conf", () => {
  beforeAll(async () => {
    host = await stage.serve("test/interop/applications/probe.ts", "unix:app.sock");
    await stage.startNginx("fastcgi-unix.conf");
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
      SERVER_NAME: "localhost",
      SERVER_PORT: String(stage.port),
      SERVER_PROTOCOL: "HTTP/1.1",
      GATEWAY_INTERFACE: "CGI/1.1",
      REMOTE_ADDR: "127.0.0.1",
      HTTP_HOST: `127.0.0.1:${stage.port}`,
      HTTP_X_PROBE: "yes",
      "wsgi.version": [1, 0],
      "wsgi.url_scheme": "http",
      "wsgi.run_once": false,
      "tsgi.protocol": "fastcgi",
      "tsgi.role": "responder",
    });
    expect(environ["SERVER_SOFTWARE"]).toMatch(/^nginx\//);
  });

  it("H6 drops a Proxy header, and W19 takes no REMOTE_USER from an unchecked Basic header", async () => {
    const environ = await stage.json("/environ", {
      headers: { Proxy: "http://evil.example", Authorization: `Basic ${btoa("root:x")}` },
    });
    expect(environ).not.toHaveProperty("HTTP_PROXY");
    expect(environ["REMOTE_USER"] ?? "").toBe("");
  });

  it("passes Authorization on", async () => {
    const environ = await stage.json("/environ", { headers: { Authorization: "Bearer abc" } });
    expect(environ["HTTP_AUTHORIZATION"]).toBe("Bearer abc");
  });

  it("passes 300 request headers on", async () => {
    const names = Array.from({ length: 300 }, (_, n) => `X-Many-${n}`);
    const environ = await stage.json("/environ", {
      headers: Object.fromEntries(names.map((name, n) => [name, `value ${n}`])),
    });
    names.forEach((name, n) => {
      expect(environ[`HTTP_${name.toUpperCase().replaceAll("-", "_")}`]).toBe(`value ${n}`);
    });
  });

  it.each([
    ["a slash that was encoded", "/a%2Fb/environ", "/a/b/environ"],
    ["a space", "/a%20b/environ", "/a b/environ"],
    ["UTF-8, one character for each octet", "/%C3%A9/environ", "/\u{c3}\u{a9}/environ"],
    ["octets that are not UTF-8", "/%FF%FE/environ", "/\u{ff}\u{fe}/environ"],
    ["dots", "/x/../y/./environ", "/y/environ"],
    ["dots that were encoded", "/x/%2e%2e/y/environ", "/y/environ"],
    ["repeated slashes", "//a///environ", "/a/environ"],
    ["a percent sign", "/100%25/environ", "/100%/environ"],
    ["a question mark that was encoded", "/a%3Fb/environ", "/a?b/environ"],
    ["a line feed", "/a%0Ab/environ", "/a\nb/environ"],
    ["plus and semicolon", "/a+b;c=d/environ", "/a+b;c=d/environ"],
  ])("W20 %s in the path: PATH_INFO decoded, REQUEST_URI as sent", async (_what, path, pathInfo) => {
    const { status, body } = await raw(`GET ${path} HTTP/1.1`);
    expect(status).toBe(200);
    expect(JSON.parse(Buffer.from(body, "latin1").toString())).toMatchObject({
      SCRIPT_NAME: "",
      PATH_INFO: pathInfo,
      REQUEST_URI: path,
    });
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

  it("P9 a POST of 200 MB that nginx has spooled is streamed in bounded memory", async () => {
    const url = `${stage.origin}/digest`;
    await postBlocks(url, 2_000_000);
    const growth = measureMemory(host.pid);
    const headers = { "Content-Length": String(largeOctets) };
    expect(await postBlocks(url, largeOctets, headers)).toMatchObject(digestOfBlocks(largeOctets));
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

  it("sends a file by wsgi.file_wrapper", async () => {
    const answer = await stage.fetch("/file");
    expect(await answer.text()).toContain("The application behind the web servers");
  });

  it("O11 an application that throws gives a plain 500, and its reason to the error log only", async () => {
    const answer = await stage.fetch("/throws");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/secret|probe\.ts|node:/);
    await host.printed("a secret of the application");
    expect(host.output).toMatch(/GET \/throws/);
  });

  it("an application that throws in its answer leaves the client an answer that is visibly cut short", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request("GET /throwslate HTTP/1.1");
    const head = await connection.readHead();
    expect(head.status).toBe(200);
    await expect(connection.readBody(head).then(({ length }) => length)).rejects.toThrow(/ended/);
    await host.printed("a late secret of the application");
  });

  it("W12 an early 413 reaches a client that uploads 20 MB", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.write(`POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: ${20_000_000}\r\n\r\n`);
    await connection.write(Buffer.alloc(20_000_000));
    const head = await connection.readHead();
    expect(head.status).toBe(413);
    expect(await connection.readBody(head)).toBe("too large for me");
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

  it("many requests on one client connection have the application's right answers in their order", async () => {
    const connection = await RawConnection.open(stage.port);
    for (let n = 0; n < 50; n += 1) {
      await connection.request(`GET /environ?n=${n} HTTP/1.1`);
      const body = await connection.readBody(await connection.readHead());
      expect(JSON.parse(body)).toMatchObject({ QUERY_STRING: `n=${n}` });
    }
    connection.abort();
  });
});

/** On a connection of its own, with the path exactly as given. */
async function raw(...head: string[]): Promise<{ status: number; body: string }> {
  const connection = await RawConnection.open(stage.port);
  await connection.request(...head, "Connection: close");
  const { status } = await connection.readHead();
  return { status, body: await connection.readToEnd() };
}
