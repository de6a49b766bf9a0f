/** serve({ http }): the same environ and the same conduct over HTTP. */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Application, Environ, HeaderList } from "../../src/bridge/index.ts";
import { gate, hello, startServing, temporaryDirectory, type Serving } from "../support/serving.ts";
import type { ServeOptions } from "../../src/server/index.ts";

interface HttpServing extends Serving {
  readonly port: number;
  readonly origin: string;
}

async function serveHttp(
  application: Application,
  options: Partial<ServeOptions> = {},
): Promise<HttpServing> {
  const serving = await startServing(application, { fastcgi: [], http: "127.0.0.1:0", ...options });
  const { address } = serving;
  if (address.kind !== "tcp") throw new Error("expected a TCP address");
  return { ...serving, port: address.port, origin: `http://127.0.0.1:${address.port}` };
}

/** A connection that speaks for itself: writes `text`, gives all that comes until the server closes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = rawSocket(port);
  socket.write(text);
  let answer = "";
  for await (const octets of socket) answer += String(octets);
  return answer;
}

function rawSocket(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

const echo: Application = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [body];
};

describe("serve({ http }) gives the application", () => {
  it("the environ that a web server would", async () => {
    let seen: Environ | undefined;
    const { port, origin } = await serveHttp((environ, startResponse) => {
      seen = environ;
      return hello(environ, startResponse);
    });
    await fetch(`${origin}/caf%C3%A9/a%20b?x=1&y=%20`, { headers: { "X-Test": "1", Proxy: "evil" } });
    expect(seen).toMatchObject({
      GATEWAY_INTERFACE: "CGI/1.1",
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      PATH_INFO: "/caf\u00c3\u00a9/a b",
      QUERY_STRING: "x=1&y=%20",
      REQUEST_URI: "/caf%C3%A9/a%20b?x=1&y=%20",
      SERVER_NAME: "127.0.0.1",
      SERVER_PORT: String(port),
      SERVER_PROTOCOL: "HTTP/1.1",
      REMOTE_ADDR: "127.0.0.1",
      HTTP_X_TEST: "1",
      "wsgi.url_scheme": "http",
      "wsgi.multithread": true,
      "wsgi.multiprocess": false,
      "wsgi.run_once": false,
      "tsgi.protocol": "http",
      "tsgi.role": "responder",
    });
    expect(seen).not.toHaveProperty("HTTP_PROXY");
  });

  it("the path split at scriptName", async () => {
    const { origin } = await serveHttp(
      (environ, startResponse) => {
        startResponse("200 OK", []);
        return [Buffer.from(`${environ.SCRIPT_NAME}|${environ.PATH_INFO}`)];
      },
      { scriptName: "/app" },
    );
    expect(await (await fetch(`${origin}/app/p`)).text()).toBe("/app|/p");
  });

  it("bodies with and without a length, and none", async () => {
    const { origin } = await serveHttp(echo);
    const large = "x".repeat(1_000_000);
    expect(await (await fetch(origin, { method: "POST", body: large })).text()).toBe(large);
    const stream = new Blob([large]).stream();
    const init: RequestInit & { duplex: string } = { method: "POST", body: stream, duplex: "half" };
    expect(await (await fetch(origin, init)).text()).toBe(large);
    expect(await (await fetch(origin)).text()).toBe("");
  });

  it("H1 a wsgi.input that asks for the body only when it is read (Expect: 100-continue)", async () => {
    const { port } = await serveHttp(echo);
    const asked = httpRequest({
      port,
      method: "POST",
      headers: { Expect: "100-continue", "Content-Length": "5" },
    });
    asked.flushHeaders();
    await once(asked, "continue");
    asked.end("hello");
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    expect((await answer.toArray()).join("")).toBe("hello");

    const { port: deaf } = await serveHttp(hello);
    const answered = await raw(
      deaf,
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    );
    expect(answered).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe("serve({ http }) answers", () => {
  it("piece by piece, each before the next is asked for (S9)", async () => {
    const next = gate();
    const { origin } = await serveHttp((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* () {
        yield Buffer.from("one");
        await next.opened;
        yield Buffer.from("two");
      })();
    });
    const answer = await fetch(origin);
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("one");
    next.open();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("two");
  });

  it.each(["204 No Content", "304 Not Modified"])("W7 %s without a body", async (status) => {
    const { port } = await serveHttp((_environ, startResponse) => {
      startResponse(status, []);
      return [Buffer.from("forbidden")];
    });
    const answer = await raw(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(answer.startsWith(`HTTP/1.1 ${status}\r\n`)).toBe(true);
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });

  it("with the octets of a file's name as they are, wherever Content-Disposition stands", async () => {
    const disposition = `attachment; filename="${Buffer.from("\u00e5.txt").toString("latin1")}"`;
    const { port } = await serveHttp((_environ, startResponse) => {
      const headers: HeaderList = [
        ["Content-Length", "2"],
        ["Content-Disposition", disposition],
      ];
      startResponse("200 OK", headers);
      return [Buffer.from("ok")];
    });
    const answer = await raw(port, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    expect(answer).toContain('filename="\u00e5.txt"');
  });

  it("W7 HEAD with the head of GET", async () => {
    const { port } = await serveHttp(hello);
    const answer = await raw(port, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(answer).toContain("Content-Length: 12\r\n");
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });

  it("500 where the application fails, and goes on", async () => {
    const { origin, logged } = await serveHttp((environ, startResponse) => {
      if (environ.PATH_INFO === "/fail") throw new Error("boom");
      return hello(environ, startResponse);
    });
    expect((await fetch(`${origin}/fail`)).status).toBe(500);
    expect((await fetch(origin)).status).toBe(200);
    expect(logged).toBeDefined();
  });

  it("400 to a target that is no path: ERR_REQUEST_URI", async () => {
    const { port, logged } = await serveHttp(hello);
    const answer = await raw(port, "GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    await logged("ERR_REQUEST_URI");
  });

  it("so that a cut is seen", async () => {
    const { port } = await serveHttp((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* () {
        yield Buffer.from("begun");
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("boom");
      })();
    });
    const answer = await raw(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(answer).toContain("begun");
    expect(answer).not.toContain("0\r\n\r\n");
  });

  it("and keeps the connection after an upload that nobody read", async () => {
    const { port } = await serveHttp(hello);
    const socket = rawSocket(port);
    const body = "x".repeat(500_000);
    socket.write(`POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    socket.write("GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = "";
    for await (const octets of socket) answer += String(octets);
    expect(answer).toContain("hello POST /1");
    expect(answer).toContain("hello GET /2");
  });
});

describe("serve({ http }) ends", () => {
  it("a request whose client has gone: ERR_REQUEST_ABORTED", async () => {
    const began = gate();
    const aborted = gate<unknown>();
    const { port } = await serveHttp(async (environ) => {
      const signal = environ["tsgi.signal"];
      signal.addEventListener("abort", () => aborted.open(signal.reason));
      began.open();
      await aborted.opened;
      return [];
    });
    const socket = rawSocket(port);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await began.opened;
    socket.destroy();
    expect(await aborted.opened).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
  });

  it("a body that stays silent", async () => {
    const { port } = await serveHttp(
      async (environ, startResponse) => {
        const error: unknown = await environ["wsgi.input"].read().catch((reason: unknown) => reason);
        failed.open(error);
        startResponse("200 OK", []);
        return [];
      },
      { bodyTimeoutMs: 20 },
    );
    const failed = gate<unknown>();
    const socket = rawSocket(port);
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
    expect(await failed.opened).toMatchObject({ message: expect.stringContaining("silent") as string });
  });

  it("gracefully: requests that have begun finish, kept connections close", async () => {
    const began = gate();
    const finish = gate();
    const { server, origin, port } = await serveHttp(async (environ, startResponse) => {
      began.open();
      await finish.opened;
      return hello(environ, startResponse);
    });
    const kept = rawSocket(port);
    await once(kept, "connect");
    const answer = fetch(origin);
    await began.opened;
    const closed = server.close();
    finish.open();
    expect(await (await answer).text()).toBe("hello GET /");
    kept.end();
    await closed;
    expect(server.connections).toBe(0);
  });

  it("once the close() of every body has settled, as over FastCGI", async () => {
    const closing = gate();
    const settle = gate();
    const { server, origin } = await serveHttp((_environ, startResponse) => {
      startResponse("200 OK", []);
      return Object.assign([Buffer.from("x")], {
        close: async () => {
          closing.open();
          await settle.opened;
        },
      });
    });
    expect(await (await fetch(origin)).text()).toBe("x");
    await closing.opened;
    let isClosed = false;
    const closed = server.close().then(() => (isClosed = true));
    // The kept connection of fetch is closed long before.
    await expect.poll(() => server.connections).toBe(0);
    expect(isClosed).toBe(false);
    settle.open();
    await closed;
  });

  it("after graceMs what goes on too long", async () => {
    const began = gate();
    const { server, origin } = await serveHttp(() => {
      began.open();
      return new Promise(() => {});
    });
    const answer = fetch(origin).catch((error: unknown) => error);
    await began.opened;
    await server.close({ graceMs: 0 });
    expect(await answer).toBeInstanceOf(Error);
  });

  it("beside FastCGI, on UNIX sockets too", async () => {
    const path = join(temporaryDirectory(), "h");
    const { server } = await startServing(hello, { http: [`unix:${path}`, ":0"] });
    expect(server.addresses.map(({ protocol }) => protocol)).toEqual(["fastcgi", "http", "http"]);
    const asked = httpRequest({ socketPath: path, path: "/u" }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    expect((await answer.toArray()).join("")).toBe("hello GET /u");
  });
});

describe("serve({ http }) logs in one line", () => {
  it.each([
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ["a line that ends in LF", "GET / HTTP/1.1\nHost: a\n\n"],
    ["octets of no protocol", "\0\0\0\0"],
    ["TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"],
  ])("what it refuses: %s", async (_, text) => {
    const { port, log } = await serveHttp(hello);
    expect(await raw(port, text)).toMatch(/^HTTP\/1\.1 400 /);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({ level: "error", code: "ERR_HTTP_REQUEST" });
    expect(log[0]?.message).toMatch(/^http 127\.0\.0\.1:\d+: got what is no HTTP\/1\.1 request: \w+/);
    expect(log[0]?.message.includes("TLS client")).toBe(text.startsWith("\x16"));
  });

  it("a head that is too large, and one that does not end", async () => {
    const { port, log } = await serveHttp(hello, { paramsTimeoutMs: 50 });
    expect(await raw(port, `GET /${"a".repeat(20_000)} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(port, "GET / HTTP/1.1\r\nHost: a\r\n")).toMatch(/^HTTP\/1\.1 408 /);
    expect(log.map(({ code }) => code)).toEqual(["ERR_LIMIT_PARAMS", "ERR_LIMIT_TIME"]);
  });

  it("a request that cannot have an environ, by its method and path", async () => {
    const { port, log } = await serveHttp(hello);
    const answer = await raw(
      port,
      "GET /x?secret HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(log.map(({ message }) => message)).toEqual(["GET /x: two host headers came; expected one"]);
  });
});
