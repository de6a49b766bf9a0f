/** `requestTimeoutMs`: an application that never answers, behind every protocol. */
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { formatAddress } from "../../src/protocols/address.ts";
import { paramsWith } from "../support/fastcgi-peer.ts";
import { RawConnection } from "../support/http-client.ts";
import { gate, hello, startServing } from "../support/serving.ts";

const never = new Promise<never>(() => {});

/** Waits for ever at /hang, before or after its head; says hello elsewhere. */
const hanging: Application = async (environ, startResponse) => {
  if (environ.PATH_INFO === "/hang") await never;
  if (environ.PATH_INFO === "/late") {
    startResponse("200 OK", [["Content-Length", "100"]]);
    return late();
  }
  return hello(environ, startResponse);
};

async function* late(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("begun");
  await never;
}

describe("ERR_LIMIT_REQUEST_TIME", () => {
  it("answers 504, fires the signal, logs the request, and keeps the connection", async () => {
    const aborted = gate();
    const application: Application = (environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => aborted.open());
      return hanging(environ, startResponse);
    };
    const { connect: open, log, logged } = await startServing(application, { requestTimeoutMs: 100 });
    const peer = await open();
    peer.request(1, paramsWith({ PATH_INFO: "/hang" }));
    const answer = await peer.answer(1);
    expect(answer.output).toContain("Status: 504 Gateway Timeout");
    await aborted.opened;
    const entry = await logged("ERR_LIMIT_REQUEST_TIME");
    expect(entry.message).toContain("GET /hang: the application has not answered after ");
    expect(log).toHaveLength(1);
    peer.request(2, paramsWith({ PATH_INFO: "/next" }));
    expect((await peer.answer(2)).output).toContain("hello GET /next");
  });

  it("cuts an answer short that has begun", async () => {
    const { connect: open, logged } = await startServing(hanging, { requestTimeoutMs: 100 });
    const peer = await open();
    peer.request(1, paramsWith({ PATH_INFO: "/late" }));
    await expect(peer.answer(1)).rejects.toThrow();
    expect(peer.brokenBy).toBeDefined();
    await logged("ERR_LIMIT_REQUEST_TIME");
  });

  it("holds for HTTP as well", async () => {
    const { address } = await startServing(hanging, {
      fastcgi: [],
      http: "127.0.0.1:0",
      requestTimeoutMs: 100,
    });
    const answer = await fetch(`http://${formatAddress(address)}/hang`);
    expect(answer.status).toBe(504);
  });

  it("does not hold up a server that stops", async () => {
    const { connect: open, server, logged } = await startServing(hanging, { requestTimeoutMs: 100 });
    const peer = await open();
    peer.request(1, paramsWith({ PATH_INFO: "/hang" }));
    await logged("ERR_LIMIT_REQUEST_TIME");
    await server.close({ graceMs: 60_000 });
  });

  it("leaves what is answered in time alone", async () => {
    const { connect: open, log } = await startServing(hello, { requestTimeoutMs: 50 });
    const peer = await open();
    for (let id = 1; id < 30; id++) {
      peer.request(id, paramsWith({}));
      expect((await peer.answer(id)).output).toContain("200 OK");
    }
    expect(log).toEqual([]);
  });
});

describe("a server's figures", () => {
  it("name the requests that are open, and count all", async () => {
    const { connect: open, server } = await startServing(hanging);
    const peer = await open();
    peer.request(1, paramsWith({ PATH_INFO: "/one" }));
    await peer.answer(1);
    expect([server.requests, server.openRequests()]).toEqual([1, []]);
    peer.request(2, paramsWith({ PATH_INFO: "/hang" }));
    await expect.poll(() => server.requests).toBe(2);
    expect(server.openRequests()).toMatchObject([{ method: "GET", path: "/hang" }]);
    await server.close({ graceMs: 0 });
    expect(server.openRequests()).toEqual([]);
  });

  it("tell when a number of requests has been reached", async () => {
    const reached = gate<number>();
    const { connect: open, server } = await startServing(hello, {
      afterRequests: { count: 3, call: () => reached.open(server.requests) },
    });
    const peer = await open();
    for (let id = 1; id <= 4; id++) {
      peer.request(id, paramsWith({}));
      await peer.answer(id);
    }
    expect(await reached.opened).toBe(3);
  });
});

