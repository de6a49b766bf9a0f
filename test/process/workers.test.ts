/** Workers that crash, hang, grow and lie, and a master that outlives them: real processes, asked straight at the socket. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FastcgiPeer, paramsWith } from "../support/fastcgi-peer.ts";
import { startTsgi } from "../support/nginx.ts";
import { startProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";
import {
  ask,
  childrenOf,
  isAlive,
  pidIn,
  staff,
  startMaster,
  type MasterUnderTest,
} from "../support/tsgi-master.ts";

/** Processes start slowly on a machine that has other work to do. */
const patience = { timeout: 20_000, interval: 10 };

/** Resolves when exactly so many workers are left that are none of `gone`. */
async function settled(
  master: MasterUnderTest,
  count: number,
  gone: readonly number[] = [],
): Promise<number[]> {
  await expect
    .poll(() => {
      const workers = master.workers();
      return workers.length === count && !workers.some((pid) => gone.includes(pid));
    }, patience)
    .toBe(true);
  return master.workers();
}

/** The pids of the workers that answer, asked until so many different ones have. */
async function serving(master: MasterUnderTest, count: number): Promise<Set<number>> {
  const pids = new Set<number>();
  await expect
    .poll(async () => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => master.ask("/")));
      for (const { body } of answers) pids.add(pidIn(body));
      return pids.size;
    }, patience)
    .toBe(count);
  return pids;
}

