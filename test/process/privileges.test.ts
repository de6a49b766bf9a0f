/** Who an application runs as, what it finds in its environment, and whose its sockets are: real processes. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { applicationEnvironment } from "../../src/process/index.ts";
import { findGroup, findUser } from "../../src/server/accounts.ts";
import { bindUnixPath } from "../../src/server/unix-socket.ts";
import { describeAsRoot, nobody } from "../support/root.ts";
import { startProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";
import { fleets, jsonAt, startReady, startServe } from "./serving-process.ts";

const application = "test/process/applications/surroundings.ts";

/** A directory that everybody may look into, as /run is; what is made there is root's. */
function runDirectory(): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  return directory;
}

/** The command as `nobody` starts it; its one line of complaint. */
function refusedAsNobody(...words: string[]): { status: number | null; line: string } {
  const { status, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", "serve", ...words], {
    cwd: projectRoot,
    encoding: "utf8",
    ...nobody,
  });
  return { status, line: stderr };
}

describeAsRoot("--user", () => {
  it.each(fleets)(
    "is whom %s loads the application as, with its group and its groups",
    async (_name, words) => {
      const directory = runDirectory();
      const address = `unix:${join(directory, "s")}`;
      const user = findUser("www-data");
      const child = await startReady([application, "--fastcgi", address, "--user", "www-data", ...words], {
        env: { HOME: "/root", XDG_CACHE_HOME: "/root/.cache", TMPDIR: "/tmp", USER: "root" },
      });
      const groups = execFileSync("id", ["-G", "www-data"], { encoding: "utf8" })
        .trim()
        .split(" ")
        .map(Number);
      const expected = {
        user: [user.uid, user.uid],
        group: [user.gid, user.gid],
        environment: { HOME: user.home, USER: "www-data", LOGNAME: "www-data" },
      };
      const found = await jsonAt(address);
      expect(found).toMatchObject({ ...expected, whenLoaded: expected });
      expect((found["groups"] as number[]).toSorted()).toEqual(groups.toSorted());
      expect(child.output).not.toContain("runs as root");
      // What was compiled is kept where this user may write.
      expect(statSync(`/tmp/tsgi-cache-${user.uid}`).uid).toBe(user.uid);
      expect((await child.stop()).status).toBe(0);
    },
  );

  it("takes numbers that nobody has, with a group", async () => {
    const address = `unix:${join(runDirectory(), "s")}`;
    await startReady([application, "--fastcgi", address, "--user", "54321", "--group", "54322"]);
    expect(await jsonAt(address)).toMatchObject({
      user: [54321, 54321],
      group: [54322, 54322],
      groups: [54322],
    });
  });

  it("leaves the master root, so that a reload's workers become the user too, and the end leaves nothing", async () => {
    const directory = runDirectory();
    const [socket, pidFile] = [join(directory, "s"), join(directory, "pid")];
    const words = [application, "--fastcgi", `unix:${socket}`, "--user", "nobody", "--pid-file", pidFile];
    const child = await startReady([...words, "--workers", "1"]);
    const before = await jsonAt(`unix:${socket}`);
    child.kill("SIGHUP");
    await child.printed("reloaded: ");
    const after = await jsonAt(`unix:${socket}`);
    expect(after["pid"]).not.toBe(before["pid"]);
    expect(after["user"]).toEqual([nobody.uid, nobody.uid]);
    expect(statSync(`/proc/${child.pid}`).uid).toBe(0);
    expect((await child.stop()).status).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("listens in root's directory before root is given up", async () => {
    const directory = runDirectory();
    const address = `unix:${join(directory, "s")}`;
    const file = join(directory, "pid");
    const words = [application, "--fastcgi", address, "--user", "nobody", "--pid-file", file];
    const child = await startReady(words);
    expect(await jsonAt(address)).toMatchObject({ user: [nobody.uid, nobody.uid] });
    expect((await child.stop()).status).toBe(0);
    // It may not remove them any more; the next start replaces them.
    const next = await startReady(words);
    expect(readFileSync(file, "utf8")).toBe(`${next.pid}\n`);
    expect(await jsonAt(address)).toMatchObject({ pid: next.pid });
  });

  it("leaves nothing in a directory of its own when it is told to stop while the application loads", async () => {
    const directory = runDirectory();
    chownSync(directory, nobody.uid, nobody.gid);
    const words = ["--fastcgi", `unix:${join(directory, "s")}`, "--pid-file", join(directory, "pid")];
    const child = await startServe(["test/cli/applications/never-loaded.mjs", ...words, "--user", "nobody"]);
    await child.printed("loading");
    expect(readdirSync(directory).toSorted()).toEqual(["pid", "s"]);
    expect(await child.stop()).toEqual({ status: 0, signal: null });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is missed, in one line, when root starts it", async () => {
    for (const [, words] of fleets) {
      const address = `unix:${join(runDirectory(), "s")}`;
      const child = await startReady([application, "--fastcgi", address, ...words]);
      await child.printed("tsgi: warning: the application runs as root: add --user NAME");
    }
    const address = `unix:${join(runDirectory(), "s")}`;
    const child = await startReady([application, "--fastcgi", address, "--user", "root"]);
    await child.stop();
    expect(child.output).not.toContain("warning");
  });

  it.each([
    [["--user", "no-such-user"], 'there is no user "no-such-user"'],
    [["--user=-i"], 'there is no user "-i"'],
    [["--user", "4294967295"], 'there is no user "4294967295"'],
    [["--user", "54321"], "user 54321 has no account and so no group: add --group"],
    [["--user", "nobody", "--group", "no-such-group"], 'there is no group "no-such-group"'],
    [["--group", "nogroup"], "--group is the group of --user"],
    [["--pass-env", "A"], "add --clear-env"],
    [["--env", "A"], '--env is "A": expected NAME=VALUE'],
    [["--allow", "everybody"], 'allow has "everybody"'],
    [["--socket-user", "no-such-user"], 'there is no user "no-such-user"'],
  ])("and the like: %j is refused at once", async (words, text) => {
    const directory = runDirectory();
    for (const [, fleet] of fleets) {
      const child = await startServe([
        application,
        "--fastcgi",
        `unix:${join(directory, "s")}`,
        ...words,
        ...fleet,
      ]);
      expect((await child.ended).status).toBe(2);
      expect(child.output).toMatch(/^tsgi: [^\n]*\n$/);
      expect(child.output).toContain(text);
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it("is for root only, or for who one is", async () => {
    const directory = runDirectory();
    chownSync(directory, nobody.uid, nobody.gid);
    const socket = join(directory, "s");
    for (const [, fleet] of fleets) {
      const refused = refusedAsNobody(application, "--fastcgi", `unix:${socket}`, "--user", "root", ...fleet);
      expect(refused).toMatchObject({
        status: 2,
        line: expect.stringMatching(/^tsgi: cannot become user root: only root can[^\n]*\n$/) as string,
      });
      expect(existsSync(socket)).toBe(false);
    }
    const words = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "dist/cli/main.js"];
    const child = await startProcess(
      "setpriv",
      [...words, "serve", application, "--fastcgi", `unix:${socket}`, "--user", "nobody"],
      { cwd: projectRoot },
    );
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await child.printed(" ready at ");
    expect(await jsonAt(`unix:${socket}`)).toMatchObject({ user: [nobody.uid, nobody.uid] });
  });
});

describeAsRoot("--socket-user, --socket-group, --socket-mode", () => {
  it.each(fleets)("are what the socket of %s has", async (_name, words) => {
    const path = join(runDirectory(), "s");
    const rights = ["--socket-user", "nobody", "--socket-group", "www-data", "--socket-mode", "0620"];
    await startReady([
      application,
      "--fastcgi",
      `unix:${path}`,
      "--user",
      "www-data",
      "--umask",
      "000",
      ...rights,
      ...words,
    ]);
    const { uid, gid, mode } = statSync(path);
    expect([uid, gid, mode & 0o777]).toEqual([nobody.uid, findGroup("www-data"), 0o620]);
  });

  it.each(fleets)("are refused to %s that may not give them, and nothing is left", (_name, words) => {
    const directory = runDirectory();
    chownSync(directory, nobody.uid, nobody.gid);
    for (const [option, id] of [
      ["--socket-user", "user 0"],
      ["--socket-group", "group 0"],
    ] as const) {
      const { status, line } = refusedAsNobody(
        application,
        "--fastcgi",
        `unix:${join(directory, "s")}`,
        option,
        "root",
        ...words,
      );
      expect(status).toBe(1);
      expect(line).toContain(`the socket cannot be given ${id} (EPERM): root may`);
      expect(line).toMatch(/^tsgi: [^\n]*\n$/);
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it("are set before the path is there, and before anybody may connect", async () => {
    const path = join(runDirectory(), "s");
    const server = createServer();
    onTestFinished(() => void server.close());
    let before: unknown;
    const rights = { mode: 0o666, uid: nobody.uid, gid: nobody.gid };
    await bindUnixPath(path, rights, async (bound) => {
      await new Promise<void>((resolve) => server.listen(bound, resolve));
      before = { bound: statSync(bound).mode & 0o777, elsewhere: bound !== path, path: existsSync(path) };
    });
    expect(before).toEqual({ bound: 0, elsewhere: true, path: false });
    expect(statSync(path)).toMatchObject({ uid: nobody.uid, gid: nobody.gid });
    expect(statSync(path).mode & 0o777).toBe(0o666);
  });
});

describe("--umask", () => {
  it.each(fleets)(
    "is for the files that the application of %s makes, not for its socket",
    async (_name, words) => {
      const path = join(temporaryDirectory(), "s");
      await startReady([application, "--fastcgi", `unix:${path}`, "--umask", "0027", ...words]);
      expect(await jsonAt(`unix:${path}`)).toMatchObject({ made: "640" });
      expect(statSync(path).mode & 0o777).toBe(0o660);
    },
  );
});

describe("the environment of an application", () => {
  const internal = {
    NOTIFY_SOCKET: "/nonexistent",
    WATCHDOG_USEC: "1000000000",
    WATCHDOG_PID: "1",
    LISTEN_PID: "1",
    LISTEN_FDS: "1",
    LISTEN_FDNAMES: "web",
  };

  it.each(fleets)("in %s has nothing that is the gateway's own affair", async (_name, words) => {
    const address = `unix:${join(temporaryDirectory(), "s")}`;
    await startReady([application, "--fastcgi", address, "--env", "A=b=c", ...words], {
      env: { ...internal, KEPT: "yes" },
    });
    const { environment, whenLoaded } = (await jsonAt(address)) as Record<string, Record<string, unknown>>;
    for (const found of [environment, whenLoaded?.["environment"] as Record<string, unknown>]) {
      expect(found).toMatchObject({ KEPT: "yes", A: "b=c" });
      expect(Object.keys(internal).filter((name) => found?.[name] !== undefined)).toEqual([]);
    }
  });

  it.each(fleets)("in %s begins with next to nothing under --clear-env", async (_name, words) => {
    const address = `unix:${join(temporaryDirectory(), "s")}`;
    const more = ["--clear-env", "--pass-env", "PASSED", "--env", "A=1", "--env", "LANG=C"];
    await startReady([application, "--fastcgi", address, ...more, ...words], {
      env: { SECRET: "x", PASSED: "p", LC_ALL: "C.UTF-8", FCGI_WEB_SERVER_ADDRS: "127.0.0.1" },
    });
    const { environment } = (await jsonAt(address)) as { environment: Record<string, string> };
    expect(environment).toMatchObject({
      PASSED: "p",
      A: "1",
      LANG: "C",
      LC_ALL: "C.UTF-8",
      FCGI_WEB_SERVER_ADDRS: "127.0.0.1",
    });
    const allowed =
      /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_\w+|PASSED|A|FCGI_WEB_SERVER_ADDRS|TSGI_RAW_HANDLES)$/;
    expect(Object.keys(environment).filter((name) => !allowed.test(name))).toEqual([]);
  });

  it("keeps what is internal out even where it is asked for", () => {
    const all = { clear: true, pass: Object.keys(internal), set: internal };
    expect(applicationEnvironment({ ...internal, PATH: "/bin" }, all)).toEqual({ PATH: "/bin" });
  });
});

describe("accounts", () => {
  it("are those of /etc/passwd and /etc/group", () => {
    expect(findUser("root")).toMatchObject({ uid: 0, gid: 0, name: "root" });
    expect(findUser(0)).toMatchObject({ name: "root" });
    expect(findUser("65533")).toEqual({ uid: 65_533 });
    expect(findGroup("root")).toBe(0);
    expect(findGroup(65_533)).toBe(65_533);
  });

  it("are asked of getent where they are not there, as those of LDAP are", () => {
    const directory = temporaryDirectory();
    const answers =
      '#!/bin/sh\ncase "$1 $2" in\n' +
      '"passwd ldap-user" | "passwd 70001") echo "ldap-user:*:70001:70002:Some Body:/home/ldap:/bin/sh" ;;\n' +
      '"group ldap-group") echo "ldap-group:*:70002:ldap-user" ;;\n*) exit 2 ;;\nesac\n';
    writeFileSync(join(directory, "getent"), answers, { mode: 0o755 });
    vi.stubEnv("PATH", `${directory}:${process.env["PATH"] ?? ""}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const account = { uid: 70_001, name: "ldap-user", gid: 70_002, home: "/home/ldap" };
    expect(findUser("ldap-user")).toEqual(account);
    expect(findUser(70_001)).toEqual(account);
    expect(findGroup("ldap-group")).toBe(70_002);
    expect(() => findUser("nobody-there")).toThrow("there is no user");
  });

  it.each(["", "-s", "root:x", "a b", "\n", "1e3", "-1", "4294967295", "99999999999", "x".repeat(300)])(
    "%j is none",
    (name) => {
      expect(() => findUser(name)).toThrow("there is no user");
      expect(() => findGroup(name)).toThrow("there is no group");
    },
  );
});
