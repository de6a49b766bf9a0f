/**
 * Issue: stopping takes no longer than the graceful timeout, idle kept connections do not delay it, running requests
 * finish, and those over time are cut so that the web server can see it. With workers and without.
 */
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { FastcgiPeer, paramsWith } from "../support/fastcgi-peer.ts";
import { describeWithServers, Stage, startTsgi } from "../support/nginx.ts";
import type { RunningProcess } from "../support/process.ts";

const application = "test/process/applications/ending.ts";

/** A machine that has other work to do may take so long over what takes no time, in ms. */
const marginMs = 1_500;

interface Started {
  readonly running: RunningProcess;
  readonly path: string;
  readonly stage: Stage;
}

async function start(gracefulSeconds: number, words: readonly string[]): Promise<Started> {
  const stage = new Stage();
  onTestFinished(() => stage[Symbol.asyncDispose]());
  const path = join(stage.directory, "app.sock");
  const timeout = ["--graceful-timeout", String(gracefulSeconds)];
  const running = await startTsgi(["serve", application, "--fastcgi", `unix:${path}`, ...timeout, ...words]);
  onTestFinished(async () => {
    running.kill("SIGTERM");
    running.kill("SIGTERM");
    await running.ended;
  });
  await running.printed(" ready at ");
  await stage.startNginx("keepalive.conf");
  return { running, path, stage };
}

/** TERM; how long it takes to end, in ms, with status 0 and without its path. */
async function stopped({ running, path }: Started): Promise<number> {
  const before = performance.now();
  running.kill("SIGTERM");
  expect(await running.ended).toEqual({ status: 0, signal: null });
  expect(existsSync(path)).toBe(false);
  return performance.now() - before;
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once("error", reject);
    socket.once("connect", () => resolve(socket.off("error", reject).on("error", () => {})));
  });
}

describeWithServers.each([
  ["without a master", []],
  ["with 2 workers", ["--workers", "2"]],
])("a stop, %s", (_how, words) => {
  it("is not delayed by idle connections, kept or never used", async () => {
    const started = await start(20, words);
    const idle = await Promise.all(
      Array.from({ length: 100 }, () => FastcgiPeer.connect({ kind: "unix", path: started.path })),
    );
    for (const peer of idle) peer.request(1, paramsWith({}));
    await Promise.all(idle.map((peer) => peer.answer(1)));
    const unused = await Promise.all(Array.from({ length: 100 }, () => connected(started.path)));
    onTestFinished(() => {
      for (const socket of unused) socket.destroy();
    });
    expect(await stopped(started)).toBeLessThan(marginMs);
    await Promise.all(idle.map((peer) => peer.closed));
  });

  it("lets streams, uploads and waiting requests finish that end in time, and takes no new one", async () => {
    const started = await start(20, words);
    const { running, stage, path } = started;
    const stream = stage.fetch("/stream?600");
    const wait = stage.fetch("/wait?600");
    const upload = await FastcgiPeer.connect({ kind: "unix", path });
    const params = paramsWith({ REQUEST_METHOD: "POST", PATH_INFO: "/upload", CONTENT_LENGTH: "10" });
    upload.send(
      { type: "request", id: 1, role: "responder", keepConnection: true, params },
      { type: "body", id: 1, octets: Buffer.from("half ") },
    );
    for (const name of ["/stream", "/wait", "/upload"]) await running.printed(`began ${name}`);
    const stop = stopped(started);
    await expect.poll(() => existsSync(path), { timeout: 20_000, interval: 5 }).toBe(false);
    expect((await stage.fetch("/wait?1")).status).toBe(502);
    upload.send({ type: "body", id: 1, octets: Buffer.from("whole") }, { type: "body-end", id: 1 });
    expect((await upload.answer(1)).output).toContain("read 10");
    const [whole, waited] = await Promise.all([stream, wait]);
    expect([whole.status, waited.status]).toEqual([200, 200]);
    expect(await whole.text()).toMatch(/^(piece\n)+end$/);
    expect(await waited.text()).toBe("waited");
    const took = await stop;
    expect(took).toBeLessThan(600 + marginMs);
  });

  it("cuts what goes on for longer than the graceful timeout, visibly, and takes no longer itself", async () => {
    const started = await start(1, words);
    const { running, stage, path } = started;
    const streamed = await stage.fetch("/stream?60000");
    const waiting = stage.fetch("/wait?60000");
    // Straight at the socket: a body that stops half-way, and an answer that nobody reads.
    const silent = await FastcgiPeer.connect({ kind: "unix", path });
    const params = paramsWith({ REQUEST_METHOD: "POST", PATH_INFO: "/upload", CONTENT_LENGTH: "10" });
    silent.send(
      { type: "request", id: 1, role: "responder", keepConnection: true, params },
      { type: "body", id: 1, octets: Buffer.from("half ") },
    );
    const deaf = await FastcgiPeer.connect({ kind: "unix", path });
    deaf.socket.pause();
    deaf.request(1, paramsWith({ PATH_INFO: "/flood" }));
    for (const name of ["/stream", "/wait", "/upload", "/flood"]) await running.printed(`began ${name}`);
    const took = stopped(started);
    await expect(streamed.text()).rejects.toThrow();
    expect((await waiting).status).toBe(502);
    expect(await took).toBeLessThan(1_000 + marginMs);
    await silent.closed;
    deaf.socket.destroy();
  });
});
