/** The pages over HTTP: which there are, what they are told to browsers and caches, what they refuse. */
import { existsSync, statSync } from "node:fs";
import { request, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { fetchStatusText } from "../../src/cli/fetch-status.ts";
import { pagePolicy } from "../../src/status/html-page.ts";
import { serveStatus, type StatusServer, type StatusSource } from "../../src/status/status-server.ts";
import { RawConnection } from "../support/http-client.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { exampleSnapshot } from "./example-snapshot.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function started(source: Partial<StatusSource> = {}): Promise<{ server: StatusServer; port: number }> {
  const whole = { snapshot: () => Promise.resolve(exampleSnapshot), isAvailable: () => true, ...source };
  const server = await serveStatus(whole, { kind: "tcp", host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return { server, port: server.address.kind === "tcp" ? server.address.port : 0 };
}

function ask(options: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asked.on("error", reject).end();
  });
}

describe("the pages", () => {
  const browser = "text/html,application/xhtml+xml,*/*;q=0.8";
  it.each([
    ["/", "*/*", "text/plain; charset=utf-8", "app.ts: reloading"],
    ["/", browser, "text/html; charset=utf-8", "<!doctype html>"],
    ["/?x=1", browser, "text/html; charset=utf-8", "<!doctype html>"],
    ["/status.txt", browser, "text/plain; charset=utf-8", "app.ts: reloading"],
    ["/status.json", "*/*", "application/json", '"version": 1'],
    ["/metrics", "*/*", "text/plain; version=0.0.4; charset=utf-8", "tsgi_requests_total 37035"],
    [
      "/metrics",
      "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
      "# EOF",
    ],
    ["/ping", "*/*", "text/plain; charset=utf-8", "pong"],
  ])("%s for %s", async (path, accept, type, content) => {
    const { port } = await started();
    const { status, headers, text } = await ask({ port, path, headers: { accept } });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": type,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(text).toContain(content);
  });

  it("the HTML page goes out with its policy, the JSON is the snapshot", async () => {
    const { port } = await started();
    const html = await ask({ port, path: "/", headers: { accept: "text/html" } });
    expect(html.headers["content-security-policy"]).toBe(pagePolicy);
    const json = await ask({ port, path: "/status.json" });
    expect(JSON.parse(json.text)).toEqual(exampleSnapshot);
  });

  it("HEAD has no body, other methods and paths are refused", async () => {
    const { port } = await started();
    const head = await ask({ port, path: "/status.txt", method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(Number(head.headers["content-length"])).toBeGreaterThan(100);
    const post = await ask({ port, path: "/", method: "POST" });
    expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
    expect((await ask({ port, path: "/constructor" })).status).toBe(404);
  });

  it("ping is 503 where nobody accepts requests", async () => {
    const { port } = await started({ isAvailable: () => false });
    const { status, text } = await ask({ port, path: "/ping" });
    expect([status, text]).toEqual([503, "unavailable\n"]);
  });

  it("a snapshot that fails is a 500 that says why, and the next one is answered", async () => {
    let count = 0;
    const snapshot = (): Promise<typeof exampleSnapshot> =>
      count++ === 0 ? Promise.reject(new Error("no figures")) : Promise.resolve(exampleSnapshot);
    const { port } = await started({ snapshot });
    expect(await ask({ port, path: "/status.txt" })).toMatchObject({
      status: 500,
      text: "the status could not be made: no figures\n",
    });
    expect((await ask({ port, path: "/status.txt" })).status).toBe(200);
  });

  it("a client that never reads is cut off, not kept for ever", { timeout: 20_000 }, async () => {
    const source = { snapshot: () => Promise.resolve(exampleSnapshot), isAvailable: () => true };
    const server = await serveStatus(source, { kind: "tcp", host: "127.0.0.1", port: 0 }, 0o660, 200);
    onTestFinished(() => server.close());
    const client = connect(server.address.kind === "tcp" ? server.address.port : 0, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    client.on("error", () => {});
    const asked = "GET /status.json HTTP/1.1\r\nHost: a\r\n\r\n";
    // More answers than all buffers between the two hold.
    client.write(asked.repeat(5_000));
    const isCutOff = (): boolean => {
      // A socket that does not read learns of its end by writing.
      if (!client.destroyed) client.write(asked);
      return client.destroyed;
    };
    await expect.poll(isCutOff, { timeout: 15_000, interval: 50 }).toBe(true);
  });

  it("what is no HTTP is refused, and the server goes on", async () => {
    const { port } = await started();
    const connection = await RawConnection.open(port);
    await connection.write("\0\x01\x02 nothing\r\n\r\n");
    expect((await connection.readHead()).status).toBe(400);
    expect((await ask({ port, path: "/ping" })).status).toBe(200);
  });
});

describe("a UNIX socket", () => {
  it("has the mode of the others, and its path goes with the server", async () => {
    const path = join(temporaryDirectory(), "status");
    const source = { snapshot: () => Promise.resolve(exampleSnapshot), isAvailable: () => true };
    const server = await serveStatus(source, { kind: "unix", path });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await fetchStatusText({ kind: "unix", path })).toContain("app.ts: reloading");
    server.close();
    expect(existsSync(path)).toBe(false);
    await expect(fetchStatusText({ kind: "unix", path })).rejects.toMatchObject({
      code: "ERR_CONFIG_CONNECT",
      message: expect.stringContaining("nobody listens there") as string,
    });
  });
});