describe("close", () => {
  it("with handOver lets a kept HTTP connection bring one more request, and says that it is the last", async () => {
    const { address, server } = await startServing(hello, { fastcgi: [], http: "127.0.0.1:0" });
    if (address.kind !== "tcp") throw new Error("a TCP port was expected");
    const kept = await RawConnection.open(address.port);
    await kept.request("GET /first HTTP/1.1");
    await kept.readBody(await kept.readHead());
    const closed = server.close({ handOver: true });
    await kept.request("GET /last HTTP/1.1");
    const head = await kept.readHead();
    expect(head).toMatchObject({ status: 200, headers: { connection: "close" } });
    expect(await kept.readBody(head)).toBe("hello GET /last");
    await closed;
  });

  it("answers a connection whose request has not been read yet", async () => {
    for (const handOver of [false, true]) {
      const { address, server } = await startServing(hello);
      if (address.kind !== "unix") throw new Error("a UNIX socket was expected");
      const accepted = expect.poll(() => server.connections);
      const socket = connect({ path: address.path });
      await accepted.toBe(1);
      const closed = server.close({ handOver, graceMs: 5_000 });
      // BEGIN_REQUEST (responder, no KEEP_CONN), empty PARAMS, empty STDIN.
      socket.write(Buffer.from("0101000100080000000100000000000001040001000000000105000100000000", "hex"));
      let answer = "";
      for await (const octets of socket) answer += String(octets);
      expect(answer).not.toBe("");
      await closed;
    }
  });

  it("with handOver lets nginx bring one more request on a kept connection, and says that it is the last", async () => {
    const { connect: open, server } = await startServing(hello);
    const peer = await open();
    peer.request(1, paramsWith({}));
    await peer.answer(1);
    let octets = "";
    peer.socket.on("data", (chunk: Buffer) => (octets += chunk.toString("hex")));
    const closed = server.close({ handOver: true });
    peer.request(2, paramsWith({ PATH_INFO: "/last", SERVER_SOFTWARE: "nginx/1.22.1" }));
    const answer = await peer.answer(2);
    expect(answer.output).toContain("hello GET /last");
    await peer.closed;
    // END_REQUEST, and a record that nobody asked for (UNKNOWN_TYPE): nginx does not keep such a connection.
    expect(octets).toMatch(/01030002000800000{16}010b0000000000(00)$/);
    await closed;
  });

  it("with handOver reads what came while the process stood still before it takes a connection for silent", async () => {
    const { address, connect: open, server } = await startServing(hello);
    if (address.kind !== "unix") throw new Error("a UNIX socket was expected");
    const peer = await open();
    peer.request(1, paramsWith({}));
    await peer.answer(1);
    const closed = server.close({ handOver: true });
    // Behind immediates come timers, before reads.
    await new Promise((resolve) => setImmediate(resolve));
    peer.request(2, paramsWith({ PATH_INFO: "/unread", SERVER_SOFTWARE: "nginx/1.22.1" }));
    const until = performance.now() + 400;
    while (performance.now() < until);
    expect((await peer.answer(2)).output).toContain("hello GET /unread");
    await closed;
  });

  it("with handOver leaves a kept connection of others open until it is silent, or for half of graceMs", async () => {
    for (const silent of [true, false]) {
      const { connect: open, server } = await startServing(hello);
      const peer = await open();
      let octets = "";
      peer.socket.on("data", (chunk: Buffer) => (octets += chunk.toString("hex")));
      const closed = server.close({ handOver: true, graceMs: 2_000 });
      const before = performance.now();
      let id = 0;
      const isOver = (): boolean => (silent ? id === 20 : performance.now() - before > 5_000);
      while (!isOver()) {
        peer.request(++id, paramsWith({ SERVER_SOFTWARE: "Apache" }));
        const answer = await peer.answer(id).catch(() => undefined);
        // Not silent: closed behind an answer, and this is the request that met the end.
        if (answer === undefined) break;
      }
      await closed;
      const took = performance.now() - before;
      expect(id).toBeGreaterThanOrEqual(20);
      if (silent) expect(took).toBeLessThan(1_000);
      else expect(took).toBeGreaterThan(900);
      expect(took).toBeLessThan(1_900);
      expect(octets.endsWith("010b000000000000")).toBe(false);
    }
  });

  it("with handOver tells HAProxy to send no more requests, and answers what it has sent all the same", async () => {
    const { connect: open, server } = await startServing(hello);
    const peer = await open();
    const params = { SERVER_SOFTWARE: "HAProxy 2.6.12" };
    peer.request(1, paramsWith(params));
    await peer.answer(1);
    const told = once(peer.socket, "data") as Promise<[Buffer]>;
    const closed = server.close({ handOver: true });
    const [octets] = await told;
    const content = "\x0f\x01FCGI_MPXS_CONNS1\x0d\x01FCGI_MAX_REQS0";
    expect(octets.subarray(0, 8).toString("hex")).toBe(
      `010a0000${content.length.toString(16).padStart(4, "0")}0600`,
    );
    expect(octets.subarray(8).toString("latin1")).toContain(content);
    peer.request(3, paramsWith({ ...params, PATH_INFO: "/crossed" }));
    expect((await peer.answer(3)).output).toContain("hello GET /crossed");
    // HAProxy would close; whoever does not is left to silence.
    await peer.closed;
    await closed;
  });

  it("with handOver leaves an idle HTTP connection open for a while", async () => {
    const { address, server } = await startServing(hello, { fastcgi: [], http: "127.0.0.1:0" });
    if (address.kind !== "tcp") throw new Error("a TCP port was expected");
    const kept = await RawConnection.open(address.port);
    await kept.request("GET /first HTTP/1.1");
    await kept.readBody(await kept.readHead());
    const before = performance.now();
    await server.close({ handOver: true, graceMs: 1_500 });
    const took = performance.now() - before;
    expect(took).toBeGreaterThanOrEqual(745);
    expect(took).toBeLessThan(1_450);
  });

  it("does not wait for kept connections, and with handOver for a moment", async () => {
    for (const [handOver, least, most] of [
      [false, 0, 400],
      [true, 150, 3_000],
    ] as const) {
      const { connect: open, server } = await startServing(hello);
      const peer = await open();
      peer.request(1, paramsWith({}));
      await peer.answer(1);
      const before = performance.now();
      await server.close({ handOver });
      const took = performance.now() - before;
      expect(took).toBeGreaterThanOrEqual(least);
      expect(took).toBeLessThan(most);
    }
  });
});