describe("workers", () => {
  it("all accept at the same socket, and know that they are several", async () => {
    const master = await startMaster(temporaryDirectory(), ["2"]);
    const pids = await serving(master, 2);
    expect([...pids].toSorted()).toEqual(master.workers().toSorted());
    expect(JSON.parse((await master.ask("/")).body)).toMatchObject({ multiprocess: true });
    expect(master.running.output).toMatch(/ready at fastcgi:unix:\S+ \(pid \d+, 2 workers\)/);
  });

  it("serve SCGI, HTTP and TCP ports chosen by the system as well, and one alone is told so", async () => {
    const directory = temporaryDirectory();
    const words = ["1", "--scgi", "127.0.0.1:0", "--http", "localhost:0", "--http", "unix:@" + process.pid];
    const { running } = await startMaster(directory, words);
    const port = /http:(?:127\.0\.0\.1|\[::1\]):(\d+)/.exec(running.output)?.[1] ?? "";
    expect(Number(port)).toBeGreaterThan(0);
    expect(await (await fetch(`http://localhost:${port}/`)).json()).toMatchObject({ multiprocess: false });
    const scgi = /scgi:127\.0\.0\.1:(\d+)/.exec(running.output)?.[0] ?? "";
    const request = await startTsgi(["request", scgi, "/"]);
    await request.ended;
    expect(request.output).toContain('"pid"');
  });

  it("are replaced when they are killed, or end by themselves", async () => {
    const master = await startMaster(temporaryDirectory(), ["2"]);
    const before = master.workers();
    process.kill(before[0] ?? 0, "SIGKILL");
    const after = await settled(master, 2, before.slice(0, 1));
    await expect(master.ask("/exit")).rejects.toThrow("closed");
    await expect(master.ask("/throw")).rejects.toThrow("closed");
    await serving(master, 2);
    expect(master.running.output).toContain("ended by SIGKILL: another takes its place");
    expect(master.running.output).toContain("ended with status 7: another takes its place");
    expect(after).toHaveLength(2);
  });

  it("that get TERM serve until their successors are ready, and finish what they have begun", async () => {
    const master = await startMaster(temporaryDirectory(), ["1"]);
    const [pid = 0] = master.workers();
    const slow = master.ask("/slow", "700");
    await master.running.printed(`began in ${pid}`);
    process.kill(pid, "SIGTERM");
    expect(pidIn((await slow).body)).toBe(pid);
    await settled(master, 1, [pid]);
    expect((await master.ask("/")).status).toBe(200);
  });

  it("take no notice of a terminal's signals: those are the master's", async () => {
    const master = await startMaster(temporaryDirectory(), ["1"]);
    const [pid = 0] = master.workers();
    for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)
      process.kill(pid, signal);
    expect(pidIn((await master.ask("/")).body)).toBe(pid);
    expect(master.workers()).toEqual([pid]);
  });

  it("--max-requests replaces them, after different numbers with --max-requests-jitter", async () => {
    const master = await startMaster(temporaryDirectory(), ["1", "--max-requests", "10"]);
    const counts = new Map<number, number>();
    for (let request = 0; request < 60; request++) {
      const pid = pidIn((await master.ask("/")).body);
      counts.set(pid, (counts.get(pid) ?? 0) + 1);
    }
    await expect
      .poll(() => master.running.output, patience)
      .toContain("worker 1 is replaced: it has had 10 requests");
    // Each serves on until its successor is ready, so the first may have had all of them.
    await expect.poll(async () => counts.has(pidIn((await master.ask("/")).body)), patience).toBe(false);
  });

  it("--max-memory and --worker-lifetime replace them", async () => {
    const words = ["1", "--max-memory", "300M", "--worker-lifetime", "600"];
    const master = await startMaster(temporaryDirectory(), words);
    const before = master.workers();
    await master.ask("/grow", String(300 * 2 ** 20));
    await settled(master, 1, before);
    expect(master.running.output).toMatch(/is replaced: it has \d+ octets of memory, 314572800 are allowed/);
    const aging = await startMaster(temporaryDirectory(), ["1", "--worker-lifetime", "0.2"]);
    const young = aging.workers();
    await settled(aging, 1, young);
    expect(aging.running.output).toContain("worker 1 is replaced: it is 0.2 s old");
  });

  it("that block their event loop are killed, with the stack and the requests in the log", async () => {
    const master = await startMaster(temporaryDirectory(), ["2", "--heartbeat-timeout", "1"]);
    const spun = master.ask("/spin");
    await expect(spun).rejects.toThrow("closed");
    expect(master.running.output).toMatch(
      /worker \d is killed: its event loop has been blocked for 1(\.\d)? s/,
    );
    // The line of the TypeScript file, not of what it was turned into.
    const line = readFileSync(join(projectRoot, staff), "utf8")
      .split("\n")
      .findIndex((text) => text.includes("turn >= 0"));
    expect(master.running.output).toContain(`    at spinForEver (${join(projectRoot, staff)}:${line + 1}:`);
    expect(master.running.output).toMatch(/open requests: GET \/spin \(\d+ ms\)/);
    await serving(master, 2);
  });

  it("whose request takes too long answer 504 and are replaced; a blocked one is killed as soon", async () => {
    const master = await startMaster(temporaryDirectory(), ["1", "--request-timeout", "0.5"]);
    const before = master.workers();
    expect(await master.ask("/hang")).toEqual({ status: 504, body: "Gateway Timeout\n" });
    await master.running.printed("error: GET /hang: the application has not answered after ");
    const after = await settled(master, 1, before);
    await expect(master.ask("/spin")).rejects.toThrow("closed");
    await settled(master, 1, after);
    expect(master.running.output).toContain("at spinForEver");
  });

  it("that do not even run are killed, without a stack", async () => {
    const master = await startMaster(temporaryDirectory(), ["1", "--heartbeat-timeout", "0.5"]);
    const before = master.workers();
    process.kill(before[0] ?? 0, "SIGSTOP");
    await settled(master, 1, before);
    expect(master.running.output).toContain("worker 1 did not even say what it was at");
    expect((await master.ask("/")).status).toBe(200);
  });

  it("O4 that send the master nonsense are killed", async () => {
    const master = await startMaster(temporaryDirectory(), ["1"]);
    for (const lie of [
      "nonsense",
      "null",
      '{"type":"retire","reason":"\\u001b[2J\\nforged line"}',
      '{"type":"report","report":{"requests":-1,"running":0,"memoryOctets":1e99}}',
      "x".repeat(100_000),
    ]) {
      const before = master.workers();
      await master.ask("/lie", lie).catch(() => {});
      await settled(master, 1, before);
    }
    expect(master.running.output).toContain("is replaced: \\x1b[2J\n    forged line\n");
    expect(master.running.output).toContain("it sent a line that is no JSON object");
    expect(master.running.output).toContain("it sent a report whose figures are no counts");
    expect((await master.ask("/")).status).toBe(200);
  });

  it("finish and end when their master is killed, and the stale socket is replaced by the next", async () => {
    const directory = temporaryDirectory();
    const master = await startMaster(directory, ["2"]);
    const workers = master.workers();
    const slow = master.ask("/slow", "500");
    await master.running.printed("began in");
    master.running.kill("SIGKILL");
    expect((await slow).status).toBe(200);
    await expect.poll(() => workers.filter((pid) => isAlive(pid)), patience).toEqual([]);
    expect(existsSync(master.path)).toBe(true);
    const next = await startMaster(directory, ["1"]);
    expect((await next.ask("/")).status).toBe(200);
  });
});

