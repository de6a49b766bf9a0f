/**
 * Issue: 10,000 idle connections and 500 slow ones leave other clients' latency as it was, within bounded memory; a
 * stop does not wait for them. With workers and without.
 */
import { Agent, request } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  endlessBody,
  endlessParams,
  maxOpenFiles,
  openIdle,
  openSlow,
  residentOctets,
} from "../support/many-connections.ts";
import { describeWithServers, Stage, startTsgi } from "../support/nginx.ts";
import { childrenOf } from "../support/tsgi-master.ts";

const idleCount = 10_000;
const slowCount = 500;

/** What an idle connection may cost, and what else may have grown meanwhile: the heap has its own mind. */
const connectionOctets = 8 * 1_024;
const marginOctets = 40 * 2 ** 20;

/** Each slow client sends an octet this often: ten times as often as one a second. */
const octetEveryMs = 100;

/** Medians may differ so much on a machine that others use, and by this many ms in any case. */
const factor = 3;
const slackMs = 2;

/** The median time of a request through nginx, in ms: the best of three rounds, each of 4 clients. Any failure rejects. */
async function medianLatency(origin: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const medians: number[] = [];
  for (let round = 0; round < 3; round++) {
    const times: number[] = [];
    const client = async (): Promise<void> => {
      for (let turn = 0; turn < 100; turn++) {
        const before = performance.now();
        await get(`${origin}/?latency`, agent);
        times.push(performance.now() - before);
      }
    };
    await Promise.all(Array.from({ length: 4 }, client));
    medians.push(times.toSorted((a, b) => a - b)[times.length / 2] ?? Infinity);
  }
  agent.destroy();
  return Math.min(...medians);
}

function get(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (answer) => {
      answer.resume().on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === 200 && answer.complete) resolve();
        else reject(new Error(`${url} was answered ${answer.statusCode}`));
      });
    });
    sent.on("error", reject).end();
  });
}

// Both ends of a connection are open files, of different processes.
const enough = maxOpenFiles() >= idleCount + 2 * slowCount + 500;

describeWithServers.each([
  ["without a master", []],
  ["with 2 workers", ["--workers", "2"]],
])("%s", (_how, words) => {
  // Skipped, visibly, where the hard limit of open files is too low (ulimit -Hn).
  it.skipIf(!enough)(
    "10,000 idle and 500 slow connections cost no latency, bounded memory, and no time at a stop",
    async () => {
      const stage = new Stage();
      onTestFinished(() => stage[Symbol.asyncDispose]());
      const path = join(stage.directory, "app.sock");
      const application = "test/process/applications/recording.ts";
      const limit = ["--max-connections", "20000"];
      const running = await startTsgi([
        "serve",
        application,
        "--fastcgi",
        `unix:${path}`,
        ...limit,
        ...words,
      ]);
      onTestFinished(async () => {
        await running.stop();
      });
      await running.printed(" ready at ");
      await stage.startNginx("keepalive.conf");
      const pids = words.length === 0 ? [running.pid] : childrenOf(running.pid);

      // The first ones pay for code, pages and pools that the others share.
      for (const socket of await openIdle(path, 2_000)) socket.destroy();
      const latencyBefore = await medianLatency(stage.origin);
      const memoryBefore = residentOctets(pids);

      const idle = await openIdle(path, idleCount);
      onTestFinished(() => {
        for (const socket of idle) socket.destroy();
      });
      const latencyIdle = await medianLatency(stage.origin);
      const memoryIdle = residentOctets(pids);

      const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n`;
      const slow = await Promise.all([
        openSlow({ path }, slowCount / 2, octetEveryMs, endlessParams.start, endlessParams.rest),
        openSlow({ path }, slowCount / 2, octetEveryMs, endlessBody.start, endlessBody.rest),
        openSlow({ port: stage.port }, slowCount, octetEveryMs, Buffer.from(head), Buffer.from("x")),
      ]);
      onTestFinished(() => {
        for (const clients of slow) clients.close();
      });
      const latencySlow = await medianLatency(stage.origin);
      const memorySlow = residentOctets(pids);

      const message =
        `median ${latencyBefore.toFixed(2)} ms alone, ${latencyIdle.toFixed(2)} ms with the idle ones, ` +
        `${latencySlow.toFixed(2)} ms with the slow ones (${slow.map(({ sent }) => sent).join(", ")} octets); ` +
        `${((memoryIdle - memoryBefore) / idleCount / 1_024).toFixed(1)} KiB an idle connection, ` +
        `${((memorySlow - memoryIdle) / 2 ** 20).toFixed(1)} MiB for the slow ones`;
      for (const latency of [latencyIdle, latencySlow])
        expect(latency, message).toBeLessThan(factor * latencyBefore + slackMs);
      expect(memoryIdle - memoryBefore, message).toBeLessThan(idleCount * connectionOctets + marginOctets);
      expect(memorySlow - memoryBefore, message).toBeLessThan(
        (idleCount + slowCount) * connectionOctets + marginOctets,
      );
      for (const { sent } of slow) expect(sent, message).toBeGreaterThan(slowCount / 2);
      // Nobody was turned away, nothing ended.
      expect(running.output).not.toContain("refused");
      expect(idle.filter((socket) => socket.destroyed)).toEqual([]);

      for (const clients of slow) clients.close();
      const before = performance.now();
      expect(await running.stop()).toEqual({ status: 0, signal: null });
      expect(performance.now() - before, "ms that the stop took").toBeLessThan(5_000);
    },
    90_000,
  );
});
