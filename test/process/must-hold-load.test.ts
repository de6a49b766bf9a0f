/**
 * Issue: reloads, kills and new masters under constant load through a real nginx, kept connections and fresh ones, GET,
 * POST and streamed answers. Reloads and upgrades lose nothing; a kill loses what had reached the killed worker.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { figures, patience, pidIn, startLoadedMaster, stopByPidFile } from "../support/loaded-master.ts";
import { describeWithServers } from "../support/nginx.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { isAlive } from "../support/tsgi-master.ts";

/** On each of the two ports of nginx. Each sends its next request the moment it has its answer. */
const clients = 2;

describeWithServers(
  "under constant load of GET, POST and streams, over kept and over fresh connections",
  () => {
    it("50 reloads lose no request", async () => {
      const { master, load, logged, begun } = await startLoadedMaster(["2"], { clients });
      await load.answered(100);
      for (let reload = 1; reload <= 50; reload++) {
        master.running.kill("SIGHUP");
        await logged("reloaded: ", reload);
        expect(existsSync(master.path), `the socket's path after reload ${reload}`).toBe(true);
      }
      await load.answered(100);
      await load.stop();
      const record = begun();
      const generations = new Set([...record.values()].flat()).size;
      const message = figures(load, `50 reloads, ${generations} workers served`);
      expect(load.losses, message).toEqual([]);
      // Nothing was repeated to make it so, and the workers of the reloads are those that answered.
      expect(
        [...record.values()].filter((pids) => pids.length !== 1),
        message,
      ).toEqual([]);
      expect(record.size, message).toBe(load.requests);
      expect(generations, message).toBeGreaterThan(50);
    }, 400_000);

    it("20 kills of random workers lose only requests that had reached the killed one", async () => {
      const { master, load, logged, begun, nginxSays } = await startLoadedMaster(["4"], { clients });
      await load.answered(100);
      const killed = new Set<number>();
      while (killed.size < 20) {
        const workers = master.workers().filter((pid) => !killed.has(pid));
        const victim = workers[Math.floor(Math.random() * workers.length)];
        if (victim === undefined || workers.length < 2) {
          await load.answered(1);
          continue;
        }
        process.kill(victim, "SIGKILL");
        killed.add(victim);
        await logged("by SIGKILL", killed.size);
        await load.answered(20);
      }
      await load.answered(100);
      await load.stop();
      const record = begun();
      const kinds = { begun: 0, unread: 0, "too late": 0 };
      const unexplained: string[] = [];
      for (const loss of load.losses) {
        const pids = record.get(loss.id) ?? [];
        const kind = reached(pids, killed, nginxSays(loss.id));
        if (kind === undefined)
          unexplained.push(`${loss.id} ${loss.how} ${pids.join()} ${nginxSays(loss.id)}`);
        else kinds[kind]++;
      }
      const message = `${figures(load, "20 kills")}; ${JSON.stringify(kinds)}`;
      expect(unexplained, message).toEqual([]);
      // Nobody repeated any.
      expect(
        [...record.values()].filter((pids) => pids.length !== 1),
        message,
      ).toEqual([]);
      // Each client has one request open: a kill takes those at most.
      expect(load.losses.length, message).toBeLessThanOrEqual(2 * clients * killed.size);
      await expect.poll(() => master.workers().length, patience).toBe(4);
      expect(isAlive(master.running.pid), message).toBe(true);
    }, 400_000);

    it("5 new masters lose no request", async () => {
      const pidFile = join(temporaryDirectory(), "pid");
      const { master, load, begun } = await startLoadedMaster(["2", "--pid-file", pidFile], { clients });
      onTestFinished(() => stopByPidFile(pidFile));
      await load.answered(100);
      const masters = [master.running.pid];
      for (let turn = 1; turn <= 5; turn++) {
        const current = masters.at(-1) ?? 0;
        process.kill(current, "SIGUSR2");
        await expect.poll(() => pidIn(pidFile), patience).not.toBe(current);
        masters.push(pidIn(pidFile));
        await expect.poll(() => isAlive(current), patience).toBe(false);
        expect(existsSync(master.path), `the socket's path after new master ${turn}`).toBe(true);
      }
      await load.answered(100);
      await load.stop();
      const record = begun();
      const message = figures(load, "5 new masters");
      expect(load.losses, message).toEqual([]);
      expect(
        [...record.values()].filter((pids) => pids.length !== 1),
        message,
      ).toEqual([]);
      expect(new Set(masters).size, message).toBe(6);
      // The last one owns the path.
      await stopByPidFile(pidFile);
      expect(existsSync(master.path)).toBe(false);
    }, 400_000);
  },
);

/**
 * How far a lost request had come: a killed worker has noted it; or the kernel says that it lay unread in that worker's
 * socket, for only then does the end of a UNIX connection read as a reset; or nginx wrote it into the kept connection of
 * a worker that was dead already, before it had looked at that connection's end. Undefined: none of these.
 */
function reached(
  pids: readonly number[],
  killed: ReadonlySet<number>,
  nginxSays: string,
): "begun" | "unread" | "too late" | undefined {
  if (pids.length > 0) return pids.every((pid) => killed.has(pid)) ? "begun" : undefined;
  if (nginxSays.includes("104: Connection reset by peer")) return "unread";
  if (nginxSays.includes("upstream prematurely closed connection")) return "unread";
  return nginxSays.includes("32: Broken pipe") ? "too late" : undefined;
}