describe("signals", () => {
  it("TTIN and TTOU add and remove a worker", async () => {
    const master = await startMaster(temporaryDirectory(), ["1"]);
    master.running.kill("SIGTTIN");
    await serving(master, 2);
    master.running.kill("SIGTTOU");
    await settled(master, 1);
    master.running.kill("SIGTTOU");
    await master.running.printed("1 worker(s) is the least there can be");
    expect((await master.ask("/")).status).toBe(200);
  });

  it("TERM lets requests finish, removes the path, and ends with status 0", async () => {
    const pidFile = join(temporaryDirectory(), "pid");
    const master = await startMaster(temporaryDirectory(), ["2", "--pid-file", pidFile]);
    expect(readFileSync(pidFile, "utf8")).toBe(`${master.running.pid}\n`);
    // A kept connection without a request does not hold it up.
    const idle = await FastcgiPeer.connect({ kind: "unix", path: master.path });
    idle.request(1, paramsWith({}));
    await idle.answer(1);
    const slow = master.ask("/slow", "400");
    await master.running.printed("began in");
    master.running.kill("SIGTERM");
    expect((await slow).status).toBe(200);
    expect(await master.running.ended).toEqual({ status: 0, signal: null });
    expect([existsSync(master.path), existsSync(pidFile)]).toEqual([false, false]);
  });

  it("a second TERM, or INT, does not wait", async () => {
    const master = await startMaster(temporaryDirectory(), ["2"]);
    const slow = master.ask("/slow", "60000").catch(() => "lost");
    await master.running.printed("began in");
    master.running.kill("SIGINT");
    await expect.poll(() => refuses(master.path), patience).toBe(true);
    master.running.kill("SIGTERM");
    expect(await master.running.ended).toEqual({ status: 0, signal: null });
    expect(await slow).toBe("lost");
    expect(existsSync(master.path)).toBe(false);
  });

  it("a stop takes no longer than --graceful-timeout, a blocked event loop included", async () => {
    for (const path of ["/slow", "/spin"]) {
      const master = await startMaster(temporaryDirectory(), ["1", "--graceful-timeout", "1"]);
      void master.ask(path, "60000").catch(() => {});
      if (path === "/slow") await master.running.printed("began in");
      else await expect.poll(() => answersNoMore(master.path), patience).toBe(true);
      const before = performance.now();
      master.running.kill("SIGTERM");
      expect(await master.running.ended).toEqual({ status: 0, signal: null });
      expect(performance.now() - before).toBeLessThan(1_600);
    }
  });

  it("are heard as process 1 of a container", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "s");
    const namespaces = ["--fork", "--pid", "--kill-child", ...(process.getuid?.() === 0 ? [] : ["-r"])];
    try {
      execFileSync("unshare", [...namespaces, "true"], { stdio: "ignore" });
    } catch {
      // A machine where nobody may make a namespace: nothing can be shown there.
      return;
    }
    const command = join(projectRoot, "dist/cli/main.js");
    const words = [process.execPath, command, "serve", staff, "--fastcgi", `unix:${path}`, "--workers", "1"];
    // Whom sockets are passed to makes no room for an init, on a Node.js that could.
    const env = { LISTEN_FDS: "0" };
    const outer = await startProcess("unshare", [...namespaces, ...words], { cwd: projectRoot, env });
    onTestFinished(() => outer.kill("SIGKILL"));
    await outer.printed("(pid 1, 1 worker)");
    const [master = 0] = childrenOf(outer.pid);
    process.kill(master, "SIGUSR2");
    await outer.printed("process 1 of a container cannot be replaced");
    process.kill(master, "SIGHUP");
    await outer.printed("reloaded: ");
    expect((await ask(path, "/")).status).toBe(200);
    process.kill(master, "SIGTERM");
    expect(await outer.ended).toEqual({ status: 0, signal: null });
    expect(existsSync(path)).toBe(false);
  });
});

