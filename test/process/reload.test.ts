/** HUP, USR2 and the loss of workers under constant load through a real nginx: what is lost is counted. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startLoad, type Load, type LoadOptions } from "../support/load.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { isAlive, staff, startMaster, type MasterUnderTest } from "../support/tsgi-master.ts";

/** Processes start slowly on a machine that has other work to do. */
const patience = { timeout: 20_000, interval: 10 };

interface Loaded {
  readonly master: MasterUnderTest;
  readonly load: Load;
  readonly stage: Stage;
}

async function loaded(
  example: string,
  words: readonly string[],
  options: LoadOptions = {},
  application: string = staff,
): Promise<Loaded> {
  const stage = new Stage();
  onTestFinished(() => stage[Symbol.asyncDispose]());
  const master = await startMaster(stage.directory, words, application);
  await stage.startNginx(example);
  return { stage, master, load: startLoad(`${stage.origin}/`, options) };
}

/** Resolves when the log has so many lines with this text. */
async function lines(master: MasterUnderTest, text: string, count: number): Promise<void> {
  await expect
    .poll(() => master.running.output.split(text).length - 1, patience)
    .toBeGreaterThanOrEqual(count);
}

describeWithServers("under constant load", () => {
  it.each([
    [20, "kept connections, half of them POST", "keepalive.conf", { post: true }],
    [5, "a connection a request", "fastcgi-unix.conf", { keepAlive: false, post: true }],
  ] as const)(
    "%i reloads lose no request: %s",
    async (reloads, _how, example, options) => {
      const { master, load } = await loaded(example, ["2"], options);
      await load.answered(100);
      for (let reload = 1; reload <= reloads; reload++) {
        master.running.kill("SIGHUP");
        await lines(master, "reloaded: ", reload);
        expect(existsSync(master.path)).toBe(true);
      }
      await load.answered(100);
      const { failures, requests, bodies } = await load.stop();
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThan(200);
      // Every generation has served.
      expect(bodies.size).toBeGreaterThan(reloads);
    },
    120_000,
  );

  it("20 kills of random workers lose no request that had not reached one that was killed", async () => {
    const { master, load } = await loaded("keepalive.conf", ["3"]);
    await load.answered(100);
    let killed = 0;
    for (let turn = 0; turn < 20; turn++) {
      const workers = master.workers();
      const victim = workers[(turn * 7) % workers.length];
      if (victim !== undefined && workers.length > 1) {
        process.kill(victim, "SIGKILL");
        killed++;
        await lines(master, "by SIGKILL", killed);
      }
      await load.answered(50);
    }
    const { failures } = await load.stop();
    // Each of the 8 clients has one request open: what a killed worker was at is lost, and no more.
    expect(failures.length).toBeLessThanOrEqual(8 * killed);
    expect(failures.filter((failure) => !failure.includes("502"))).toEqual([]);
    await expect.poll(() => master.workers().length, patience).toBe(3);
  }, 120_000);

  it("5 new masters lose no request, and the pid file follows", async () => {
    const directory = temporaryDirectory();
    const pidFile = join(directory, "pid");
    const { master, load } = await loaded("keepalive.conf", ["2", "--pid-file", pidFile], { post: true });
    const masters = [master.running.pid];
    onTestFinished(() => stopByPidFile(pidFile));
    await load.answered(100);
    for (let turn = 1; turn <= 5; turn++) {
      const current = masters.at(-1) ?? 0;
      process.kill(current, "SIGUSR2");
      await expect.poll(() => pidIn(pidFile), patience).not.toBe(current);
      masters.push(pidIn(pidFile));
      expect(existsSync(master.path)).toBe(true);
      await expect.poll(() => isAlive(current), patience).toBe(false);
    }
    await load.answered(100);
    const { failures, requests } = await load.stop();
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(500);
    expect(new Set(masters).size).toBe(6);
    // The last one owns the path.
    const last = masters.at(-1) ?? 0;
    process.kill(last, "SIGTERM");
    await expect.poll(() => existsSync(master.path), patience).toBe(false);
    await expect.poll(() => isAlive(last), patience).toBe(false);
  }, 120_000);

  it("a reload with broken code keeps the old code, one with new code takes it", async () => {
    const directory = temporaryDirectory();
    const module = join(directory, "app.mjs");
    const write = (text: string): void =>
      writeFileSync(
        module,
        `export const application = (environ, startResponse) => {
           startResponse("200 OK", [["Content-Type", "text/plain"]]);
           return [Buffer.from(${JSON.stringify(text)})];
         };`,
      );
    write("old");
    const { master, load } = await loaded("keepalive.conf", ["2"], {}, module);
    await load.answered(20);
    writeFileSync(module, "export const application = this is no JavaScript;");
    master.running.kill("SIGHUP");
    await lines(master, "the reload failed: the workers that were there go on", 1);
    expect(master.running.output).toContain("it failed to load: SyntaxError");
    await load.answered(20);
    writeFileSync(module, "process.exit(3);");
    master.running.kill("SIGHUP");
    await lines(master, "the reload failed: the workers that were there go on", 2);
    await load.answered(20);
    const { bodies, failures } = await load.stop();
    expect([failures, [...bodies]]).toEqual([[], ["old"]]);
    write("new");
    master.running.kill("SIGHUP");
    await lines(master, "reloaded: ", 1);
    expect((await master.ask("/")).body).toBe("new");
  }, 60_000);

  it("a new master that fails leaves the old one at work", async () => {
    const directory = temporaryDirectory();
    const module = join(directory, "app.mjs");
    writeFileSync(module, "export const application = (environ, start) => (start('200 OK', []), []);");
    const { master, load } = await loaded("keepalive.conf", ["1"], {}, module);
    await load.answered(20);
    writeFileSync(module, "throw new Error('broken');");
    master.running.kill("SIGUSR2");
    await lines(master, "the new master failed, this one goes on: it ended with status 4", 1);
    await load.answered(20);
    expect((await load.stop()).failures).toEqual([]);
    expect(existsSync(master.path)).toBe(true);
  }, 60_000);
});

function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

async function stopByPidFile(file: string): Promise<void> {
  const pid = pidIn(file);
  if (pid === 0 || !isAlive(pid)) return;
  process.kill(pid, "SIGTERM");
  await expect.poll(() => isAlive(pid), patience).toBe(false);
}
