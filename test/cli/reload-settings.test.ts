/** HUP with another config file: real masters, real workers, a real nginx. */
import { Agent, request } from "node:http";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve as resolvePath } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { askGateway } from "../support/gateway-request.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import type { RunningProcess } from "../support/process.ts";
import { printedTimes, projectWith, startIn } from "../support/settled-process.ts";

/** Tells who answers, and where it stands. */
const application = `export const application = (environ: any, start: any) => {
  start("200 OK", [["Content-Type", "text/plain"]]);
  return [Buffer.from(\`\${process.pid} \${environ.SCRIPT_NAME}|\${environ.PATH_INFO}\`)];
};
`;

interface Master {
  readonly directory: string;
  readonly running: RunningProcess;
  /** Writes the config file and sends HUP. */
  reload(config: Readonly<Record<string, unknown>>): void;
  /** The answer to /site/x: process id and paths. */
  ask(): Promise<readonly [pid: string, paths: string]>;
}

async function startMaster(config: Readonly<Record<string, unknown>>, socket = "app.sock"): Promise<Master> {
  const write = (settings: Readonly<Record<string, unknown>>): void =>
    writeFileSync(
      join(directory, "tsgi.config.ts"),
      `const settings: unknown = ${JSON.stringify({ application: "app.ts", fastcgi: `unix:${socket}`, ...settings })};\nexport default settings;\n`,
    );
  const directory = projectWith({ "app.ts": application, "broken.ts": 'throw new Error("broken");' });
  const path = resolvePath(directory, socket);
  write(config);
  const running = await startIn(directory, ["serve"]);
  await running.printed(" ready at ");
  return {
    directory,
    running,
    reload: (settings) => {
      write(settings);
      running.kill("SIGHUP");
    },
    ask: async () => {
      const { text } = await askGateway({ kind: "unix", path }, { target: "/site/x" });
      const [pid = "", paths = ""] = text.split(" ");
      return [pid, paths];
    },
  };
}

