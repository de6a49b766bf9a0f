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

/** Each slow client sends an octet this often. */
const octetEveryMs = 1_000;

/**
 * How long is measured at a time. The slow ones are there for as long as both others together; a request whose
 * parameters take longer than 10 s would be ended.
 */
const windowMs = 3_000;

/** Latencies may differ so much on a machine that others use, and by so many ms in any case. */
const medianBound = { factor: 3, slackMs: 2 };
const tailBound = { factor: 5, slackMs: 50 };

/** Of the requests of a while, in ms. */
interface Latency {
  readonly median: number;
  /** The 99th percentile. */
  readonly tail: number;
}

/** How long requests through nginx take while 4 clients ask for so many ms. Any failure rejects. */
async function measureLatency(origin: string, forMs: number): Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const times: number[] = [];
  const end = performance.now() + forMs;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const before = performance.now();
      await get(`${origin}/?latency`, agent);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: 4 }, client));
  agent.destroy();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Infinity;
  return { median: at(0.5), tail: at(0.99) };
}

function shown({ median, tail }: Latency): string {
  return `${median.toFixed(2)} ms (99 %: ${tail.toFixed(1)} ms)`;
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
      const alone = await measureLatency(stage.origin, windowMs);
      const memoryBefore = residentOctets(pids);

      const idle = await openIdle(path, idleCount);
      onTestFinished(() => {
        for (const socket of idle) socket.destroy();
      });
      const withIdle = await measureLatency(stage.origin, windowMs);
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
      const withSlow = await measureLatency(stage.origin, 2 * windowMs);
      const memorySlow = residentOctets(pids);
      const sent = slow.map((clients) => clients.sent);
      for (const clients of slow) clients.close();
      // A machine that has become slower meanwhile is nobody's fault.
      const withIdleAgain = await measureLatency(stage.origin, windowMs);

      const message =
        `median ${shown(alone)} alone, ${shown(withIdle)} and ${shown(withIdleAgain)} with the idle ones, ` +
        `${shown(withSlow)} with the slow ones (${sent.join(", ")} octets); ` +
        `${((memoryIdle - memoryBefore) / idleCount / 1_024).toFixed(1)} KiB an idle connection, ` +
        `${((memorySlow - memoryIdle) / 2 ** 20).toFixed(1)} MiB for the slow ones`;
      const slowest = (key: keyof Latency): number => Math.max(alone[key], withIdle[key], withIdleAgain[key]);
      for (const [key, { factor, slackMs }] of [
        ["median", medianBound],
        ["tail", tailBound],
      ] as const) {
        expect(withSlow[key], `${key}: ${message}`).toBeLessThan(factor * slowest(key) + slackMs);
        expect(Math.min(withIdle[key], withIdleAgain[key]), `${key}: ${message}`).toBeLessThan(
          factor * alone[key] + slackMs,
        );
      }
      expect(memoryIdle - memoryBefore, message).toBeLessThan(idleCount * connectionOctets + marginOctets);
      expect(memorySlow - memoryBefore, message).toBeLessThan(
        (idleCount + slowCount) * connectionOctets + marginOctets,
      );
      // Each of them an octet a second.
      for (const octets of sent)
        expect(octets, message).toBeGreaterThan(((slowCount / 2) * windowMs) / 1_000);
      // Nobody was turned away, nothing ended.
      expect(running.output).not.toContain("refused");
      expect(idle.filter((socket) => socket.destroyed)).toEqual([]);

      const before = performance.now();
      expect(await running.stop()).toEqual({ status: 0, signal: null });
      expect(performance.now() - before, "ms that the stop took").toBeLessThan(5_000);
    },
    120_000,
  );
});
