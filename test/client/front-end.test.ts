import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createFrontEnd, FrontEnd, type FrontEndOptions } from "../../src/client/index.ts";
import { RawConnection } from "../support/http-client.ts";
import { coded, deferred, open } from "./harness.ts";
import { ScriptedApplication, type Script } from "./scripted-application.ts";

interface Site {
  readonly application: ScriptedApplication;
  readonly frontEnd: FrontEnd;
  readonly port: number;
  readonly failures: unknown[];
}

async function startSite(
  script: Script,
  options: Partial<FrontEndOptions> & { readonly limits?: object } = {},
): Promise<Site> {
  const application = await ScriptedApplication.start(script);
  const failures: unknown[] = [];
  const frontEnd = createFrontEnd({
    gateway: { protocol: "fastcgi", address: application.address, ...options.limits },
    onFailure: (error) => failures.push(error),
    ...options,
  });
  const bound = await frontEnd.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
  open.push(application, { [Symbol.asyncDispose]: () => frontEnd.close({ graceMs: 0 }) });
  return { application, frontEnd, failures, port: bound.kind === "tcp" ? bound.port : 0 };
}

describe("requests", () => {
  test("answers over one kept connection with status, reason and every header", async () => {
    const { application, port } = await startSite((request) =>
      request.answer(
        `Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\nStatus: 299 Made Up\r\n\r\n${request.params.get("PATH_INFO")}`,
      ),
    );
    const client = await RawConnection.open(port);
    for (const path of ["/one", "/two"]) {
      await client.request(`GET ${path}x HTTP/1.1`);
      const raw = await client.readUntil("\r\n\r\n");
      expect(raw).toMatch(
        /^HTTP\/1\.1 299 Made Up\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\nDate: /,
      );
      expect(await client.readOctets(5)).toBe(`${path}x`);
    }
    client.abort();
    expect(application.connections).toHaveLength(1);
  });

  test("passes the octets of a file's name on as they are, wherever Content-Disposition stands", async () => {
    const { port } = await startSite((request) =>
      request.answer(
        'Content-Length: 2\r\nContent-Disposition: attachment; filename="\u00c3\u00a5"\r\n\r\nok',
      ),
    );
    const client = await RawConnection.open(port);
    await client.request("GET / HTTP/1.1");
    expect(await client.readUntil("\r\n\r\n")).toContain('filename="\u00c3\u00a5"');
    client.abort();
  });

  test("sends a body of known length with CONTENT_LENGTH, a chunked one without", async () => {
    const { port } = await startSite(async (request) => {
      const { text } = await request.readAll();
      await request.answer(`A: b\n\n${request.params.get("CONTENT_LENGTH")} ${text}`);
    });
    const client = await RawConnection.open(port);
    await client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    expect(await client.readBody(await client.readHead())).toBe("5 hello");
    await client.write(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    );
    expect(await client.readBody(await client.readHead())).toBe("undefined hello");
    client.abort();
  });

  test("streams an upload and its answer at the same time", async () => {
    const { port } = await startSite(async (request) => {
      await request.write("Content-Type: text/plain\n\n");
      for (let chunk = await request.read(); chunk; chunk = await request.read()) await request.write(chunk);
      await request.end();
    });
    const client = await RawConnection.open(port);
    await client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n");
    expect((await client.readHead()).status).toBe(200);
    for (const part of ["one", "two"]) {
      await client.write(part);
      expect(await client.readUntil(part)).toContain(part);
    }
    await client.readUntil("0\r\n\r\n");
    client.abort();
  });

  test("asks for a body that waits to be asked for only when the application can be reached", async () => {
    const { application, port } = await startSite(async (request) => {
      const { text } = await request.readAll();
      await request.answer(`A: b\n\n${text}`);
    });
    const head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    const client = await RawConnection.open(port);
    await client.write(head);
    expect(await client.readUntil("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    await client.write("hi");
    expect(await client.readBody(await client.readHead())).toBe("hi");
    client.abort();
    open.splice(open.indexOf(application), 1);
    await application[Symbol.asyncDispose]();
    const refused = await RawConnection.open(port);
    await refused.write(head);
    expect((await refused.readHead()).status).toBe(502);
    refused.abort();
  });

  test("P10 passes an early answer to a large upload on, and serves the next request after it", async () => {
    const { port } = await startSite(async (request) => {
      if (request.params.get("REQUEST_METHOD") === "GET") return request.answer("A: b\n\nnext");
      await request.read();
      return request.answer("Status: 413 Too Large\nContent-Length: 2\n\nno");
    });
    const client = await RawConnection.open(port);
    const total = 8 << 20;
    await client.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${total}\r\n\r\n`);
    await client.write(new Uint8Array(total / 2));
    const head = await client.readHead();
    expect(head.status).toBe(413);
    expect(await client.readBody(head)).toBe("no");
    await client.write(new Uint8Array(total / 2));
    await client.request("GET / HTTP/1.1");
    expect(await client.readBody(await client.readHead())).toBe("next");
    client.abort();
  });

  test.each([
    ["GET /%00 HTTP/1.1", 400],
    ["GET /%zz HTTP/1.1", 400],
    ["OPTIONS * HTTP/1.1", 400],
    ["GET /elsewhere HTTP/1.1", 404],
  ])("answers %s by itself", async (line, status) => {
    const { application, port } = await startSite(() => {}, { scriptName: "/app" });
    const client = await RawConnection.open(port);
    await client.request(line);
    expect((await client.readHead()).status).toBe(status);
    client.abort();
    expect(application.requests).toBe(0);
  });

  test("tells the application when the client has gone", async () => {
    const arrived = deferred();
    const { application, port, failures } = await startSite(() => arrived.resolve());
    const client = await RawConnection.open(port);
    await client.request("GET / HTTP/1.1");
    await arrived.promise;
    client.abort();
    await application.connections[0]?.closed;
    expect(failures).toStrictEqual([]);
  });

  test("hears FCGI_STDERR", async () => {
    let errors = "";
    const { port } = await startSite(
      async (request) => {
        await request.errors("oh\n");
        await request.answer("A: b\n\n");
      },
      { onErrors: (octets) => (errors += Buffer.from(octets).toString()) },
    );
    const client = await RawConnection.open(port);
    await client.request("GET / HTTP/1.1");
    await client.readBody(await client.readHead());
    client.abort();
    expect(errors).toBe("oh\n");
  });
});

describe("answers", () => {
  test("W7 sends no body with HEAD, 204 and 304, whatever the application sends", async () => {
    const { application, port } = await startSite((request) =>
      request.answer(`Content-Length: 4\nStatus: ${request.params.get("QUERY_STRING")} X\n\nbody`),
    );
    const client = await RawConnection.open(port);
    for (const [method, status, length] of [
      ["HEAD", 200, "4"],
      ["GET", 304, "4"],
      ["GET", 204, undefined],
      ["HEAD", 404, "4"],
    ] as const) {
      await client.request(`${method} /?${status} HTTP/1.1`);
      const head = await client.readHead();
      expect([head.status, head.headers["content-length"]]).toStrictEqual([status, length]);
    }
    // The next head would not be one, had a body come before it.
    await client.request("GET /?200 HTTP/1.1");
    expect(await client.readBody(await client.readHead())).toBe("body");
    client.abort();
    expect(application.connections).toHaveLength(1);
  });

  test("holds back headers of the connection", async () => {
    const { port } = await startSite((request) =>
      request.answer(
        "Transfer-Encoding: gzip\nConnection: close\nKeep-Alive: 9\nUpgrade: x\nContent-Length: 1\n\n.",
      ),
    );
    const client = await RawConnection.open(port);
    for (let count = 0; count < 2; count++) {
      await client.request("GET / HTTP/1.1");
      const head = await client.readHead();
      expect(head.headers).toMatchObject({ connection: "keep-alive", "content-length": "1" });
      expect(head.headers).not.toHaveProperty("transfer-encoding");
      expect(head.headers).not.toHaveProperty("upgrade");
      expect(await client.readBody(head)).toBe(".");
    }
    client.abort();
  });

  test.each([
    ["no length", "A: b\n\npart", "ERR_FCGI_TRUNCATED", false],
    ["a length that is not reached", "Content-Length: 10\n\npart", "ERR_FCGI_TRUNCATED", true],
    ["a length that is passed", "Content-Length: 2\n\npart", "ERR_FCGI_TRUNCATED", true],
  ])("W9 makes a cut answer visible: %s", async (_, output, code, complete) => {
    const { port, failures } = await startSite(async (request) => {
      await request.write(output);
      if (complete) await request.end();
      else request.connection.socket.end();
    });
    const client = await RawConnection.open(port);
    await client.request("GET / HTTP/1.1");
    const whole = await client.readToEnd();
    expect(whole.startsWith("HTTP/1.1 200 OK\r\n")).toBe(true);
    expect(whole).not.toContain("0\r\n\r\n");
    expect(failures).toStrictEqual([coded(code)]);
  });

  test("W9 resets an HTTP/1.0 client whose answer is cut, since nothing else would show it", async () => {
    const { port } = await startSite(async (request) => {
      await request.write("A: b\n\npart");
      request.connection.socket.end();
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET / HTTP/1.0\r\n\r\n");
    const [error] = (await once(client.resume(), "error").catch((reason: unknown) => [reason])) as [unknown];
    expect(error).toMatchObject({ code: "ECONNRESET" });
  });

  test.each([
    ["is no head", "nonsense\n\n", 502, "ERR_CGI_HEAD"],
    ["is empty", "", 502, "ERR_CGI_HEAD"],
    ["is an interim one", "Status: 103 X\n\n", 502, "ERR_CGI_HEAD"],
    ["has two lengths", "Content-Length: 1\nContent-Length: 2\n\n.", 502, "ERR_CGI_HEAD"],
    ["has a length that is none", "Content-Length: +1\n\n.", 502, "ERR_CGI_HEAD"],
    ["has a head without bounds", `A: ${"b".repeat(70_000)}\n\n`, 502, "ERR_LIMIT_HEAD"],
  ])("answers by itself when what comes %s", async (_, output, status, code) => {
    const { port, failures } = await startSite((request) => request.answer(output));
    const client = await RawConnection.open(port);
    await client.request("GET / HTTP/1.1");
    const head = await client.readHead();
    expect(head.status).toBe(status);
    expect(await client.readBody(head)).toBe(`${status} Bad Gateway\n`);
    client.abort();
    expect(failures).toStrictEqual([coded(code)]);
  });

  test("answers 504 when the application is silent and 503 when too many wait", async () => {
    const site = { limits: { readTimeoutMs: 20, maxConnections: 1, maxQueuedRequests: 0 } };
    const arrived = deferred();
    const { port } = await startSite(() => arrived.resolve(), site);
    const silent = await RawConnection.open(port);
    const refused = await RawConnection.open(port);
    await silent.request("GET / HTTP/1.1");
    await arrived.promise;
    await refused.request("GET / HTTP/1.1");
    expect((await refused.readHead()).status).toBe(503);
    expect((await silent.readHead()).status).toBe(504);
    silent.abort();
    refused.abort();
  });

  test("P9 stops the application when the client does not read", async () => {
    const total = 64 << 20;
    let sent = 0;
    const { port } = await startSite(async (request) => {
      if (request.params.get("PATH_INFO") === "/small") return request.answer("Content-Length: 1\n\n.");
      await request.write("A: b\n\n");
      const chunk = new Uint8Array(65_536);
      for (; sent < total && !request.connection.socket.destroyed; sent += chunk.length)
        await request.write(chunk);
      return undefined;
    });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const other = await RawConnection.open(port);
    for (let count = 0; count < 100; count++) {
      await other.request("GET /small HTTP/1.1");
      expect(await other.readBody(await other.readHead())).toBe(".");
    }
    expect(sent).toBeLessThan(total / 2);
    other.abort();
    await response.body?.cancel();
  });
});

describe("listening and closing", () => {
  test("close lets a request end and takes no other", async () => {
    const arrived = deferred();
    const released = deferred();
    const { frontEnd, port } = await startSite(async (request) => {
      arrived.resolve();
      await released.promise;
      await request.answer("Content-Length: 4\n\nlast");
    });
    const client = await RawConnection.open(port);
    await client.request("GET / HTTP/1.1");
    await arrived.promise;
    const closed = frontEnd.close();
    await expect(RawConnection.open(port)).rejects.toThrow(/ECONNREFUSED/);
    released.resolve();
    expect(await client.readBody(await client.readHead())).toBe("last");
    expect(await client.readToEnd()).toBe("");
    await closed;
  });

  test("answers the requests of a server that it did not open", async () => {
    const { application, frontEnd } = await startSite(async (request) => {
      const { text } = await request.readAll();
      await request.answer(`A: b\n\n${request.params.get("PATH_INFO")} ${text}`);
    });
    const server = createServer((request, response) => void frontEnd.handle(request, response));
    server.on("checkContinue", (request, response) => void frontEnd.handle(request, response, true));
    open.push({ [Symbol.asyncDispose]: async () => void server.close() });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const client = await RawConnection.open((server.address() as AddressInfo).port);
    await client.request("GET /own HTTP/1.1");
    expect(await client.readBody(await client.readHead())).toBe("/own ");
    await client.request("POST /asked HTTP/1.1", "Content-Length: 4", "Expect: 100-continue");
    expect(await client.readUntil("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    await client.write("body");
    expect(await client.readBody(await client.readHead())).toBe("/asked body");
    client.abort();
    expect(application.connections).toHaveLength(1);
  });

  test("says why it cannot listen", async () => {
    const { port } = await startSite(() => {});
    const gateway = { protocol: "fastcgi", address: { kind: "unix", path: "/nowhere" } } as const;
    const second = createFrontEnd({ gateway });
    await expect(second.listen({ kind: "tcp", host: "127.0.0.1", port })).rejects.toThrow(
      coded("ERR_CONFIG_LISTEN", /^cannot listen on 127\.0\.0\.1:\d+: another program listens there/),
    );
    await expect(second.listen({ kind: "systemd", name: "web" })).rejects.toThrow(
      coded("ERR_CONFIG_ADDRESS"),
    );
    expect(() => createFrontEnd({ gateway, scriptName: "app" })).toThrow(coded("ERR_CONFIG_OPTION"));
    expect(() => createFrontEnd({ gateway, scriptName: "/app/" })).toThrow(coded("ERR_CONFIG_OPTION"));
  });
});
