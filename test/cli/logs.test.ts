/** The logs of real `tsgi` processes: what goes where, rotation under load, full disks, slow requests. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FastcgiPeer, paramsWith } from "../support/fastcgi-peer.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { describeAsRoot, nobody } from "../support/root.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist/cli/main.js");
const applications = join(projectRoot, "test/cli/applications");

async function start(...words: string[]): Promise<RunningProcess> {
  const running = await startProcess(process.execPath, [command, ...words], {
    cwd: applications,
    env: { TZ: "UTC" },
  });
  onTestFinished(async () => {
    running.kill("SIGTERM");
    running.kill("SIGTERM");
    await running.ended;
  });
  return running;
}

interface Serving {
  readonly running: RunningProcess;
  readonly directory: string;
  connect(): Promise<FastcgiPeer>;
  /** One request on a connection of its own. */
  ask(path: string, changes?: Readonly<Record<string, string>>): Promise<string>;
  /** The lines of a file in the directory. */
  lines(name: string): string[];
  /** Resolves once a line of the file matches. */
  logged(name: string, pattern: RegExp): Promise<string>;
}

/** `DIR/` in a word is the test's directory. */
async function serving(...words: string[]): Promise<Serving> {
  const directory = temporaryDirectory();
  const path = join(directory, "s");
  const running = await start(
    "serve",
    "talkative.ts",
    "--fastcgi",
    `unix:${path}`,
    ...words.map((word) => word.replace("DIR/", `${directory}/`)),
  );
  await running.printed(" ready at ");
  const connect = async (): Promise<FastcgiPeer> => {
    const peer = await FastcgiPeer.connect({ kind: "unix", path });
    onTestFinished(() => {
      peer.socket.destroy();
    });
    return peer;
  };
  const lines = (name: string): string[] =>
    readFileSync(join(directory, name), "utf8").split("\n").filter(Boolean);
  const find = (name: string, pattern: RegExp): string | undefined =>
    lines(name).find((line) => pattern.test(line));
  return {
    running,
    directory,
    connect,
    ask: async (url, changes = {}) => {
      const peer = await connect();
      peer.request(1, paramsWith({ PATH_INFO: url, REQUEST_URI: url, ...changes }), "", false);
      return (await peer.answer(1)).output;
    },
    lines,
    logged: async (name, pattern) => {
      await expect.poll(() => find(name, pattern), { timeout: 30_000, interval: 20 }).toBeDefined();
      return find(name, pattern) ?? "";
    },
  };
}

const application = readFileSync(join(applications, "talkative.ts"), "utf8").split("\n");
const workers = ["--workers", "2"];
const modes: ReadonlyArray<readonly [string, readonly string[]]> = [
  ["one process", []],
  ["two workers", workers],
];

