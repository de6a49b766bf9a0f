/** What systemd is told, over a real datagram socket; its sockets, by its own activation program; its units. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { formatAddress, type Address } from "../../src/protocols/address.ts";
import { findServiceManager, ServiceNotifier } from "../../src/process/index.ts";
import { isHealthy, serviceNotices } from "../../src/process/service-notices.ts";
import { initialState, type MasterState, type WorkerPhase } from "../../src/process/worker-state.ts";
import { inheritedAddresses, unclaimedSockets } from "../../src/server/index.ts";
import { startProcess } from "../support/process.ts";
import { gate, temporaryDirectory } from "../support/serving.ts";
import { startServiceManager } from "../support/service-manager.ts";
import { filesBelow, projectRoot, readProjectFile } from "../support/source-tree.ts";
import { bodyAt, fleets, jsonAt, startReady, startServe } from "./serving-process.ts";

const application = "test/process/applications/surroundings.ts";
const place = (): string => `unix:${join(temporaryDirectory(), "s")}`;
const monotonicNow = (): bigint => process.hrtime.bigint() / 1_000n;

describe("systemd is told", () => {
  it.each(fleets)("by %s that it is ready, which process it is, and that it stops", async (_name, words) => {
    for (const abstract of [false, true]) {
      const manager = await startServiceManager(abstract);
      const child = await startReady([application, "--fastcgi", place(), ...words], {
        env: { NOTIFY_SOCKET: manager.socket },
      });
      expect(await manager.said("READY=1")).toContain(`READY=1 | MAINPID=${child.pid} | STATUS=`);
      child.kill("SIGTERM");
      expect(await manager.said("STOPPING=1")).toContain("STATUS=finishing");
      expect(await child.ended).toEqual({ status: 0, signal: null });
      expect(manager.messages.filter((text) => !text.startsWith("STATUS="))).toHaveLength(2);
    }
  });

  it("of a reload, that it begins and that it is over, whether it worked or not", async () => {
    const manager = await startServiceManager();
    const module = join(temporaryDirectory(), "app.mjs");
    const working = 'export default (_, start) => (start("200 OK", []), [Buffer.from("new")]);';
    writeFileSync(module, working);
    const address = place();
    const child = await startReady([module, "--fastcgi", address, "--workers", "1"], {
      env: { NOTIFY_SOCKET: manager.socket },
    });
    await manager.said("READY=1");
    for (const code of [working, "throw new Error('broken')"]) {
      writeFileSync(module, code);
      const from = manager.messages.length;
      const before = monotonicNow();
      child.kill("SIGHUP");
      const reloading = await manager.said("RELOADING=1", from);
      const at = BigInt(/MONOTONIC_USEC=(\d+)/.exec(reloading)?.[1] ?? "0");
      // systemd drops one from before it has asked.
      expect(at >= before && at <= monotonicNow()).toBe(true);
      await manager.said("READY=1", from);
      const told = manager.messages.slice(from).map((text) => /^(?:RELOADING|READY)/.exec(text)?.[0]);
      expect(told.filter((name) => name !== undefined)).toEqual(["RELOADING", "READY"]);
    }
    expect(await bodyAt(address)).toBe("new");
  });

  it("of the new master after USR2, and not that anything stops", async () => {
    const manager = await startServiceManager();
    const child = await startReady([application, "--fastcgi", place(), "--workers", "1"], {
      env: { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: "400000", WATCHDOG_PID: undefined },
    });
    await manager.said("READY=1");
    const from = manager.messages.length;
    child.kill("SIGUSR2");
    const ready = await manager.said("READY=1", from);
    const pid = Number(/MAINPID=(\d+)/.exec(ready)?.[1]);
    expect(pid).not.toBe(child.pid);
    // The new one is watched now.
    await manager.said("WATCHDOG=1", manager.messages.length);
    expect(manager.messages.join("\n")).not.toContain("STOPPING");
    process.kill(pid, "SIGTERM");
    expect(await child.ended).toEqual({ status: 0, signal: null });
    // From the old one, before it handed over: systemd may take the word of nobody else.
    expect(manager.messages).toContain(`MAINPID=${pid}`);
  });

  it("of a new master that is not the old one's child: it waits for its own children alone", async () => {
    const manager = await startServiceManager();
    const module = join(temporaryDirectory(), "app.mjs");
    // The worker's parent is its master; whose child is that, when the application loads?
    writeFileSync(
      module,
      `import { readFileSync } from "node:fs";
       const [, parent] = /^PPid:\\s*(\\d+)$/m.exec(readFileSync("/proc/" + process.ppid + "/status", "utf8"));
       export default (environ, startResponse) => { startResponse("200 OK", []); return [Buffer.from(parent)]; };`,
    );
    const address = place();
    const child = await startReady([module, "--fastcgi", address, "--workers", "1"], {
      env: { NOTIFY_SOCKET: manager.socket },
    });
    await manager.said("READY=1");
    expect(await bodyAt(address)).toBe(String(process.pid));
    const from = manager.messages.length;
    child.kill("SIGUSR2");
    const pid = Number(/MAINPID=(\d+)/.exec(await manager.said("READY=1", from))?.[1]);
    await expect.poll(() => bodyAt(address), { timeout: 30_000 }).not.toBe(String(process.pid));
    expect(await bodyAt(address)).not.toBe(String(child.pid));
    process.kill(pid, "SIGTERM");
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });

  it("of no new master when that does not load the application", async () => {
    const manager = await startServiceManager();
    const module = join(temporaryDirectory(), "app.mjs");
    const working = `export default (environ, startResponse) => { startResponse("200 OK", []); return []; };`;
    writeFileSync(module, working);
    const child = await startReady([module, "--fastcgi", place(), "--workers", "1"], {
      env: { NOTIFY_SOCKET: manager.socket },
    });
    await manager.said("READY=1");
    writeFileSync(module, "throw new Error('broken')");
    child.kill("SIGUSR2");
    await child.printed("the new master failed, this one goes on: it ended before it was ready");
    expect(manager.messages.filter((text) => text.includes("MAINPID")).length).toBe(1);
  });

  it.each(fleets)("by %s that all is well, as often as it wants to hear it", async (_name, words) => {
    const manager = await startServiceManager();
    await startReady([application, "--fastcgi", place(), ...words], {
      env: { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: "200000", WATCHDOG_PID: undefined },
    });
    for (let from = 0; from < 5; from = manager.messages.length) await manager.said("WATCHDOG=1", from);
  });

  it("nothing of readiness when the master fails at its last step", async () => {
    const manager = await startServiceManager();
    const pidFile = join(temporaryDirectory(), "none", "pid");
    const child = await startServe(
      [application, "--fastcgi", place(), "--workers", "1", "--pid-file", pidFile],
      { env: { NOTIFY_SOCKET: manager.socket } },
    );
    await manager.said("STOPPING=1");
    expect(await child.ended).toEqual({ status: 2, signal: null });
    expect(child.output).toContain(pidFile);
    expect(manager.messages.join("\n")).not.toContain("READY=1");
  });

  it("nothing when nothing is well, or another process is watched", async () => {
    const manager = await startServiceManager();
    const asked = gate();
    let count = 0;
    const notifier = new ServiceNotifier({ socket: manager.socket, watchdogMs: 20 }, () => {});
    // Once it is unref'd, something else must hold the loop: the receiver does.
    notifier.startWatchdog(() => {
      if (++count === 10) asked.open();
      return false;
    });
    await asked.opened;
    notifier.stopWatchdog();
    notifier.notify({ STATUS: "last\nWATCHDOG=1" });
    await manager.said("STATUS=last");
    expect(manager.messages).toEqual(["STATUS=last WATCHDOG=1"]);
  });

  it("in order, and no more than a bounded queue at once", async () => {
    const manager = await startServiceManager();
    const notifier = new ServiceNotifier({ socket: manager.socket, watchdogMs: Infinity }, () => {});
    for (let count = 0; count < 100; count++) notifier.notify({ STATUS: count });
    await manager.said("STATUS=99");
    const told = manager.messages.map((text) => Number(text.slice("STATUS=".length)));
    expect(told).toEqual([0, ...Array.from({ length: 16 }, (_, index) => 84 + index)]);
  });

  it("or one line in the log says why not", async () => {
    const complaints: string[] = [];
    const complained = gate();
    const complain = (text: string): void => {
      complaints.push(text);
      complained.open();
    };
    const missing = new ServiceNotifier(
      { socket: "/nonexistent", watchdogMs: Infinity },
      complain,
      "no-such-program",
    );
    missing.notify({ READY: 1 });
    missing.notify({ READY: 1 });
    await complained.opened;
    expect(complaints).toEqual([
      expect.stringContaining("there is no no-such-program here; install it, or use Type=exec"),
    ]);
    const child = await startReady([application, "--fastcgi", place()], {
      env: { NOTIFY_SOCKET: "/nonexistent/n" },
    });
    await child.printed("tsgi: warning: cannot tell the service manager at /nonexistent/n");
  });
});

describe("findServiceManager", () => {
  it.each<[environment: NodeJS.ProcessEnv, watchdogMs: number | undefined]>([
    [{}, undefined],
    [{ NOTIFY_SOCKET: "" }, undefined],
    [{ NOTIFY_SOCKET: "relative" }, undefined],
    [{ NOTIFY_SOCKET: "/run/n" }, Infinity],
    [{ NOTIFY_SOCKET: "@n", WATCHDOG_USEC: "30000000" }, 30_000],
    [{ NOTIFY_SOCKET: "@n", WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 30_000],
    [{ NOTIFY_SOCKET: "@n", WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, Infinity],
    [{ NOTIFY_SOCKET: "@n", WATCHDOG_USEC: "soon" }, Infinity],
    [{ NOTIFY_SOCKET: "@n", WATCHDOG_USEC: "0" }, Infinity],
  ])("reads %j", (environment, watchdogMs) => {
    expect(findServiceManager(environment, 7)?.watchdogMs).toBe(watchdogMs);
  });
});

describe("serviceNotices", () => {
  const settings = {
    workers: 2,
    maxRequests: Infinity,
    maxRequestsJitter: 0,
    workerLifetimeMs: Infinity,
    maxMemoryOctets: Infinity,
    gracefulTimeoutMs: 30_000,
    heartbeatTimeoutMs: 30_000,
    slowStartMs: 10_000,
    startTimeoutMs: 30_000,
    application: "app.ts",
  };
  const state = (change: Partial<MasterState>, ...phases: WorkerPhase[]): MasterState => ({
    ...initialState(settings),
    phase: "running",
    workers: phases.map((phase, index) => ({
      id: index + 1,
      generation: 1,
      phase,
      startedAt: 0,
      readyAt: 0,
      toldSlow: false,
      heardAt: 0,
      deadline: Infinity,
    })),
    ...change,
  });
  const calm = state({}, "ready", "ready");
  const reloading = (generation: number): MasterState =>
    state(
      {
        reload: {
          generation,
          stage: "first",
          again: undefined,
          reason: undefined,
          before: { wanted: 2, configured: 2 },
        },
      },
      "ready",
      "ready",
    );

  it.each<[what: string, before: MasterState, after: MasterState, announced: boolean, told: string[]]>([
    ["nothing happens", calm, calm, true, []],
    ["a reload begins", calm, reloading(2), true, ["RELOADING"]],
    ["it goes on", reloading(2), state({ ...reloading(2) }, "ready"), true, []],
    ["it is over", reloading(2), calm, true, ["READY"]],
    ["another follows it", reloading(2), reloading(3), true, ["RELOADING"]],
    ["a worker has gone", calm, state({}, "ready"), true, ["STATUS"]],
    ["nobody has been told of it yet", calm, reloading(2), false, []],
    ["it stops", calm, state({ phase: "stopping" }, "draining"), true, ["STOPPING"]],
    [
      "it stops before it was ready",
      state({ phase: "starting" }),
      state({ phase: "stopping" }),
      false,
      ["STOPPING"],
    ],
    ["it is stopping", state({ phase: "stopping" }, "draining"), state({ phase: "ended" }), true, []],
    [
      "a new master has taken over",
      calm,
      state({ phase: "stopping", handedOver: true }, "draining"),
      true,
      [],
    ],
  ])("when %s", (_what, before, after, announced, told) => {
    expect(serviceNotices(before, after, announced, 1, 1n).map((notice) => Object.keys(notice)[0])).toEqual(
      told,
    );
  });

  it("and all is well while somebody serves", () => {
    expect(isHealthy(calm)).toBe(true);
    expect(isHealthy(state({}, "retiring", "starting"))).toBe(true);
    expect(isHealthy(state({}, "starting", "killed", "stuck", "draining"))).toBe(false);
    expect(isHealthy(state({ phase: "stopping" }, "draining"))).toBe(true);
  });
});

describe("systemd's sockets", () => {
  const passed = (count: string, names?: string): NodeJS.ProcessEnv => ({
    LISTEN_FDS: count,
    LISTEN_PID: String(process.pid),
    ...(names === undefined ? {} : { LISTEN_FDNAMES: names }),
  });
  const named = (name: string): Address => ({ kind: "systemd", name });
  const found = (name: string, environment: NodeJS.ProcessEnv): number[] =>
    inheritedAddresses(named(name), environment).map((address) => (address.kind === "fd" ? address.fd : -1));

  it("are found by name, all of one name together", () => {
    const environment = passed("4", "web:admin:web:web");
    expect(found("web", environment)).toEqual([3, 5, 6]);
    expect(found("admin", environment)).toEqual([4]);
    expect(inheritedAddresses({ kind: "fd", fd: 9 }, environment)).toEqual([{ kind: "fd", fd: 9 }]);
  });

  it("are unknown where they came without names, or with too few", () => {
    expect(found("unknown", passed("2"))).toEqual([3, 4]);
    expect(found("unknown", passed("3", "web::"))).toEqual([4, 5]);
    expect(found("web", passed("1", "web:web"))).toEqual([3]);
  });

  it.each([
    [passed("1", "web"), "it passed web; set FileDescriptorName="],
    [{ ...passed("1", "web"), LISTEN_PID: "1" }, "LISTEN_PID is 1, this is"],
    [{}, "it passed none"],
    [passed("-1"), "it passed none"],
    [passed("1e9"), "it passed none"],
  ])("are missed with a reason: %j", (environment, text) => {
    expect(() => found("api", environment)).toThrow(text);
  });

  it("that nothing is served at are named", () => {
    const environment = passed("3", "web:admin");
    expect(unclaimedSockets([named("web")], environment)).toEqual(["systemd:admin", "fd:5"]);
    expect(unclaimedSockets([named("web"), named("admin"), { kind: "fd", fd: 5 }], environment)).toEqual([]);
    expect(unclaimedSockets([], { ...environment, LISTEN_PID: "1" })).toEqual([]);
  });

  it.each(fleets)("serve %s as systemd passes them, and again after USR2", async (_name, words) => {
    const directory = temporaryDirectory();
    const sockets = ["a", "b", "c"].map((name) => join(directory, name));
    const command = [
      process.execPath,
      "dist/cli/main.js",
      "serve",
      application,
      "--fastcgi",
      "systemd:web",
      "--fastcgi",
      "systemd:admin",
      ...words,
    ];
    const listen = sockets.flatMap((path) => ["-l", path]);
    const child = await startProcess(
      "systemd-socket-activate",
      [...listen, "--fdname=web:admin:web", ...command],
      { cwd: projectRoot },
    );
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await child.printed("Listening on");
    for (const path of sockets) {
      const { environment } = (await jsonAt(`unix:${path}`)) as { environment: object };
      expect(Object.keys(environment).filter((name) => name.startsWith("LISTEN_"))).toEqual([]);
    }
    if (words.length === 0) return;
    await child.printed(" ready at ");
    child.kill("SIGUSR2");
    await child.printed("this one finishes what it has begun");
    await child.printedAfter(() => [...child.output.matchAll(/ ready at .*\(pid (\d+)/g)].length === 2);
    const pid = Number([...child.output.matchAll(/ ready at .*\(pid (\d+)/g)][1]?.[1]);
    onTestFinished(() => {
      process.kill(pid, "SIGKILL");
    });
    for (const path of sockets)
      expect(await jsonAt(`unix:${path}`)).toMatchObject({ user: expect.any(Array) as unknown[] });
  });

  it("are warned about when no address names them", async () => {
    const directory = temporaryDirectory();
    const sockets = ["a", "b"].map((name) => join(directory, name));
    const command = [process.execPath, "dist/cli/main.js", "serve", application, "--fastcgi", "systemd:web"];
    const child = await startProcess(
      "systemd-socket-activate",
      [...sockets.flatMap((path) => ["-l", path]), "--fdname=web:admin", ...command],
      { cwd: projectRoot },
    );
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await child.printed("Listening on");
    await jsonAt(`unix:${sockets[0]}`);
    await child.printed(
      "tsgi: warning: systemd passed a socket that nothing is served at: name it, as in --fastcgi systemd:admin",
    );
  });
});

describe("abstract names", () => {
  it.each(fleets)("serve %s, leave no file, and are refused when they are taken", async (_name, words) => {
    const address = `unix:@tsgi-test-${process.pid}-${words.length}`;
    const child = await startReady([application, "--fastcgi", address, ...words]);
    expect(child.output).toContain(
      `fastcgi:${formatAddress({ kind: "unix", path: `\0${address.slice(6)}` })} `,
    );
    expect(await jsonAt(address)).toMatchObject({ user: expect.any(Array) as unknown[] });
    const second = await startProcess(
      process.execPath,
      ["dist/cli/main.js", "serve", application, "--fastcgi", address, ...words],
      { cwd: projectRoot },
    );
    expect((await second.ended).status).toBe(1);
    expect(second.output).toContain("another program listens there");
    expect((await child.stop()).status).toBe(0);
  });
});

describe("systemd-examples", () => {
  const units = filesBelow("systemd-examples", "").filter((path) => !path.endsWith(".md"));

  it("are taken by systemd", () => {
    const complaints = execFileSync("systemd-analyze", ["verify", ...units], {
      cwd: projectRoot,
      encoding: "utf8",
      stdio: "pipe",
    });
    expect(complaints).toBe("");
    const readme = readProjectFile("systemd-examples/README.md");
    for (const unit of units) expect(readme).toContain(`(${unit.slice("systemd-examples/".length)})`);
  });

  it("serve, with the very words of the service and the names of the socket unit", async () => {
    const service = readProjectFile("systemd-examples/tsgi.service");
    const name =
      /^FileDescriptorName=(\w+)$/m.exec(readProjectFile("systemd-examples/tsgi.socket"))?.[1] ?? "";
    const words = (/^ExecStart=\S+ \S+ (.*)$/m.exec(service)?.[1] ?? "")
      .replace("app.ts", application)
      .split(" ");
    const path = join(temporaryDirectory(), "s");
    const manager = await startServiceManager();
    const passing = ["-E", `NOTIFY_SOCKET=${manager.socket}`, "-l", path, `--fdname=${name}`];
    const child = await startProcess(
      "systemd-socket-activate",
      [...passing, process.execPath, "dist/cli/main.js", ...words],
      { cwd: projectRoot },
    );
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await child.printed("Listening on");
    expect(await jsonAt(`unix:${path}`)).toMatchObject({ user: expect.any(Array) as unknown[] });
    expect(await manager.said("READY=1")).toContain(`MAINPID=${child.pid} | STATUS=4 of 4`);
    expect((await child.stop()).status).toBe(0);
  });
});
