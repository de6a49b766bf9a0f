/** What a server counts when it is asked to: outcomes, times, refusals; nothing otherwise. */
import { describe, expect, it, onTestFinished } from "vitest";
import { RequestStatistics, serve } from "../../src/server/index.ts";
import type { Application } from "../../src/bridge/index.ts";
import { RawConnection } from "../support/http-client.ts";
import { paramsWith } from "../support/fastcgi-peer.ts";
import { gate, hello, startServing } from "../support/serving.ts";

const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0);

describe("over FastCGI", () => {
  it("counts answers by status, and times them", async () => {
    const statistics = new RequestStatistics();
    const application: Application = async (environ, startResponse) => {
      if (environ.PATH_INFO === "/slow") await new Promise((resolve) => setTimeout(resolve, 60));
      if (environ.PATH_INFO === "/throw") throw new Error("on purpose");
      return hello(environ, startResponse);
    };
    const { connect } = await startServing(application, { statistics });
    for (const path of ["/", "/slow", "/throw"]) {
      const peer = await connect();
      peer.request(1, paramsWith({ PATH_INFO: path }));
      await peer.answer(1);
    }
    expect([...statistics.statuses]).toEqual([0, 0, 2, 0, 0, 1]);
    expect(sum(statistics.latency)).toBe(3);
    expect(statistics.latencyMs).toBeGreaterThanOrEqual(59);
    expect(statistics).toMatchObject({ aborted: 0, refused: 0 });
  });

  it("counts a request whose web server has gone", async () => {
    const statistics = new RequestStatistics();
    const { opened, open } = gate();
    const gone = gate();
    const application: Application = async (environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => gone.open());
      open();
      await gone.opened;
      return hello(environ, startResponse);
    };
    const { connect } = await startServing(application, { statistics });
    const peer = await connect();
    peer.request(1, paramsWith({}));
    await opened;
    peer.socket.destroy();
    await gone.opened;
    expect(statistics.aborted).toBe(1);
    expect(sum(statistics.statuses)).toBe(0);
  });
});

describe("over HTTP", () => {
  it("counts the same, and connections that carry nothing are counted as open", async () => {
    const statistics = new RequestStatistics();
    const server = await serve(hello, { http: "127.0.0.1:0", statistics, log: () => {} });
    onTestFinished(() => server.close({ graceMs: 0 }));
    const address = server.addresses[0]?.address;
    const connection = await RawConnection.open(address?.kind === "tcp" ? address.port : 0);
    await connection.request("GET / HTTP/1.1");
    await connection.readBody(await connection.readHead());
    expect([...statistics.statuses]).toEqual([0, 0, 1, 0, 0, 0]);
    expect(server).toMatchObject({ connections: 1, idleConnections: 0, requests: 1 });
  });
});