function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => resolve(!socket.destroy()));
    socket.once("error", () => resolve(true));
  });
}

/** True once a request gets no answer for a while: the only worker is blocked. */
async function answersNoMore(path: string): Promise<boolean> {
  const answer = ask(path, "/").then(() => true);
  answer.catch(() => {});
  return !(await Promise.race([answer, new Promise<false>((resolve) => setTimeout(resolve, 200, false))]));
}

describe("a start that fails", () => {
  async function failing(
    code: string,
    ...words: string[]
  ): Promise<{ output: string; status: number | null }> {
    const directory = temporaryDirectory();
    const module = join(directory, "app.mjs");
    writeFileSync(module, code);
    const path = join(directory, "s");
    const child = await startTsgi(["serve", module, "--fastcgi", `unix:${path}`, "--workers", "2", ...words]);
    onTestFinished(() => child.kill("SIGKILL"));
    const { status } = await child.ended;
    expect(existsSync(path)).toBe(false);
    return { output: child.output, status };
  }

  it("because the application does not load ends with status 4 and one line, with a stack under --debug", async () => {
    const { output, status } = await failing("throw new Error('no database');");
    expect(output).toMatch(
      /^tsgi: cannot load \S+app\.mjs: it failed to load: Error: no database \(\S+app\.mjs:\d+:\d+\)\n$/,
    );
    expect(status).toBe(4);
    const debugging = await failing("throw new Error('no database');", "--debug");
    expect(debugging.output).toMatch(/app\.mjs:1:\d+/);
  });

  it("O3 because workers crash ends with status 3, after a bounded number of tries", async () => {
    const { output, status } = await failing("process.exit(9);");
    expect(output).toContain("ended with status 9 before it was ready");
    expect(output).toContain("5 workers failed one after another: giving up");
    expect(output.trimEnd().split("\n").length).toBeLessThan(10);
    expect(status).toBe(3);
  });

  it.each([
    [["--workers", "0"], 2, "a whole number above 0, or auto"],
    [["--workers", "2000"], 2, "expected at most 1024"],
    [["--max-requests", "5"], 2, "add --workers 1"],
    [["--workers", "1", "--fastcgi", "unix:/nonexistent/s"], 1, "its directory does not exist"],
    [["--workers", "1", "--fastcgi", "fd:77"], 1, "no such file descriptor was inherited"],
    [["--workers", "1"], 2, "got no address"],
    [
      ["--workers", "1", "--http", "127.0.0.1:0", "--pid-file", "/nonexistent/pid"],
      2,
      "cannot write the pid file /nonexistent/pid",
    ],
    [["--workers", "1", "--fastcgi", "127.0.0.1:0", "--script-name", "x"], 2, "scriptName"],
  ])("because of %j ends with status %i: %s", async (words, expected, text) => {
    const child = await startTsgi(["serve", staff, ...words]);
    const { status } = await child.ended;
    expect(child.output).toContain(text);
    expect(status).toBe(expected);
  });

  it("because another server answers at the path leaves that one alone", async () => {
    const directory = temporaryDirectory();
    const first = await startMaster(directory, ["1"]);
    const second = await startTsgi(["serve", staff, "--fastcgi", `unix:${first.path}`, "--workers", "1"]);
    expect(await second.ended).toEqual({ status: 1, signal: null });
    expect(second.output).toContain("another server listens there");
    expect((await first.ask("/")).status).toBe(200);
  });
});
