/** What node:http would refuse without a word: answered, one line in the log, one in the access log. */
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AccessLogEntry, Application } from "../../src/bridge/index.ts";
import type { ServeOptions } from "../../src/server/index.ts";
import { RawConnection } from "../support/http-client.ts";
import { gate, hello, startServing, type Serving } from "../support/serving.ts";

interface HttpServing extends Serving {
  readonly port: number;
  readonly accessed: AccessLogEntry[];
}

async function serveHttp(
  application: Application = hello,
  options: Partial<ServeOptions> = {},
): Promise<HttpServing> {
  const accessed: AccessLogEntry[] = [];
  const accessLog = (entry: AccessLogEntry): void => void accessed.push(entry);
  const serving = await startServing(application, {
    fastcgi: [],
    http: "127.0.0.1:0",
    accessLog,
    ...options,
  });
  if (serving.address.kind !== "tcp") throw new Error("expected a TCP address");
  return { ...serving, port: serving.address.port, accessed };
}

/** All that comes until the server closes. */
async function answerTo(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(text);
  let answer = "";
  for await (const octets of socket) answer += String(octets);
  return answer;
}

describe("a request over HTTP is refused with one line in each log:", () => {
  it.each([
    [
      "no Host",
      "GET /x?secret HTTP/1.1\r\n\r\n",
      "400 Bad Request",
      {
        code: "ERR_REQUEST_PARAMS",
        message: "GET /x: got no Host header; HTTP/1.1 has one in every request",
      },
    ],
    [
      "an expectation that nobody knows",
      "POST /x HTTP/1.1\r\nHost: a\r\nExpect: the worst\r\nContent-Length: 3\r\n\r\n",
      "417 Expectation Failed",
      {
        code: "ERR_HTTP_REQUEST",
        message: 'POST /x: got Expect: "the worst"; expected 100-continue, or none',
      },
    ],
    [
      "CONNECT",
      "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n\x16\x03\x01",
      "501 Not Implemented",
      {
        code: "ERR_HTTP_REQUEST",
        message: "CONNECT a.example:443: got CONNECT, which asks for a tunnel; expected a request for a path",
      },
    ],
    [
      "more headers than maxParams",
      `GET /x HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(50)}\r\n`,
      "431 Request Header Fields Too Large",
      { code: "ERR_LIMIT_PARAMS", message: "GET /x: got more than 50 headers (maxParams)" },
    ],
  ])("%s", async (_, text, status, entry) => {
    const { port, log, accessed, server } = await serveHttp(hello, { maxParams: 50 });
    const answer = await answerTo(port, text);
    expect(answer.split("\r\n")[0]).toBe(`HTTP/1.1 ${status}`);
    expect(answer).toContain("\r\nConnection: close\r\n");
    expect(log).toEqual([{ level: "warning", ...entry }]);
    expect(accessed).toMatchObject([
      { status, aborted: false, environ: { REQUEST_METHOD: text.split(" ")[0], REMOTE_ADDR: "127.0.0.1" } },
    ]);
    expect(server.openRequests()).toEqual([]);
    await server.close();
  });

  it("octets inside a body that are no chunk, where the request's own end says nothing more", async () => {
    const reading = gate();
    const failed = gate();
    const { port, log } = await serveHttp(async (environ) => {
      reading.open();
      await environ["wsgi.input"].read().finally(() => failed.open());
      return [];
    });
    const client = await RawConnection.open(port);
    await client.write("POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    await reading.opened;
    await client.write("no chunk\r\n");
    await failed.opened;
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.map(({ code }) => code)).toEqual(["ERR_HTTP_REQUEST"]);
    expect(log[0]?.message).toMatch(/got what is no HTTP\/1\.1 request: .*; this ends POST \/up$/);
  });

  it("connections past maxConnections, many in one line", async () => {
    const { port, log, logged } = await serveHttp(hello, { maxConnections: 1 });
    const first = await RawConnection.open(port);
    await first.request("GET / HTTP/1.1");
    await first.readUntil("hello GET /");
    const tooMany = await Promise.all([1, 2, 3].map(() => RawConnection.open(port)));
    for (const each of tooMany) await expect(each.readUntil("\n")).rejects.toThrow();
    const { message } = await logged("ERR_LIMIT_CONNECTIONS");
    expect(message).toBe("http: 3 connection(s) closed unheard: maxConnections is 1 and all are in use");
    expect(log).toHaveLength(1);
    first.abort();
  });
});

describe("a request over HTTP is answered", () => {
  it.each([
    [
      "an upgrade, which is an ordinary request",
      "HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade",
    ],
    ["HTTP/1.0, which has no Host", "HTTP/1.0"],
    ["an absolute target", "HTTP/1.1\r\nHost: a"],
  ])("with nothing in the log: %s", async (_, head) => {
    const { port, log, accessed } = await serveHttp();
    const client = await RawConnection.open(port);
    await client.write(`GET /u ${head}\r\n\r\n`);
    expect(await client.readUntil("hello GET /u")).toMatch(/^HTTP\/1\.1 200 /);
    expect([log, accessed.length]).toEqual([[], 1]);
    client.abort();
  });
});
