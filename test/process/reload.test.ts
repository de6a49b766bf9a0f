/** Reloads and new masters that fail, under constant load through a real nginx; must-hold-load.test.ts has those that succeed. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startLoad, type Load } from "../support/load.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { startMaster, type MasterUnderTest } from "../support/tsgi-master.ts";

/** Processes start slowly on a machine that has other work to do. */
const patience = { timeout: 20_000, interval: 10 };

interface Loaded {
  readonly master: MasterUnderTest;
  readonly load: Load;
  readonly stage: Stage;
}

async function loaded(example: string, words: readonly string[], application: string): Promise<Loaded> {
  const stage = new Stage();
  onTestFinished(() => stage[Symbol.asyncDispose]());
  const master = await startMaster(stage.directory, words, application);
  await stage.startNginx(example);
  return { stage, master, load: startLoad([stage.origin], { clients: 8, kinds: [() => ({ path: "/" })] }) };
}

/** Resolves when the log has so many lines with this text. */
async function lines(master: MasterUnderTest, text: string, count: number): Promise<void> {
  await expect
    .poll(() => master.running.output.split(text).length - 1, patience)
    .toBeGreaterThanOrEqual(count);
}

describeWithServers("under constant load", () => {
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
    const { master, load } = await loaded("keepalive.conf", ["2"], module);
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
    await load.stop();
    expect([load.losses, [...load.bodies]]).toEqual([[], ["old"]]);
    write("new");
    master.running.kill("SIGHUP");
    await lines(master, "reloaded: ", 1);
    expect((await master.ask("/")).body).toBe("new");
  }, 60_000);

  it("a new master that fails leaves the old one at work", async () => {
    const directory = temporaryDirectory();
    const module = join(directory, "app.mjs");
    writeFileSync(module, "export const application = (environ, start) => (start('200 OK', []), []);");
    const { master, load } = await loaded("keepalive.conf", ["1"], module);
    await load.answered(20);
    writeFileSync(module, "throw new Error('broken');");
    master.running.kill("SIGUSR2");
    await lines(master, "the new master failed, this one goes on: it ended with status 4", 1);
    await load.answered(20);
    await load.stop();
    expect(load.losses).toEqual([]);
    expect(existsSync(master.path)).toBe(true);
  }, 60_000);
});
