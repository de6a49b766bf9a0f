/** The client and the front end over SCGI, against the server of this project. */
import { createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { createFrontEnd, GatewayClient } from "../../src/client/index.ts";
import type { Application } from "../../src/bridge/index.ts";
import { RawConnection } from "../support/http-client.ts";
import { startScgi } from "../support/scgi-peer.ts";
import { gate } from "../support/serving.ts";
import { coded, open, textOf } from "./harness.ts";

const post = [["REQUEST_METHOD", "POST"]] as const;
const get = [["REQUEST_METHOD", "GET"]] as const;

/** Says how long the body is, and what it is where it is short. */
const echo: Application = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", []);
  return [
    Buffer.from(`${environ.CONTENT_LENGTH} ${body.length} ${Buffer.from(body.subarray(0, 20)).toString()}`),
  ];
};

async function start(
  application: Application,
  scgi?: string,
  limits: { maxUnsizedBodyOctets?: number } = {},
): Promise<GatewayClient> {
  const { address } = await startScgi(application, scgi === undefined ? {} : { scgi });
  const client = new GatewayClient({ protocol: "scgi", address, ...limits });
  open.push({ [Symbol.asyncDispose]: () => client.destroy() });
  return client;
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** An application that answers each connection with these octets, then ends it. */
async function answering(octets: string): Promise<GatewayClient> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.end(octets));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  const address = { kind: "tcp", host: "127.0.0.1", port: bound.port } as const;
  const client = new GatewayClient({ protocol: "scgi", address });
  open.push({
    [Symbol.asyncDispose]: async () => {
      await client.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return client;
}

describe("a request over SCGI", () => {
  test("is answered, on a connection of its own each time", async () => {
    const client = await start(echo);
    for (let n = 0; n < 3; n++) {
      const answer = await client.request({ params: get });
      expect(answer.status).toBe(200);
      expect(await textOf(answer)).toBe("0 0 ");
      expect([answer.appStatus, answer.protocolStatus]).toEqual([0, 0]);
    }
  });

  test.each([
    ["octets, which are counted", Buffer.from("hello"), post],
    ["an iterable whose length is given", pieces("he", "llo"), [...post, ["CONTENT_LENGTH", "5"]] as const],
    ["an iterable of unknown length, which is gathered", pieces("he", "", "llo"), post],
    ["an iterable with an empty length", pieces("he", "llo"), [...post, ["CONTENT_LENGTH", ""]] as const],
  ])("has a body of %s", async (_, body, params) => {
    const client = await start(echo);
    expect(await textOf(await client.request({ params, body }))).toBe("5 5 hello");
  });

  test("with a body of unknown length above maxUnsizedBodyOctets is refused", async () => {
    const client = await start(echo, undefined, { maxUnsizedBodyOctets: 4 });
    await expect(client.request({ params: post, body: pieces("he", "llo") })).rejects.toThrow(
      coded("ERR_LIMIT_BODY", /5 octets or more .* at most 4/),
    );
  });

  test.each([
    ["more", pieces("hello", "!")],
    ["less", pieces("hell")],
  ])("whose body has %s than its CONTENT_LENGTH fails", async (_, body) => {
    const client = await start(echo);
    const params = [...post, ["CONTENT_LENGTH", "5"]] as const;
    await expect(client.request({ params, body })).rejects.toThrow(coded("ERR_LOCAL_STATE"));
  });

  test("for another role fails: SCGI has responders only", async () => {
    const client = await start(echo);
    await expect(client.request({ params: get, role: "authorizer" })).rejects.toThrow(
      coded("ERR_LOCAL_STATE"),
    );
  });

  test("with a body that is none fails", async () => {
    const client = await start(echo);
    const body = "text" as unknown as Uint8Array;
    await expect(client.request({ params: post, body })).rejects.toThrow(coded("ERR_LOCAL_VALUE"));
  });

  test("can be given up, and the application hears of it", async () => {
    const gone = gate();
    const started = gate();
    const client = await start(async (environ) => {
      environ["tsgi.signal"].addEventListener("abort", () => gone.open());
      started.open();
      return new Promise<never>(() => {});
    });
    const stop = new AbortController();
    const answer = client.request({ params: get, signal: stop.signal });
    await started.opened;
    stop.abort();
    await expect(answer).rejects.toThrow(coded("ERR_REQUEST_ABORTED"));
    await gone.opened;
  });
});

describe("an SCGI answer that is not whole", () => {
  test("is seen where it ends before its Content-Length", async () => {
    const client = await answering("Content-Length: 9\r\n\r\nhalf");
    await expect(textOf(await client.request({ params: get }))).rejects.toThrow(
      coded("ERR_SCGI_TRUNCATED", /5 octets before the Content-Length/),
    );
  });

  test("is seen where the connection is reset, as this project's server does on TCP", async () => {
    const client = await start((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (function* (): Generator<Uint8Array> {
        yield Buffer.from("half");
        throw new Error("broken");
      })();
    }, "127.0.0.1:0");
    await expect(textOf(await client.request({ params: get }))).rejects.toThrow(coded("ERR_SCGI_TRUNCATED"));
  });

  test("is seen where there is no head", async () => {
    const client = await answering("Status: 200 OK\r\n");
    await expect(client.request({ params: get })).rejects.toThrow(coded("ERR_CGI_HEAD"));
  });

  test.each([
    ["HEAD", "200 OK"],
    ["GET", "304 Not Modified"],
  ])("is none where a Content-Length has no body to follow: %s, %s", async (method, status) => {
    const client = await answering(`Content-Length: 9\r\nStatus: ${status}\r\n\r\n`);
    expect(await textOf(await client.request({ params: [["REQUEST_METHOD", method]] }))).toBe("");
  });
});

describe("the front end over SCGI", () => {
  async function startSite(): Promise<RawConnection> {
    const { address } = await startScgi(echo);
    const frontEnd = createFrontEnd({ gateway: { protocol: "scgi", address, maxUnsizedBodyOctets: 100 } });
    open.push({ [Symbol.asyncDispose]: () => frontEnd.close({ graceMs: 0 }) });
    const bound = await frontEnd.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
    return RawConnection.open(bound.kind === "tcp" ? bound.port : 0);
  }

  test("sends requests with and without a body, and chunked ones with the length it has counted", async () => {
    const client = await startSite();
    await client.request("GET / HTTP/1.1");
    expect(await client.readBody(await client.readHead())).toBe("0 0 ");
    await client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    expect(await client.readBody(await client.readHead())).toBe("5 5 hello");
    await client.write(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    expect(await client.readBody(await client.readHead())).toBe("5 5 hello");
    client.abort();
  });

  test("answers 411 to a chunked body that is too long to be gathered", async () => {
    const client = await startSite();
    await client.write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    await client.write(`c8\r\n${"x".repeat(200)}\r\n0\r\n\r\n`);
    expect((await client.readHead()).status).toBe(411);
    client.abort();
  });
});
