/**
 * What web servers do besides plain requests: clients that leave, kept and shared connections, refused uploads in
 * between, HAProxy's GET_VALUES and ABORT_REQUEST. Each with the shipped example of its server.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import type { GatewayServer } from "../../src/server/index.ts";
import { ExampleStage } from "../support/example-stage.ts";
import { frontEnds } from "../support/front-ends.ts";
import { RawConnection } from "../support/http-client.ts";
import { describeWithServers } from "../support/nginx.ts";
import { gate } from "../support/serving.ts";

const text: Array<[string, string]> = [["Content-Type", "text/plain"]];
const block = Buffer.alloc(16_384, "tsgi 012");

/** Web servers that start their gateways themselves are left out: their applications are not in this process. */
const hosted = frontEnds.filter(({ root }) => root.address !== undefined && root.bridge === undefined);

/** Goes on until the signal fires. */
async function* endlessBody(signal: AbortSignal, atEnd: () => void): AsyncGenerator<Uint8Array> {
  while (!signal.aborted) {
    yield block;
    // Lets the socket's events in: a body that never waits would be all there is.
    await new Promise((resolve) => setImmediate(resolve));
  }
  atEnd();
}

describeWithServers("a client that goes away", () => {
  it.each(hosted)(
    "W18 S108 in the midst of an answer fires the signal: $name",
    async ({ server, protocol, root }) => {
      await using stage = new ExampleStage();
      const signalled = gate();
      const closed = gate<number>();
      const endless: Application = (environ, startResponse) => {
        environ["tsgi.signal"].addEventListener("abort", () => signalled.open());
        startResponse("200 OK", text.slice());
        let closes = 0;
        const body = endlessBody(environ["tsgi.signal"], () => {});
        return { [Symbol.asyncIterator]: () => body, close: () => closed.open((closes += 1)) };
      };
      await stage.host(endless, root.address ?? "", root.options, protocol);
      await stage.start(server, root.example);
      const connection = await RawConnection.open(stage.port);
      await connection.request("GET / HTTP/1.1");
      await connection.readUntil("tsgi 012");
      connection.abort();
      await signalled.opened;
      expect(await closed.opened).toBe(1);
    },
  );
});

describeWithServers("apache-examples/keepalive.conf", () => {
  const stage = new ExampleStage();
  beforeAll(async () => {
    const application: Application = (environ, startResponse) => {
      const refused = environ.REQUEST_METHOD === "POST";
      startResponse(refused ? "413 Content Too Large" : "200 OK", text.slice());
      return [Buffer.from(refused ? "too large for me" : environ.QUERY_STRING)];
    };
    await stage.host(application, "127.0.0.1:9000", { scriptName: "" });
    await stage.start("apache", "keepalive.conf");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("W4 W14 answers each request rightly when refused uploads come in between", async () => {
    for (let n = 0; n < 20; n += 1) {
      const upload = await RawConnection.open(stage.port);
      await upload.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n`);
      await upload.write(Buffer.alloc(2_000_000));
      const head = await upload.readHead();
      expect(head.status).toBe(413);
      expect(await upload.readBody(head)).toBe("too large for me");
      upload.abort();
      const answer = await fetch(`${stage.origin}/?n=${n}`);
      expect([answer.status, await answer.text()]).toEqual([200, `n=${n}`]);
    }
    expect(stage.log).toEqual([]);
  });
});

describeWithServers("haproxy-examples/multiplexing.cfg", () => {
  const stage = new ExampleStage();
  const together = 20;
  let gateway: GatewayServer;
  const waiting: Array<() => void> = [];
  let most = 0;
  const aborted = gate();

  beforeAll(async () => {
    const application: Application = async (environ, startResponse) => {
      if (environ.PATH_INFO === "/together") {
        // Nobody is answered before all have come.
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length < together) return;
          most = gateway.connections;
          for (const wake of waiting.splice(0)) wake();
        });
      }
      if (environ.PATH_INFO === "/endless") {
        // HAProxy learns that a client has gone when it writes to it.
        startResponse("200 OK", text.slice());
        return endlessBody(environ["tsgi.signal"], () => aborted.open());
      }
      startResponse("200 OK", text.slice());
      return [Buffer.from(environ.QUERY_STRING)];
    };
    gateway = await stage.host(application, "127.0.0.1:9000", {
      scriptName: "",
      maxRequestsPerConnection: 100,
    });
    await stage.start("haproxy", "multiplexing.cfg");
    // The first answer to GET_VALUES: until it has come HAProxy opens a connection for each request.
    expect(await (await fetch(`${stage.origin}/?warm`)).text()).toBe("warm");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("W16 P12 requests that come together share connections, and each has its own answer", async () => {
    const asked = Array.from({ length: together }, (_, n) => `n=${n}`);
    const answers = await Promise.all(
      asked.map(async (query) => (await fetch(`${stage.origin}/together?${query}`)).text()),
    );
    expect(answers).toEqual(asked);
    expect(most).toBeLessThan(together);
  });

  it("W16 a client that goes away aborts its own request on a shared connection, and no other", async () => {
    const leaving = await RawConnection.open(stage.port);
    await leaving.request("GET /endless HTTP/1.1");
    await leaving.readUntil("tsgi 012");
    leaving.abort();
    await aborted.opened;
    expect(await (await fetch(`${stage.origin}/?after`)).text()).toBe("after");
  });

  it("W16 OPTIONS *, a BEGIN_REQUEST with an ABORT_REQUEST after it, leaves the gateway well", async () => {
    const connection = await RawConnection.open(stage.port);
    await connection.request("OPTIONS * HTTP/1.1");
    expect((await connection.readHead()).status).toBe(500);
    connection.abort();
    expect(await (await fetch(`${stage.origin}/?after`)).text()).toBe("after");
    expect(stage.log.map(({ level, code }) => [level, code])).toContainEqual(["info", "ERR_REQUEST_ABORTED"]);
    expect(stage.log.filter(({ level }) => level !== "info")).toEqual([]);
  });
});
