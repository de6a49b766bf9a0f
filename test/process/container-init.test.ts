/** The init that process 1 makes room for, on a Node.js that can: a real process 1 in a namespace of its own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAddress } from "../../src/protocols/address.ts";
import { wantsInit, type InitCircumstances } from "../../src/process/container-init.ts";
import { FastcgiPeer, paramsWith } from "../support/fastcgi-peer.ts";
import { nodeOf } from "../support/node-versions.ts";
import { hasNamespaces, startProcessOne, type ProcessOne } from "../support/process-one.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";
import { fleets } from "./serving-process.ts";

const application = "test/process/applications/orphaning.mjs";
/** More than a shell would leave as it is. */
const word = `a  b '"$HOME\\`;
let node = "";

interface Found {
  readonly pid: number;
  readonly ppid: number;
  readonly sleeping: number;
  readonly word: string;
  readonly execArgv: readonly string[];
}

async function ask(path: string, target: string): Promise<Found> {
  const peer = await FastcgiPeer.connect(parseAddress(`unix:${path}`));
  peer.request(1, paramsWith({ PATH_INFO: target }), "", false);
  const { output } = await peer.answer(1);
  peer.socket.destroy();
  return JSON.parse(output.slice(output.indexOf("\r\n\r\n") + 4)) as Found;
}

function start(path: string, module: string, words: readonly string[]): Promise<ProcessOne> {
  const command = [node, "--stack-trace-limit=20", "dist/cli/main.js", "serve", module];
  const all = [...command, "--fastcgi", `unix:${path}`, "--env", `WORD=${word}`, ...words];
  return startProcessOne(all, { cwd: projectRoot, env: { NOTIFY_SOCKET: undefined, LISTEN_FDS: undefined } });
}

describe.skipIf(!hasNamespaces())("process 1", () => {
  beforeAll(async () => {
    node = await nodeOf(24);
  });

  it.each(fleets)("is an init before %s, which collects what is left behind", async (_name, words) => {
    const path = join(temporaryDirectory(), "s");
    const child = await start(path, application, words);
    await child.printed(" ready at ");
    const found = await ask(path, "/orphan");
    expect(found).toMatchObject({ sleeping: 1, word, execArgv: ["--stack-trace-limit=20"] });
    expect(child.output).toMatch(/\(pid (?!1\b)\d+/);
    await expect.poll(async () => (await ask(path, "/")).sleeping).toBe(0);
    child.signal("SIGTERM");
    expect(await child.ended).toEqual({ status: 0, signal: null });
    expect(existsSync(path)).toBe(false);
    expect(child.output).not.toContain("cannot collect");
  });

  it("hands on every signal that a master takes, and is not replaced by USR2", async () => {
    const path = join(temporaryDirectory(), "s");
    const child = await start(path, application, ["--workers", "1"]);
    await child.printed("1 worker)");
    for (const [name, line] of [
      ["SIGUSR2", "process 1 of a container cannot be replaced"],
      ["SIGHUP", "reloaded: "],
      ["SIGTTIN", "2 worker(s) from now on"],
      ["SIGTTOU", "1 worker(s) from now on"],
    ] as const) {
      const before = child.output.length;
      child.signal(name);
      await child.printedAfter(() => child.output.includes(line, before));
    }
    // Node.js would open its debugger, and end with USR2, if these came to nobody who takes them.
    child.signal("SIGUSR1");
    expect((await ask(path, "/")).ppid).toBeGreaterThan(1);
    child.signal("SIGQUIT");
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });

  it("ends with the status of what it has started", async () => {
    const path = join(temporaryDirectory(), "s");
    const failing = await start(path, "test/cli/applications/throwing.ts", []);
    expect((await failing.ended).status).toBe(4);
    const wrong = await start(path, application, ["--socket-mode", "0999"]);
    expect((await wrong.ended).status).toBe(2);
  });

  it("takes a signal while the application loads", async () => {
    const path = join(temporaryDirectory(), "s");
    const child = await start(path, "test/cli/applications/never-loaded.mjs", []);
    await child.printed("loading");
    child.signal("SIGTERM");
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });
});

describe("wantsInit", () => {
  const container: InitCircumstances = {
    pid: 1,
    platform: "linux",
    environment: {},
    hasSockets: false,
    isTerminal: () => false,
    canRun: (path) => path === "/bin/sh",
  };

  it.each<[string, Partial<InitCircumstances>, boolean]>([
    ["process 1", {}, true],
    ["any other", { pid: 2 }, false],
    ["another system", { platform: "darwin" }, false],
    ["systemd's sockets", { environment: { LISTEN_FDS: "1" } }, false],
    ["a manager that waits for a notice", { environment: { NOTIFY_SOCKET: "/run/n" } }, false],
    ["a socket by its descriptor", { hasSockets: true }, false],
    ["a terminal", { isTerminal: (descriptor) => descriptor === 0 }, false],
    ["no shell", { canRun: () => false }, false],
  ])("%s", (_, change, wanted) => {
    expect(wantsInit({ ...container, ...change })).toBe(wanted);
  });
});
