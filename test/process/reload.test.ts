/** HUP, USR2 and the loss of workers under constant load through a real nginx: what is lost is counted. */
import { existsSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { startLoad, type Load, type LoadOptions } from "../support/load.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { startMaster, type MasterUnderTest } from "../support/tsgi-master.ts";

interface Loaded {
  readonly master: MasterUnderTest;
  readonly load: Load;
  readonly stage: Stage;
}

async function loaded(example: string, words: readonly string[], options: LoadOptions = {}): Promise<Loaded> {
  const stage = new Stage();
  onTestFinished(() => stage[Symbol.asyncDispose]());
  const master = await startMaster(stage.directory, words);
  await stage.startNginx(example);
  return { stage, master, load: startLoad(`${stage.origin}/`, options) };
}

/** Resolves when the log has so many lines with this text. */
async function lines(master: MasterUnderTest, text: string, count: number): Promise<void> {
  await expect
    .poll(() => master.running.output.split(text).length - 1, { timeout: 20_000, interval: 5 })
    .toBeGreaterThanOrEqual(count);
}

describeWithServers("under constant load", () => {
  it.each([
    ["kept connections", "keepalive.conf", {}],
    ["kept connections and POST", "keepalive.conf", { post: true }],
    ["a connection a request", "fastcgi-unix.conf", { keepAlive: false, post: true }],
  ] as const)(
    "20 reloads lose no request: %s",
    async (_how, example, options) => {
      const { master, load } = await loaded(example, ["2"], options);
      await load.answered(100);
      for (let reload = 1; reload <= 20; reload++) {
        master.running.kill("SIGHUP");
        await lines(master, "reloaded: ", reload);
        expect(existsSync(master.path)).toBe(true);
      }
      await load.answered(100);
      const { failures, requests, bodies } = await load.stop();
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThan(1_000);
      // Every generation has served.
      expect(bodies.size).toBeGreaterThan(20);
    },
    120_000,
  );
});
