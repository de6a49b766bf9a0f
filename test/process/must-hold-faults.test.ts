/**
 * Issue: whatever a worker does to itself, the service stays up. One of several workers misbehaves under constant load
 * through a real nginx: the others answer meanwhile, only what the faulty one was at is lost, the master lives.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { figures, patience, startLoadedMaster, type LoadedMaster } from "../support/loaded-master.ts";
import { describeWithServers } from "../support/nginx.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { isAlive } from "../support/tsgi-master.ts";

/** Asks for the fault, and the worker that it hit. */
async function provoke({ origins, begun }: LoadedMaster, path: string): Promise<number> {
  const [, fresh] = origins;
  const answer = await fetch(`${fresh}${path}?fault`);
  await answer.arrayBuffer();
  expect(answer.status).toBe(502);
  const [pid] = begun().get("fault") ?? [];
  if (pid === undefined) throw new Error(`no worker has begun ${path}`);
  return pid;
}

/** Nothing was lost but by `faulty`: what it had begun, and what nginx had sent to it, and it had not read. */
async function survived(loaded: LoadedMaster, faulty: number, what: string): Promise<void> {
  const { master, load, begun, nginxSays } = loaded;
  await expect.poll(() => master.workers().length, patience).toBe(3);
  await load.answered(50);
  await load.stop();
  const record = begun();
  const others = load.losses.filter(({ id }) => {
    const [pid] = record.get(id) ?? [];
    if (pid !== undefined) return pid !== faulty;
    return !/104: Connection reset|prematurely closed|32: Broken pipe/.test(nginxSays(id));
  });
  expect(others, figures(load, what)).toEqual([]);
  // 8 clients, one request each.
  expect(load.losses.length, figures(load, what)).toBeLessThanOrEqual(8);
  expect(isAlive(master.running.pid)).toBe(true);
  expect(isAlive(faulty)).toBe(false);
}

describeWithServers("the service stays up with a worker that", () => {
  it("blocks its event loop for ever: the others answer until it is killed", async () => {
    const loaded = await startLoadedMaster(["3", "--heartbeat-timeout", "2"]);
    const { load, logged } = loaded;
    await load.answered(50);
    const provoked = provoke(loaded, "/spin");
    await expect.poll(() => loaded.begun().has("fault"), patience).toBe(true);
    const before = load.requests;
    await logged("its event loop has been blocked for 2");
    const answered = load.requests - before;
    expect(answered, "answered while one worker was blocked").toBeGreaterThan(50);
    const faulty = await provoked;
    expect(loaded.master.running.output).toMatch(/open requests: .*GET \/spin /);
    await survived(loaded, faulty, `a blocked event loop, ${answered} answered meanwhile`);
  }, 90_000);

  it.each([
    ["exits mid-request", "/exit", "ended with status 7", ""],
    ["throws in a timer", "/throw", "ended with status 1", "Error: thrown in a timer"],
    ["leaves a rejection unhandled", "/reject", "ended with status 1", "Error: rejected, and nobody looks"],
  ])(
    "%s",
    async (what, path, line, why) => {
      const loaded = await startLoadedMaster(["3"]);
      await loaded.load.answered(50);
      const faulty = await provoke(loaded, path);
      await loaded.logged(`${line}: another takes its place`);
      expect(loaded.master.running.output).toContain(why);
      await survived(loaded, faulty, what);
    },
    90_000,
  );

  it("leaks memory: it is replaced before --max-memory is far behind, and no request is lost", async () => {
    const loaded = await startLoadedMaster(["3", "--max-memory", "200M"]);
    const { master, load, origins, begun } = loaded;
    await load.answered(50);
    const before = master.workers();
    let leaks = 0;
    const replaced = (): number => master.running.output.split("octets of memory").length - 1;
    // Each takes 8 MB, at whichever worker.
    while (replaced() < 3) {
      expect((await fetch(`${origins[1]}/leak?leak${leaks}`)).status).toBe(200);
      leaks++;
    }
    await expect.poll(() => before.filter((pid) => isAlive(pid)), patience).toEqual([]);
    await load.answered(50);
    await load.stop();
    const message = figures(load, `${leaks} leaks of 8 MB, ${replaced()} workers replaced`);
    expect(load.losses, message).toEqual([]);
    expect(new Set([...begun().values()].flat()).size, message).toBeGreaterThan(3);
    for (const [, octets] of master.running.output.matchAll(/it has (\d+) octets of memory/g))
      expect(Number(octets), message).toBeLessThan(600 * 2 ** 20);
  }, 90_000);

  it("crashes at each start: those that are left serve, with pauses that grow, and it recovers", async () => {
    const flag = join(temporaryDirectory(), "broken");
    const module = join(temporaryDirectory(), "app.ts");
    const recording = join(process.cwd(), "test/process/applications/recording.ts");
    writeFileSync(
      module,
      `import { existsSync } from "node:fs";
       if (existsSync(${JSON.stringify(flag)})) process.exit(9);
       export { application } from ${JSON.stringify(recording)};`,
    );
    const loaded = await startLoadedMaster(["3"], { application: module });
    const { master, load, logged } = loaded;
    await load.answered(50);
    writeFileSync(flag, "");
    const [victim = 0] = master.workers();
    process.kill(victim, "SIGKILL");
    const failed = "ended with status 9 before it was ready";
    const times: number[] = [];
    for (let count = 1; count <= 5; count++) {
      await logged(failed, count);
      times.push(performance.now());
      await load.answered(5);
    }
    // 100, 200, 400, 800 ms at least, and a start on top of each.
    const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0));
    for (const [n, least] of [100, 200, 400, 800].entries())
      expect(pauses[n], `pauses of ${pauses.map(Math.round).join(", ")} ms`).toBeGreaterThan(least * 0.8);
    rmSync(flag);
    expect(existsSync(flag)).toBe(false);
    await survived(loaded, victim, "5 crashes at the start");
    expect(master.running.output).not.toContain("giving up");
  }, 90_000);
});
