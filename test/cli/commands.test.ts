/** The `tsgi` command as real processes: serve, request, proxy, their messages and exit statuses. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadApplication } from "../../src/cli/load-application.ts";
import { FastcgiPeer, paramsWith } from "../support/fastcgi-peer.ts";
import { startProcess, type ProcessEnd, type RunningProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist/cli/main.js");
const applications = join(projectRoot, "test/cli/applications");

async function tsgi(...words: string[]): Promise<RunningProcess> {
  const child = await startProcess(process.execPath, [command, ...words], { cwd: applications });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await child.ended;
  });
  return child;
}

async function run(...words: string[]): Promise<ProcessEnd & { output: string }> {
  const child = await tsgi(...words);
  const end = await child.ended;
  return { ...end, output: child.output };
}

/** The address of a port that somebody listens on. */
async function listening(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serving(module: string, ...words: string[]): Promise<{ child: RunningProcess; path: string }> {
  const path = join(temporaryDirectory(), "s");
  const child = await tsgi("serve", module, "--fastcgi", `unix:${path}`, ...words);
  await child.printed(" ready at ");
  return { child, path };
}

describe("tsgi serve", () => {
  it.each(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"] as const)(
    "%s stops it, and the next one does not wait, however soon it comes",
    async (signal) => {
      const { child, path } = await serving("waiting.mjs");
      const peer = await FastcgiPeer.connect({ kind: "unix", path });
      peer.request(1, paramsWith({ PATH_INFO: "/" }));
      await child.printed("called");
      child.kill(signal);
      child.kill(signal === "SIGTERM" ? "SIGINT" : "SIGTERM");
      expect(await child.ended).toEqual({ status: 0, signal: null });
      peer.socket.destroy();
    },
  );

  it.each([[], ["--workers", "1"]])(
    "survives promises that reject since the client has gone, and no others (%j)",
    async (...words) => {
      const { child, path } = await serving("leaving.mjs", ...words);
      const peer = await FastcgiPeer.connect({ kind: "unix", path });
      peer.request(1, paramsWith({ REQUEST_URI: "/stream", PATH_INFO: "/stream" }));
      await once(peer.socket, "data");
      peer.socket.destroy();
      await child.printed("the client has gone");
      expect((await run("request", `fastcgi:unix:${path}`, "/")).output).toBe("here");
      expect(child.output).not.toContain("ERR_REQUEST_ABORTED");
      await run("request", `fastcgi:unix:${path}`, "/error");
      await child.printed("RangeError: nobody looks at this");
      if (words.length === 0) expect(await child.ended).toEqual({ status: 1, signal: null });
    },
  );

  it("imports through links at the first request as well, whatever sockets and pipes it has looked at", async () => {
    // As pnpm installs: what is in node_modules is a link.
    const directory = temporaryDirectory();
    const store = join(directory, "store", "late");
    mkdirSync(store, { recursive: true });
    mkdirSync(join(directory, "node_modules"));
    symlinkSync(store, join(directory, "node_modules", "late"));
    writeFileSync(join(store, "index.mjs"), "export const where = import.meta.url;\n");
    writeFileSync(join(store, "package.json"), '{ "name": "late", "exports": "./index.mjs" }');
    const application = join(directory, "application.mjs");
    const source = 'export default { fetch: async () => new Response((await import("late")).where) };';
    writeFileSync(application, source);
    const { path } = await serving(application, "--access-log", join(directory, "access.log"));
    const { output } = await run("request", `fastcgi:unix:${path}`, "/");
    expect(output).toBe(pathToFileURL(join(realpathSync.native(store), "index.mjs")).href);
  });

  it("survives the signals that are for a master, and says so", async () => {
    const { child, path } = await serving("plain.mjs");
    for (const signal of ["SIGUSR2", "SIGTTIN", "SIGTTOU"] as const) {
      child.kill(signal);
      await child.printed(`warning: ${signal} is for a master, and there is none: add --workers 1, or more`);
    }
    expect((await run("request", `fastcgi:unix:${path}`, "/")).output).toBe("plain");
  });

  it("ends at once when it is told to stop while the application loads", async () => {
    const child = await tsgi(
      "serve",
      "never-loaded.mjs",
      "--fastcgi",
      `unix:${join(temporaryDirectory(), "s")}`,
    );
    await child.printed("loading");
    child.kill("SIGTERM");
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });

  it("opens its logs anew at USR1, and no debugger, while the application loads", async () => {
    const directory = temporaryDirectory();
    const log = join(directory, "error.log");
    const address = `unix:${join(directory, "s")}`;
    const child = await tsgi("serve", "never-loaded.mjs", "--fastcgi", address, "--error-log", log);
    await child.printed("loading");
    renameSync(log, `${log}.1`);
    child.kill("SIGUSR1");
    await expect.poll(() => existsSync(log)).toBe(true);
    await child.stop();
    expect(child.output).toBe("loading\n");
  });

  it("runs TypeScript with enums, parameter properties, top-level await and imports of every spelling", async () => {
    const { path, child } = await serving("features.ts");
    const answer = await run("request", `fastcgi:unix:${path}`, "/");
    expect(answer).toMatchObject({ status: 0, output: "hello red held! true" });
    const [ready, ...more] = child.output.trimEnd().split("\n");
    expect(ready).toBe(`tsgi: features.ts ready at fastcgi:unix:${path} (pid ${child.pid})`);
    const asRoot = [
      "tsgi: warning: the application runs as root: add --user NAME, or --user root to be told no more",
    ];
    expect(more).toEqual(process.getuid?.() === 0 ? asRoot : []);
  });

  it("serves FastCGI and SCGI side by side, and `request` and `proxy` speak both", async () => {
    const directory = temporaryDirectory();
    const places = [
      `fastcgi:unix:${join(directory, "f")}`,
      `scgi:unix:${join(directory, "s")}`,
      "scgi:127.0.0.1:",
    ];
    const [fastcgi = "", scgi = ""] = places.map((place) => place.replace(/^\w+:/, ""));
    const words = ["--fastcgi", fastcgi, "--scgi", scgi, "--scgi", "127.0.0.1:0"];
    const child = await tsgi("serve", "plain.mjs", ...words);
    await child.printed(" ready at ");
    const ready = / ready at (\S+), (\S+), (\S+) \(pid/.exec(child.output)?.slice(1) ?? [];
    expect(ready.map((each, at) => each.startsWith(places[at] ?? "?"))).toEqual([true, true, true]);
    for (const place of ready) {
      expect(await run("request", place, "/", "-d", "a body")).toMatchObject({ status: 0, output: "plain" });
      const proxy = await tsgi("proxy", "--http", "127.0.0.1:0", "--to", place);
      await proxy.printed(" ready at ");
      const origin = / ready at (\S+) for /.exec(proxy.output)?.[1] ?? "";
      expect(await (await fetch(origin)).text()).toBe("plain");
    }
  });

  it("runs a .ts file where no package.json says that it is a module", async () => {
    const directory = temporaryDirectory();
    for (const name of ["features.ts", "imported.ts", "punctuation.ts"]) {
      copyFileSync(join(applications, name), join(directory, name));
    }
    const { path } = await serving(`${directory}/features.ts`);
    expect((await run("request", `fastcgi:unix:${path}`, "/")).output).toBe("hello red held! true");
  });

  it("takes the export it is told, and `default` of a JavaScript module", async () => {
    const other = await serving("features.ts:other");
    expect((await run("request", `fastcgi:unix:${other.path}`, "/")).output).toBe("the other one");
    const plain = await serving("plain.mjs");
    expect((await run("request", `fastcgi:unix:${plain.path}`, "/")).output).toBe("plain");
  });

  it("answers a plain 500 when the application throws, and logs request, cause and place", async () => {
    const { path, child } = await serving("features.ts:failing");
    const answer = await run("request", `fastcgi:unix:${path}`, "/there?a=b", "-i");
    expect(answer.output).toContain("HTTP/1.1 500 Internal Server Error");
    const body = answer.output.slice(answer.output.indexOf("\r\n\r\n"));
    expect(body).not.toMatch(/\.ts|\.js/);
    expect(child.output).toContain("error: GET /there: the application failed: TypeError: thrown on purpose");
    // The stack shows the line of the TypeScript file, not of what it was turned into.
    expect(child.output).toMatch(/features\.ts:33:\d+/);
    const debugging = await serving("features.ts:failing", "--debug");
    expect((await run("request", `fastcgi:unix:${debugging.path}`, "/")).output).toContain(
      "thrown on purpose",
    );
  });

  it.each([
    [["serve", "missing.ts", "--fastcgi", ":0"], 4, "there is no file"],
    [
      ["serve", "throwing.ts", "--fastcgi", ":0"],
      4,
      "it failed to load: Error: no database (throwing.ts:1:7)",
    ],
    [["serve", ".", "--fastcgi", ":0"], 4, "there is no file"],
    [
      ["serve", "nothing.ts", "--fastcgi", ":0"],
      4,
      "it exports something; expected `application` or `default`",
    ],
    [["serve", "features.ts:number", "--fastcgi", ":0"], 4, "`number` is of type number"],
    [["serve", "features.ts"], 2, "got no address"],
    [["serve", "features.ts", "--fastcgi", "unix:/nonexistent/s"], 1, "directory does not exist"],
    [["serve", "features.ts", "--fastcgi", "here"], 2, "unix:/path"],
    [["serve", "features.ts", "--fastgci", "x"], 2, "did you mean --fastcgi?"],
    [["srve"], 2, "did you mean serve?"],
    [["request", "fastcgi:unix:/nonexistent/s", "/"], 1, "/nonexistent/s"],
    [["proxy"], 2, "--"],
  ] as Array<[string[], number, string]>)(
    "%j ends with status %i and one line: %s",
    async (words, status, text) => {
      const end = await run(...words);
      expect(end.output).toContain(text);
      expect(end.output.trimEnd().split("\n")).toHaveLength(1);
      expect(end.output).toMatch(/^tsgi: /);
      expect(end.status).toBe(status);
    },
  );

  it("says where a file that does not compile is broken, in one line", async () => {
    const path = join(temporaryDirectory(), "broken.ts");
    writeFileSync(path, 'const greeting = "grüß dich 漢字";\nexport const application = "漢" + ;\n');
    const end = await run("serve", path, "--fastcgi", ":0");
    expect(end.status).toBe(4);
    const why = `it failed to load: SyntaxError: ${path}:2:34: Unexpected token`;
    expect(end.output).toBe(`tsgi: cannot load ${path}: ${why}\n`);
  });

  it.each([
    ["waits.ts", "await new Promise(() => {});", "it waits for something that never comes"],
    ["exits.ts", "process.exit(0);", "it ended the process before it had loaded (status 0)"],
    ["names.ts", 'import { frob } from "./names.ts";\nexport const application = frob;', "names.ts:1)"],
    [
      "needs.ts",
      'import x from "no-such-package"; export const application = x;',
      ": npm install no-such-package?",
    ],
    ["alias.ts", 'import x from "@/lib"; export const application = x;', "tsconfig.json are not applied"],
    ["old.cts", "export const application = 1;", "expected a .ts, .mts, .tsx, .js, .mjs or .cjs file"],
  ])("says in one line that %s does not load, and ends with status 4", async (name, source, text) => {
    const path = join(temporaryDirectory(), name);
    writeFileSync(path, source);
    for (const words of [
      ["serve", path, "--fastcgi", ":0"],
      ["run", path],
    ]) {
      const end = await run(...words);
      expect(end).toMatchObject({ status: 4, output: expect.stringContaining(text) as string });
      expect(end.output.trimEnd().split("\n")).toHaveLength(1);
    }
  });

  it("says in one line that a socket's path is below something that is no directory", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    const end = await run("serve", "plain.mjs", "--fastcgi", `unix:${file}/s`);
    expect(end.status).toBe(1);
    expect(end.output).toMatch(/^tsgi: cannot listen on unix:\S+: ENOTDIR[^\n]*\n$/);
  });

  it("leaves neither itself nor files behind when it cannot start, whatever timers the application has", async () => {
    const directory = temporaryDirectory();
    const [path, pidFile] = [join(directory, "s"), join(directory, "pid")];
    const taken = await listening();
    for (const [words, status, text] of [
      [["--status", taken], 1, "another program listens there"],
      [["--scgi", taken], 1, "another program listens there"],
      [["--pid-file", join(directory, "missing", "pid")], 2, "cannot write the pid file"],
    ] as const) {
      const mine = words.includes("--pid-file") ? [] : ["--pid-file", pidFile];
      const end = await run("serve", "timer.ts", "--fastcgi", `unix:${path}`, ...mine, ...words);
      expect(end).toMatchObject({ status, output: expect.stringContaining(text) as string });
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it("goes on serving when nobody reads what it prints any more", async () => {
    const path = join(temporaryDirectory(), "s");
    const words = [command, "serve", "features.ts:failing", "--fastcgi", `unix:${path}`];
    const child = spawn(process.execPath, words, { cwd: applications, stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stderr, "data");
    child.stdout.destroy();
    child.stderr.destroy();
    for (let n = 0; n < 3; n++) {
      expect((await run("request", `fastcgi:unix:${path}`, "/", "-i")).output).toContain("500 Internal");
    }
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("ends without a word when the reader of its output has seen enough, with the status it has anyway", () => {
    const words = [process.execPath, command, "serve", "features.ts", "--http", ":0", "--check"];
    const script = `{ "$@" 2>&3; echo "status $?" >&3; } 3>&2 | true`;
    const { stderr } = spawnSync("sh", ["-c", script, "sh", ...words], {
      cwd: applications,
      encoding: "utf8",
    });
    expect(stderr).toBe("status 0\n");
  });

  it("rejects what is no module", async () => {
    await expect(loadApplication("missing.mjs", "/")).rejects.toMatchObject({
      code: "ERR_CONFIG_APPLICATION",
    });
  });

  it("shows the stack of what failed to load under --debug", async () => {
    const end = await run("serve", "throwing.ts", "--fastcgi", ":0", "--debug");
    expect(end.status).toBe(4);
    const [first, cause] = end.output.split("\n");
    expect(first).toMatch(/^tsgi: cannot load throwing\.ts: it failed to load: Error: no database/);
    expect(cause).toBe("caused by Error: no database");
    expect(end.output).toContain("    at <anonymous> (");
    expect(end.output).toContain("throwing.ts:1:7)\n");
  });

  it("finishes the running request on TERM, then ends with status 0, whatever timers the application has", async () => {
    const { child, path } = await serving("timer.ts");
    const peer = await FastcgiPeer.connect({ kind: "unix", path });
    peer.request(1, paramsWith({ PATH_INFO: "/held" }));
    await child.printed("began /held");
    child.kill("SIGTERM");
    // It has stopped listening once the path is gone; the request that had begun is still served.
    await expect
      .poll(() =>
        FastcgiPeer.connect({ kind: "unix", path }).then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
    child.kill("SIGUSR2");
    expect((await peer.answer(1)).output).toContain("done");
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });

  it("ends at once on a second signal", async () => {
    const { child, path } = await serving("timer.ts");
    const peer = await FastcgiPeer.connect({ kind: "unix", path });
    peer.request(1, paramsWith({ PATH_INFO: "/held" }));
    await child.printed("began /held");
    child.kill("SIGINT");
    await expect
      .poll(() =>
        FastcgiPeer.connect({ kind: "unix", path }).then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
    child.kill("SIGINT");
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });

  it("gives requests up after --graceful-timeout", async () => {
    const { child, path } = await serving("timer.ts", "--graceful-timeout", "0.05");
    const peer = await FastcgiPeer.connect({ kind: "unix", path });
    peer.request(1, paramsWith({ PATH_INFO: "/held" }));
    await child.printed("began /held");
    child.kill("SIGTERM");
    expect(await child.ended).toEqual({ status: 0, signal: null });
    await peer.closed;
  });
});

describe("tsgi", () => {
  it("prints its version and help", async () => {
    expect((await run("--version")).output).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run("help")).output).toContain("tsgi serve MODULE[:EXPORT]");
    expect(await run("serve", "--help")).toMatchObject({ status: 0 });
    expect(await run()).toMatchObject({ status: 2 });
  });

  it("has the documentation that its tables say", async () => {
    const child = await startProcess(process.execPath, ["scripts/write-docs.mjs", "--check"], {
      cwd: projectRoot,
    });
    const end = await child.ended;
    expect(child.output).toBe("");
    expect(end.status).toBe(0);
  });
});