describe("a master whose config file has changed", { timeout: 90_000 }, () => {
  it("keeps everything as it was when the file is wrong", async () => {
    const master = await startMaster({ workers: 1, scriptName: "/site" });
    const [pid] = await master.ask();
    master.reload({ worker: 2, backlog: "x" });
    await master.running.printed("no reload, everything stays as it was: 2 things are wrong");
    await master.running.printed("tsgi.config.ts: worker is no setting: did you mean workers?");
    writeFileSync(join(master.directory, "tsgi.config.ts"), "export default {");
    master.running.kill("SIGHUP");
    await master.running.printed("tsgi.config.ts failed to load: SyntaxError");
    expect(await master.ask()).toEqual([pid, "/site|/x"]);
  });

  it("keeps the old settings when the application does not load with the new ones, for new workers too", async () => {
    const master = await startMaster({ workers: 1, scriptName: "/site" });
    const [pid] = await master.ask();
    master.reload({ workers: 2, application: "broken.ts", scriptName: "" });
    await master.running.printed("the reload failed: the workers that were there go on");
    expect(master.running.output).toContain("cannot load broken.ts: it failed to load: Error: broken");
    process.kill(Number(pid), "SIGKILL");
    await master.running.printed("by SIGKILL: another takes its place");
    await expect.poll(async () => (await master.ask())[0], { timeout: 60_000 }).not.toBe(pid);
    expect((await master.ask())[1]).toBe("/site|/x");
    // What was wrong is put right, and the number that had failed counts now.
    master.reload({ workers: 2, scriptName: "" });
    await master.running.printed("reloaded: 2 new worker(s)");
    expect((await master.ask())[1]).toBe("|/site/x");
  });

  it("ends with the newest settings, however often and fast they change", async () => {
    const master = await startMaster({ workers: 1 });
    for (const workers of [2, 3, 4, 1, 2]) master.reload({ workers, scriptName: "/site" });
    master.reload({ workers: 2, scriptName: "" });
    master.reload({ workers: 1, scriptName: "/site/x" });
    await expect.poll(async () => (await master.ask())[1], { timeout: 60_000 }).toBe("/site/x|");
    await master.running.printed("reloaded: 1 new worker(s)");
  });

  it("says which settings it takes at its start only, and goes on with the old ones", async () => {
    const master = await startMaster({ workers: 1 });
    master.reload({ workers: 1, fastcgi: "unix:other.sock", socketMode: "0600" });
    await master.running.printed(
      "tsgi.config.ts: fastcgi is unix:other.sock now: HUP does not change that, USR2 does",
    );
    await master.running.printed("tsgi.config.ts: socketMode is 0600 now");
    await master.running.printed("reloaded: 1 new worker(s)");
    expect((await master.ask())[1]).toBe("|/site/x");
  });

  it("leaves its workers' logs where its own is", async () => {
    const master = await startMaster({ workers: 1, logLevel: "info" });
    master.reload({ workers: 1, logLevel: "debug", errorLog: "error.log" });
    await master.running.printed("reloaded: 1 new worker(s)");
    await master.running.stop();
    expect(master.running.output).not.toContain("debug: ");
    expect(existsSync(join(master.directory, "error.log"))).toBe(false);
  });

  it("takes other sockets with USR2", async () => {
    const master = await startMaster({ workers: 1 });
    writeFileSync(
      join(master.directory, "tsgi.config.ts"),
      'export default { application: "app.ts", fastcgi: ["unix:app.sock", "unix:other.sock"], workers: 1 };',
    );
    master.running.kill("SIGUSR2");
    await printedTimes(master.running, " ready at ", 2);
    const [, next = ""] = [...master.running.output.matchAll(/\(pid (\d+)/g)].map((match) => match[1]);
    onTestFinished(async () => {
      process.kill(Number(next), "SIGTERM");
      await expect.poll(() => isAlive(Number(next)), { timeout: 60_000 }).toBe(false);
    });
    const other = join(master.directory, "other.sock");
    expect((await askGateway({ kind: "unix", path: other })).text).toContain(" |/");
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describeWithServers("a master whose config file has changed, behind nginx", () => {
  it.each([
    ["fastcgi-unix.conf", false],
    ["keepalive.conf", true],
  ])(
    "brings another number of workers and another mount point without losing a request: %s",
    async (example, keepAlive) => {
      const stage = new Stage();
      onTestFinished(() => stage[Symbol.asyncDispose]());
      const first = { workers: 2, scriptName: "" };
      const second = { workers: 3, scriptName: "/site" };
      const master = await startMaster(first, join(stage.directory, "app.sock"));
      await stage.startNginx(example);
      const load = startLoad(`${stage.origin}/site/x`, keepAlive);
      await load.answered(100);
      for (let turn = 1; turn <= 4; turn++) {
        const settings = turn % 2 === 1 ? second : first;
        master.reload(settings);
        await printedTimes(master.running, "reloaded: ", turn);
        expect(master.running.output.match(/reloaded: .*/g)?.at(-1)).toContain(
          `${settings.workers} new worker(s)`,
        );
        load.clear();
        await load.answered(100);
        expect(load.paths()).toContain(settings.scriptName === "" ? "|/site/x" : "/site|/x");
      }
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(load.paths().every((paths) => ["|/site/x", "/site|/x"].includes(paths))).toBe(true);
    },
    120_000,
  );
});

interface Load {
  readonly failures: readonly string[];
  /** The answers since `clear`, each once, without the process id. */
  paths(): string[];
  clear(): void;
  answered(more: number): Promise<void>;
  stop(): Promise<void>;
}

/** Six clients, each asking again as soon as it has its answer. */
function startLoad(url: string, keepAlive: boolean): Load {
  const agent = new Agent({ keepAlive, maxSockets: 6 });
  const failures: string[] = [];
  const answers = new Set<string>();
  const state = { stopping: false, count: 0 };
  const client = async (): Promise<void> => {
    while (!state.stopping) {
      try {
        answers.add((await ask(url, agent)).replace(/^\d+ /, ""));
      } catch (error) {
        failures.push(String(error));
      }
      state.count++;
      // Users think; and without a pause the clients alone would keep the machine busy.
      if (!state.stopping) await delay(20);
    }
  };
  const clients = Promise.all(Array.from({ length: 6 }, client));
  return {
    failures,
    paths: () => [...answers],
    clear: () => answers.clear(),
    answered: async (more) => {
      const enough = state.count + more;
      await expect.poll(() => state.count, { timeout: 60_000, interval: 5 }).toBeGreaterThanOrEqual(enough);
    },
    stop: async () => {
      state.stopping = true;
      await clients;
      agent.destroy();
    },
  };
}

function ask(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("error", reject).on("end", () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`status ${answer.statusCode}`));
      });
    });
    sent.on("error", reject).end();
  });
}