describe.each(modes)("with %s", (_mode, words) => {
  it("rotation under load loses no line", { timeout: 60_000 }, async () => {
    const { running, directory, connect } = await serving(
      ...words,
      "--access-log",
      "DIR/access.log",
      "--access-log-format",
      "%U",
      "--error-log",
      "DIR/error.log",
    );
    const sent: string[] = [];
    const load = { over: false };
    const clients = Array.from({ length: 4 }, async (_, client) => {
      const peer = await connect();
      for (let n = 0; !load.over; n++) {
        const path = `/${client}/${n}`;
        peer.request(1, paramsWith({ PATH_INFO: path }));
        await peer.answer(1);
        sent.push(path);
      }
    });
    for (let turn = 0; turn < 8; turn++) {
      const enough = sent.length + 500;
      await expect.poll(() => sent.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(enough);
      renameSync(join(directory, "access.log"), join(directory, `access.log.${turn}`));
      running.kill("SIGUSR1");
      // The next one may come before every worker has heard of this one, the file must be there.
      await expect
        .poll(() => readdirSync(directory), { timeout: 10_000, interval: 5 })
        .toContain("access.log");
    }
    load.over = true;
    await Promise.all(clients);
    expect(await running.stop()).toMatchObject({ status: 0 });
    const names = readdirSync(directory).filter((name) => name.startsWith("access.log"));
    const written = names.flatMap((name) =>
      readFileSync(join(directory, name), "latin1").split("\n").slice(0, -1),
    );
    expect(names).toHaveLength(9);
    expect(written.toSorted()).toEqual(sent.toSorted());
    expect(readFileSync(join(directory, "error.log"), "utf8")).not.toContain("error:");
  });

  it("a full disk costs lines, and no answers", { timeout: 30_000 }, async () => {
    const { running, connect } = await serving(...words, "--access-log", "/dev/full");
    const peer = await connect();
    for (let n = 0; n < 50; n++) {
      peer.request(1, paramsWith({ PATH_INFO: `/${n}` }));
      expect((await peer.answer(1)).output).toContain("hello");
    }
    await running.printed("error: the access log /dev/full cannot be written (ENOSPC");
    await running.stop();
    expect(running.output).toContain("the access log /dev/full has lost 50 lines");
  });

  it("a request that blocks the event loop is logged once, with its stack", async () => {
    const { ask, lines, logged } = await serving(
      ...words,
      "--slow-request",
      "0.2",
      "--error-log",
      "DIR/error.log",
      "--error-log-format",
      "json",
    );
    for (const path of ["/first", "/second"]) {
      await ask("/spin", { QUERY_STRING: "3000", SCRIPT_NAME: path });
      const line = await logged("error.log", new RegExp(`GET ${path}/spin`));
      const entry = JSON.parse(line) as Record<string, string>;
      expect(entry).toMatchObject({ level: "warning", source: "server" });
      expect(entry["message"]).toMatch(/^GET \/\w+\/spin: slow request: no answer after \d{3,4} ms$/);
      // Lines of the TypeScript file, not of what it was turned into.
      const [inside, caller] = [...(entry["stack"] ?? "").matchAll(/talkative\.ts:(\d+):/g)].map(
        ([, n]) => n,
      );
      expect(entry["stack"]).toMatch(/(?:^|\n)at spin \(.*\nat application \(/);
      expect(application[Number(inside) - 1]).toContain("while (performance.now() < end)");
      expect(application[Number(caller) - 1]).toContain("spin(Number(");
      expect(entry["worker"]).toEqual(words.length === 0 ? undefined : expect.any(Number));
    }
    expect(lines("error.log").filter((line) => line.includes("slow request"))).toHaveLength(2);
  });

  it("a request that waits for one that blocks is logged without the other's stack", async () => {
    const { ask, connect, logged } = await serving(
      "--slow-request",
      "0.5",
      "--error-log",
      "DIR/error.log",
      "--error-log-format",
      "json",
      ...(words.length === 0 ? [] : ["--workers", "1"]),
    );
    const peer = await connect();
    peer.request(1, paramsWith({ PATH_INFO: "/hold", REQUEST_URI: "/hold" }));
    await ask("/spin", { QUERY_STRING: "3000" });
    expect(JSON.parse(await logged("error.log", /GET \/spin/))).toHaveProperty("stack");
    expect(JSON.parse(await logged("error.log", /GET \/hold/))).not.toHaveProperty("stack");
    await ask("/release");
  });

  it("a request that waits is logged while it does, without a stack", async () => {
    const { ask, connect, lines, logged } = await serving(
      "--slow-request",
      "0.1",
      "--error-log",
      "DIR/error.log",
      ...words,
    );
    const peer = await connect();
    peer.request(1, paramsWith({ PATH_INFO: "/hold" }));
    await logged("error.log", /warning: GET \/hold: slow request: no answer after \d{3,4} ms$/);
    // With two workers it may be the other one that is asked.
    const isAnswered = (): boolean => peer.partial(1).output.includes("hello");
    while (!isAnswered()) await ask("/release");
    // On a busy machine those that ask for its release are slow as well.
    expect(lines("error.log").filter((line) => line.includes("/hold: slow request"))).toHaveLength(1);
    expect(lines("error.log").filter((line) => line.startsWith(" "))).toEqual([]);
  });

  it("the error log has the server's lines, wsgi.errors, and no raw control characters", async () => {
    const { ask, directory, logged, running } = await serving(...words, "--error-log", "DIR/error.log");
    await ask("/errors");
    await ask("/throw");
    const stamp = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[\d+${words.length === 0 ? "" : " worker [12]"}\]`;
    await logged("error.log", new RegExp(`${stamp} wsgi.errors: first$`));
    await logged("error.log", new RegExp(String.raw`${stamp} wsgi.errors: second \\x07\\x9b$`));
    await logged(
      "error.log",
      new RegExp(`${stamp} error: GET /throw: the application failed: Error: thrown on purpose$`),
    );
    await logged("error.log", /^ {4} {4}at application \(.*talkative\.ts:\d+/);
    await logged("error.log", /\[\d+\] info: talkative\.ts ready at /);
    const text = readFileSync(join(directory, "error.log"), "latin1");
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
    // Behind it, where the tests run as root, a warning about that.
    expect(running.output).toMatch(
      /^tsgi: talkative\.ts ready at [^\n]+\n(?:tsgi: warning: the application runs as root: [^\n]+\n)?$/,
    );
  });

  it.each([
    ["error", ["error"]],
    ["warning", ["error", "warning"]],
    ["info", ["error", "info", "warning"]],
    ["debug", ["debug", "error", "info", "warning"]],
  ])("--log-level %s logs %j", async (level, expected) => {
    const { ask, lines, logged, running } = await serving(
      ...words,
      "--log-level",
      level,
      "--error-log",
      "DIR/error.log",
      "--slow-request",
      "0.05",
    );
    // Said whatever the level: who waits for it reads it there.
    await logged("error.log", /info: talkative\.ts ready at /);
    await ask("/errors");
    await ask("/throw");
    await ask("/spin", { QUERY_STRING: "300" });
    if (words.length > 0) running.kill("SIGTTIN");
    if (words.length > 0)
      await expect
        .poll(() =>
          readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, "utf8").trim().split(" "),
        )
        .toHaveLength(3);
    await logged("error.log", /wsgi\.errors: first$/);
    await running.stop();
    const said = lines("error.log").filter((line) => !line.includes(" ready at "));
    const levels = said.flatMap((line) => /\] (debug|info|warning|error): /.exec(line)?.[1] ?? []);
    // One process has nothing to say of itself at this level.
    const some = words.length > 0 ? expected : expected.filter((each) => each !== "info");
    expect([...new Set(levels)].toSorted()).toEqual(some);
    expect(/^tsgi: warning: the application runs as root/m.test(running.output)).toBe(
      process.getuid?.() === 0 && words.length === 0 && level !== "error",
    );
  });

  it("--log-level counts where there is no error log", async () => {
    const { ask, running } = await serving(...words, "--log-level", "error", "--slow-request", "0.05");
    await ask("/spin", { QUERY_STRING: "300" });
    await ask("/throw");
    await running.printed("error: GET /throw: the application failed");
    await running.stop();
    expect(running.output).toMatch(/^tsgi: talkative\.ts ready at /m);
    expect(running.output).not.toMatch(/warning:|debug:/);
  });

  it("- is standard output for the access log and standard error for the error log", async () => {
    const { ask, running } = await serving(...words, "--access-log", "-", "--error-log", "-");
    await ask("/a", { REMOTE_ADDR: "192.0.2.7", HTTP_USER_AGENT: 'x"\n\u001B' });
    await ask("/throw");
    await running.printed(String.raw`"GET /a HTTP/1.1" 200 5 "-" "x\"\x0a\x1b"`);
    await running.printed('"GET /throw HTTP/1.1" 500 22');
    await running.printed("error: GET /throw: the application failed");
    expect(running.output).toMatch(
      /^192\.0\.2\.7 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/a /m,
    );
  });
});

describe("what workers print", () => {
  it("has the worker's number and process, whole lines, and no raw control characters", async () => {
    const { ask, running } = await serving(...workers);
    await ask("/print");
    await running.printed(": printed\tto output \\x1b[31m\n");
    await running.printed(": to errors, whole\n");
    expect(running.output).toMatch(/^worker [12] \(\d+\): printed\tto output/m);
    expect(running.output).toMatch(/^worker [12] \(\d+\): to errors, whole$/m);
  });

  it("goes to the error log, also what a worker says last", async () => {
    const { ask, logged } = await serving(...workers, "--error-log", "DIR/error.log");
    await ask("/crash").catch(() => {});
    await logged("error.log", /worker [12]\] output: about to crash$/);
    await logged("error.log", /worker [12]\] output: Error: crash on purpose$/);
    await logged("error.log", /\[\d+\] \w+: worker [12] ended with status 1: another takes its place$/);
  });

  it("is cut where a line does not end", async () => {
    const { ask, lines, logged, running } = await serving(
      ...workers,
      "--error-log",
      "DIR/error.log",
      "--error-log-format",
      "json",
    );
    await ask("/long");
    await logged("error.log", /"source":"output"/);
    await running.stop();
    const lengths = lines("error.log")
      .map((line) => JSON.parse(line) as { source: string; message: string })
      .filter(({ source }) => source === "output")
      .map(({ message }) => message.length);
    expect(lengths).toEqual([8_192, 8_192, 3_616]);
  });

  it("is left alone where there are no workers", async () => {
    const { ask, running } = await serving("--error-log", "DIR/error.log");
    await ask("/print");
    // Two pipes: which comes first is not known.
    await running.printed("printed\tto output \u001B[31m\n");
    await running.printed("to errors, whole\n");
  });
});

describe("settings", () => {
  it.each([
    [["--access-log-format", "json"], "no access log is written: add --access-log FILE"],
    [["--access-log", "-", "--access-log-format", "%Z"], 'has "%Z", which is no directive'],
    [
      ["--access-log", "/nonexistent/log"],
      "the access log /nonexistent/log cannot be opened for writing (ENOENT",
    ],
    [
      ["--error-log", "/nonexistent/log"],
      "the error log /nonexistent/log cannot be opened for writing (ENOENT",
    ],
    [["--error-log-format", "json"], "no error log is named: add --error-log FILE"],
    [["--log-level", "chatty"], '--log-level is "chatty": expected error, warning, info, debug'],
    [["--error-log", "-", "--error-log-format", "xml"], '--error-log-format is "xml": expected text or json'],
  ])("%j is wrong usage, with or without workers: %s", async (words, text) => {
    for (const more of [[], workers]) {
      const running = await start("serve", "talkative.ts", "--http", "127.0.0.1:0", ...words, ...more);
      expect(await running.ended).toMatchObject({ status: 2 });
      expect(running.output).toContain(text);
      expect(running.output.trimEnd().split("\n")).toHaveLength(1);
    }
  });

  it("tsgi run has logs too", async () => {
    const directory = temporaryDirectory();
    const file = join(directory, "access.log");
    const running = await start(
      "run",
      "talkative.ts",
      "--http",
      "127.0.0.1:0",
      "--access-log",
      file,
      "--access-log-format",
      "common",
      "--error-log",
      join(directory, "error.log"),
    );
    await expect
      .poll(() => readFileSync(join(directory, "error.log"), "utf8"), { timeout: 10_000 })
      .toContain("ready at ");
    const [origin = ""] = /http:\/\/[\d.:]+/.exec(readFileSync(join(directory, "error.log"), "utf8")) ?? [];
    await (await fetch(`${origin}/a`)).text();
    await running.stop();
    expect(readFileSync(file, "utf8")).toMatch(/^127\.0\.0\.1 - - \[.*\] "GET \/a HTTP\/1\.1" 200 5\n$/);
  });
});

describeAsRoot("log files of another user's workers", () => {
  const words = (address: string): string[] => {
    return ["serve", "talkative.ts", "--fastcgi", address, "--user", "nobody"];
  };

  it.each(modes)(
    "are given to that user in root's directory, at the start and after a rotation: %s",
    async (_mode, more) => {
      const directory = temporaryDirectory();
      const logs = join(directory, "logs");
      mkdirSync(logs, { mode: 0o755 });
      chmodSync(directory, 0o755);
      const path = join(directory, "s");
      const [accessLog, errorLog] = [join(logs, "access.log"), join(logs, "error.log")];
      const running = await start(
        ...words(`unix:${path}`),
        ...more,
        "--access-log",
        accessLog,
        "--error-log",
        errorLog,
      );
      await running.printed(" ready at ");
      const ask = async (url: string): Promise<void> => {
        const peer = await FastcgiPeer.connect({ kind: "unix", path });
        peer.request(1, paramsWith({ PATH_INFO: url, REQUEST_URI: url }), "", false);
        await peer.answer(1);
        peer.socket.destroy();
      };
      const holdsLine = async (name: string, text: string): Promise<void> => {
        await expect
          .poll(() => readFileSync(name, "utf8"), { timeout: 10_000, interval: 20 })
          .toContain(text);
        expect(statSync(name)).toMatchObject({ uid: nobody.uid, mode: 0o100640 });
      };
      await ask("/errors");
      await holdsLine(accessLog, "GET /errors");
      await holdsLine(errorLog, "wsgi.errors: first");
      // The one process has become that user: whoever rotates must make the new files (logrotate's `create`).
      if (more.length === 0) return;
      for (const name of [accessLog, errorLog]) renameSync(name, `${name}.1`);
      running.kill("SIGUSR1");
      await expect.poll(() => readdirSync(logs).length, { timeout: 10_000, interval: 20 }).toBe(4);
      await expect
        .poll(() => ask("/errors").then(() => readFileSync(accessLog, "utf8")), {
          timeout: 10_000,
          interval: 50,
        })
        .toContain("GET /errors");
      await holdsLine(accessLog, "GET /errors");
      await holdsLine(errorLog, "wsgi.errors: first");
    },
  );

  it("leaves alone what was there, and says on standard error too why no worker starts", async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const file = join(directory, "error.log");
    writeFileSync(file, "", { mode: 0o640 });
    symlinkSync(join(directory, "elsewhere"), join(directory, "access.log"));
    const running = await start(
      ...words(`unix:${join(directory, "s")}`),
      "--workers",
      "1",
      "--error-log",
      file,
      "--access-log",
      join(directory, "access.log"),
    );
    expect((await running.ended).status).not.toBe(0);
    expect(running.output).toMatch(/^tsgi: the error log \S+ cannot be opened for writing \(EACCES/m);
    expect(statSync(file).uid).toBe(0);
    expect(statSync(join(directory, "elsewhere")).uid).toBe(0);
  });
});
