/** `tsgi run` as a service: another user, a pid file, a service manager, and who may connect. Real processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, renameSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { jsonAt } from "../process/serving-process.ts";
import { startTsgi } from "../support/nginx.ts";
import type { ProcessOptions, RunningProcess } from "../support/process.ts";
import { describeAsRoot } from "../support/root.ts";
import { startServiceManager } from "../support/service-manager.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

const application = "test/process/applications/surroundings.ts";

async function startRun(words: readonly string[], options: ProcessOptions = {}): Promise<RunningProcess> {
  const child = await startTsgi(["run", ...words, application], options);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** On a port of its own; `origin` is where. */
async function startHttp(
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<{ readonly child: RunningProcess; readonly origin: string }> {
  const child = await startRun(["--http", "127.0.0.1:0", ...words], options);
  await child.printed(" ready at ");
  return { child, origin: /http:\S+\//.exec(child.output)?.[0] ?? "" };
}

interface Found {
  readonly pid: number;
  readonly environment: NodeJS.ProcessEnv;
}

describe("tsgi run", () => {
  it("tells the service manager when it is ready and when it stops, and the application nothing of it", async () => {
    const manager = await startServiceManager();
    const pidFile = join(temporaryDirectory(), "pid");
    const { child, origin } = await startHttp(["--pid-file", pidFile], {
      env: { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: "400000" },
    });
    expect(await manager.said("READY=1")).toBe(`READY=1 | MAINPID=${child.pid} | STATUS=serves`);
    await manager.said("WATCHDOG=1");
    expect(readFileSync(pidFile, "utf8")).toBe(`${child.pid}\n`);
    const { pid, environment } = (await (await fetch(origin)).json()) as Found;
    expect(pid).toBe(child.pid);
    expect(Object.keys(environment)).not.toContain("NOTIFY_SOCKET");
    expect(await child.stop()).toMatchObject({ status: 0 });
    await manager.said("STOPPING=1");
    expect(existsSync(pidFile)).toBe(false);
  });

  it("refuses a pid file that names another server, before it serves", async () => {
    const pidFile = join(temporaryDirectory(), "pid");
    const { child } = await startHttp(["--pid-file", pidFile]);
    const other = await startRun(["--http", "127.0.0.1:0", "--pid-file", pidFile]);
    expect(await other.ended).toMatchObject({ status: 2 });
    expect(other.output).toContain(`names process ${child.pid}, which is running`);
    expect(readFileSync(pidFile, "utf8")).toBe(`${child.pid}\n`);
  });

  it("removes its pid file when a second signal ends it at once", async () => {
    const pidFile = join(temporaryDirectory(), "pid");
    const { child } = await startHttp(["--pid-file", pidFile]);
    child.kill("SIGQUIT");
    child.kill("SIGHUP");
    expect(await child.ended).toMatchObject({ status: 0 });
    expect(existsSync(pidFile)).toBe(false);
  });

  it("lets only those connect who are allowed to", async () => {
    const { child, origin } = await startHttp(["--allow", "192.0.2.0/24"]);
    await expect(fetch(origin)).rejects.toThrow("fetch failed");
    await child.printed("ERR_PEER_REFUSED");
    const wrong = await startRun(["--http", "127.0.0.1:0", "--allow", "localhost"]);
    expect(await wrong.ended).toMatchObject({ status: 2 });
  });

  it("--group without --user is wrong usage", async () => {
    const child = await startRun(["--group", "www-data"]);
    expect(await child.ended).toMatchObject({ status: 2 });
    expect(child.output).toContain("--group is the group of --user: add --user");
  });
});

describeAsRoot("tsgi run --user", () => {
  it("is whom the application is loaded as, with a pid file that is still root's", async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const pidFile = join(directory, "pid");
    const { child, origin } = await startHttp(["--user", "www-data", "--pid-file", pidFile], {
      env: { HOME: "/root", XDG_CACHE_HOME: undefined, TMPDIR: "/tmp", USER: "root" },
    });
    expect(readFileSync(pidFile, "utf8")).toBe(`${child.pid}\n`);
    expect(await (await fetch(origin)).json()).toMatchObject({
      environment: { USER: "www-data" },
      whenLoaded: { user: [33, 33], group: [33, 33], environment: { USER: "www-data" } },
    });
    expect(await child.stop()).toMatchObject({ status: 0 });
  });

  it("serves FastCGI on descriptor 0 as that user", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "s");
    const listener = createServer().listen(path);
    const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
    const child = spawn(process.execPath, ["dist/cli/main.js", "run", application, "--user", "www-data"], {
      cwd: projectRoot,
      env: { ...process.env, TMPDIR: "/tmp", XDG_CACHE_HOME: undefined },
      stdio: [fd, "ignore", "ignore"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child, "spawn");
    // From here on only the other process accepts. Closing would remove the path.
    renameSync(path, `${path}.kept`);
    listener.close();
    renameSync(`${path}.kept`, path);
    expect(await jsonAt(`unix:${path}`)).toMatchObject({ whenLoaded: { user: [33, 33] } });
  });

  it("is refused for a CGI request, which would go on as root", async () => {
    const child = await startRun(["--user", "www-data"], { env: { GATEWAY_INTERFACE: "CGI/1.1" } });
    expect(await child.ended).toMatchObject({ status: 2 });
    expect(child.output).toContain("--user does not work for a CGI request, and this one runs as root");
  });
});
