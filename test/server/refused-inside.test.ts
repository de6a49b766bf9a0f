/** What is refused while a request runs: one log line, which names what came, what was expected, and whom it hits. */
import { describe, expect, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import type { ServeOptions } from "../../src/server/index.ts";
import { paramsWith, type FastcgiPeer } from "../support/fastcgi-peer.ts";
import { gate, hello, startServing, type Serving } from "../support/serving.ts";

interface Uploading extends Serving {
  readonly peer: FastcgiPeer;
}

/** A server whose application waits for the rest of so many uploads. */
async function startUploads(count: number, options: Partial<ServeOptions> = {}): Promise<Uploading> {
  const reading = gate();
  const failed = gate();
  let waiting = 0;
  let over = 0;
  const application: Application = async (environ, startResponse) => {
    if (++waiting === count) reading.open();
    try {
      await environ["wsgi.input"].read();
    } finally {
      if (++over === count) failed.open();
    }
    return hello(environ, startResponse);
  };
  const serving = await startServing(application, { maxRequestsPerConnection: count, ...options });
  const peer = await serving.connect();
  for (let id = 1; id <= count; id++) {
    const params = paramsWith({ REQUEST_METHOD: "POST", PATH_INFO: `/${id}`, CONTENT_LENGTH: "10" });
    peer.send({ type: "request", id, role: "responder", keepConnection: true, params });
  }
  await reading.opened;
  // What the application's own promise says when it settles comes behind this.
  const settled = async (): Promise<void> => {
    await failed.opened;
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...serving, peer, logged: async (code) => (await settled(), serving.logged(code)) };
}

describe("one log line, however many requests it ends:", () => {
  it.each([
    [1, "; this ends POST /1"],
    [3, "; this ends POST /1 and 2 more"],
  ])("a record that is none, with %i running", async (count, consequence) => {
    const { peer, log, logged } = await startUploads(count);
    peer.socket.write("GET / HTTP/1.1\r\n\r\n");
    await peer.closed;
    const { message, level } = await logged("ERR_FCGI_VERSION");
    expect(message).toMatch(/^fastcgi unix:\S+: .*version 71.*, expected 1/);
    expect(message.endsWith(consequence)).toBe(true);
    expect([level, log.length]).toEqual(["error", 1]);
  });

  it("an upload that stays silent", async () => {
    const { peer, log, logged } = await startUploads(1, { bodyTimeoutMs: 40 });
    await peer.closed;
    expect((await logged("ERR_LIMIT_TIME")).message).toMatch(/bodyTimeoutMs.*; this ends POST \/1$/);
    expect(log).toHaveLength(1);
  });

  it("a request that takes too long", async () => {
    const { peer, log, logged } = await startUploads(1, { requestTimeoutMs: 40 });
    expect((await peer.answer(1)).output).toContain("Status: 504 ");
    expect((await logged("ERR_LIMIT_REQUEST_TIME")).message).toMatch(/^POST \/1: .*requestTimeoutMs/);
    expect(log).toHaveLength(1);
  });

  it("what the application makes of it on its own is a line of its own", async () => {
    const reading = gate();
    const serving = await startServing(async (environ) => {
      reading.open();
      await environ["wsgi.input"].read().catch(() => Promise.reject(new Error("no upload, no order")));
      return [];
    });
    const peer = await serving.connect();
    const params = paramsWith({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "10" });
    peer.send({ type: "request", id: 1, role: "responder", keepConnection: true, params });
    await reading.opened;
    peer.socket.write("GET / HTTP/1.1\r\n\r\n");
    await peer.closed;
    await expect.poll(() => serving.log.map(({ level }) => level)).toEqual(["error", "warning"]);
    expect(serving.log[1]?.message).toContain("no upload, no order");
  });
});
