/** Status pages of real services: they answer while every worker is blocked, through reloads, upgrades and stops. */
import { existsSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { StatusSnapshot } from "../../src/status/snapshot.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist/cli/main.js");

const application = `
import { existsSync, writeSync } from "node:fs";
const released = new URL("./released", import.meta.url);
export async function application(environ, startResponse) {
  const path = environ.PATH_INFO;
  if (path === "/block") {
    writeSync(2, "blocked\\n");
    while (!existsSync(released));
  }
  if (path.startsWith("/wait")) {
    writeSync(2, "waiting\\n");
    while (!existsSync(released)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (path === "/forge") writeSync(3, environ.QUERY_STRING + "\\n");
  startResponse(path === "/fail" ? "500 Oh" : "200 OK", [["Content-Type", "text/plain"]]);
  return [Buffer.from("done")];
}`;

interface Service {
  readonly child: RunningProcess;
  readonly http: number;
  status(): Promise<StatusSnapshot>;
  /** Asks again until it is so. */
  until(holds: (status: StatusSnapshot) => boolean): Promise<StatusSnapshot>;
  page(path: string, accept?: string): Promise<{ status: number; text: string }>;
  /** Lets every request that waits or blocks go on. */
  release(): void;
}

async function service(...words: string[]): Promise<Service> {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "app.mjs"), application);
  const child = await startProcess(
    process.execPath,
    [command, "serve", "app.mjs", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0", ...words],
    { cwd: directory },
  );
  const release = (): void => writeFileSync(join(directory, "released"), "");
  onTestFinished(async () => {
    release();
    await child.stop();
  });
  await child.printed(" ready at ");
  const portOf = (name: string): number =>
    Number(new RegExp(`${name}:127.0.0.1:(\\d+)`).exec(child.output)?.[1]);
  const port = portOf("status");
  const page = (path: string, accept = "*/*"): ReturnType<Service["page"]> => fetchText(port, path, accept);
  const status = async (): Promise<StatusSnapshot> =>
    JSON.parse((await page("/status.json")).text) as StatusSnapshot;
  return {
    child,
    http: portOf("http"),
    page,
    status,
    release,
    until: async (holds) => {
      for (;;) {
        const now = await status();
        if (holds(now)) return now;
        // Asked without a pause, the master would have no time for what is waited for.
        await delay(20);
      }
    },
  };
}

function fetchText(port: number, path: string, accept = "*/*"): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false, headers: { accept } }, (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    }).on("error", reject);
  });
}

/** Resolves when it has been printed so often. */
async function printedTimes(child: RunningProcess, word: string, times: number): Promise<void> {
  await child.printedAfter(() => child.output.split(`${word}\n`).length > times);
}

const states = ({ workers }: StatusSnapshot): string[] => workers.list.map(({ state }) => state);

describe("with workers", { timeout: 30_000 }, () => {
  it("answers while both are blocked, shows so, and who waits at the socket", async () => {
    const { child, http, until, page, release } = await service("--workers", "2");
    const answers = [fetchText(http, "/block")];
    await printedTimes(child, "blocked", 1);
    answers.push(fetchText(http, "/block"));
    await printedTimes(child, "blocked", 2);
    answers.push(fetchText(http, "/"), fetchText(http, "/"));
    const status = await until(
      (now) => states(now).every((state) => state === "blocked") && now.sockets[0]?.waiting === 2,
    );
    expect(status.workers).toMatchObject({ ready: 2, busy: 2, utilization: 1 });
    expect(status.sockets).toEqual([{ protocol: "http", address: "127.0.0.1:0", waiting: 2 }]);
    expect((await page("/", "text/html")).text).toContain('<span class="badge blocked">blocked</span>');
    expect((await page("/metrics")).text).toContain('tsgi_workers{state="blocked"} 2');
    expect((await page("/ping")).status).toBe(200);
    release();
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(Array(4).fill("done"));
    await until((now) => states(now).every((state) => state === "idle") && now.requests.total === 4);
  });

  it("names the request that blocks a worker, and the oldest, though it has reported neither", async () => {
    const { child, http, until, page, release } = await service("--workers", "1");
    const answers = [fetchText(http, "/wait/first")];
    await child.printed("waiting");
    answers.push(fetchText(http, "/block?secret=1"));
    const status = await until(({ workers }) => workers.list[0]?.blockedBy !== null);
    expect(status.workers.list[0]).toMatchObject({
      state: "blocked",
      open: 2,
      oldestRequest: { method: "GET", path: "/wait/first" },
      blockedBy: { method: "GET", path: "/block" },
    });
    for (const path of ["/", "/status.txt"])
      expect((await page(path, "text/html")).text).toMatch(/by GET \/block; \d/);
    release();
    await Promise.all(answers);
    await until(({ workers }) => workers.list[0]?.state === "idle" && workers.list[0].blockedBy === null);
  });

  it("counts requests, their outcomes and times; names the oldest without its query", async () => {
    const { child, http, until, page, release } = await service("--workers", "2");
    for (let count = 0; count < 5; count++) await fetchText(http, "/");
    await fetchText(http, "/fail");
    const waiting = fetchText(http, "/wait/%3Cscript%3E?secret=1");
    await child.printed("waiting");
    const status = await until(({ requests }) => requests.oldest !== null && requests.total === 7);
    expect(status.requests).toMatchObject({ total: 7, open: 1, aborted: 0, refused: 0 });
    expect(status.requests.statuses).toMatchObject({ "2xx": 5, "5xx": 1 });
    expect(status.latency.lastMinute?.count).toBe(6);
    expect(status.requests.oldest).toMatchObject({ method: "GET", path: "/wait/<script>" });
    expect(status.workers.busy).toBe(1);
    for (const path of ["/", "/status.txt", "/status.json", "/metrics"]) {
      const { text } = await page(path, "text/html");
      expect(text).not.toContain("secret");
    }
    const html = (await page("/", "text/html")).text;
    expect(html).toContain("GET /wait/&lt;script&gt;");
    release();
    await waiting;
    await until(({ requests }) => requests.open === 0 && requests.statuses["2xx"] === 6);
  });

  it("stays through a reload, with its totals and one more generation", async () => {
    const { child, http, until } = await service("--workers", "2");
    for (let count = 0; count < 3; count++) await fetchText(http, "/");
    await until(({ requests }) => requests.total === 3);
    child.kill("SIGHUP");
    const status = await until(
      ({ generation, workers }) => generation === 2 && workers.list.length === 2 && workers.ready === 2,
    );
    expect(status).toMatchObject({ reloads: 1, state: "running", requests: { total: 3 } });
    expect(status.workers).toMatchObject({ started: 4, crashed: 0, killed: 0 });
  });

  it("is the new master's once that has taken over", async () => {
    const { child, until } = await service("--workers", "1");
    child.kill("SIGUSR2");
    const { pid, workers } = await until((now) => now.pid !== child.pid && now.workers.ready === 1);
    onTestFinished(() => void process.kill(pid, "SIGTERM"));
    expect(pid).not.toBe(child.pid);
    expect(workers.started).toBe(1);
  });

  it("counts a worker that crashed, and one that was killed for what it sent", async () => {
    const { child, http, until } = await service("--workers", "1");
    const [victim] = (await until(({ workers }) => workers.ready === 1)).workers.list;
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await until(({ workers }) => workers.crashed === 1 && workers.ready === 1);
    const figures = { heapOctets: 1, oldest: { method: "GET", path: "/\x1b[2J", ageMs: 1 } };
    const forged = JSON.stringify({
      type: "report",
      report: { requests: 1, running: 1, memoryOctets: 1, figures },
    });
    await fetchText(http, `/forge?${forged.replaceAll(" ", "")}`).catch(() => {});
    await child.printed("is killed: it sent a report whose figures");
    const { requests } = await until(({ workers }) => workers.killed === 1 && workers.ready === 1);
    expect(requests.oldest).toBeNull();
  });

  it("says 503 to load balancers while it drains, and shows who is draining", async () => {
    const { child, http, until, page, release } = await service("--workers", "1");
    expect(await page("/ping")).toEqual({ status: 200, text: "pong\n" });
    const waiting = fetchText(http, "/wait");
    await child.printed("waiting");
    child.kill("SIGTERM");
    const status = await until((now) => now.state === "stopping");
    expect(states(status)).toEqual(["draining"]);
    expect(await page("/ping")).toEqual({ status: 503, text: "unavailable\n" });
    release();
    expect((await waiting).text).toBe("done");
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });

  it("at an address that is taken is one clear line, and no socket is left", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "app.mjs"), application);
    const { child: first } = await service("--workers", "1");
    const taken = /status:(\S+) /.exec(first.output)?.[1] ?? "";
    const path = join(directory, "s");
    const words = ["serve", "app.mjs", "--workers", "1", "--fastcgi", `unix:${path}`, "--status", taken];
    const second = await startProcess(process.execPath, [command, ...words], { cwd: directory });
    expect(await second.ended).toEqual({ status: 1, signal: null });
    expect(second.output).toBe(
      `tsgi: cannot listen on ${taken}: another program listens there: stop it, or choose another address\n`,
    );
    expect(existsSync(path)).toBe(false);
  });
});

describe("of one process", { timeout: 30_000 }, () => {
  it("has the same pages, and 503 for load balancers while it drains", async () => {
    const { child, http, until, page, release } = await service();
    await fetchText(http, "/");
    const status = await until(({ requests }) => requests.total === 1 && requests.statuses["2xx"] === 1);
    expect(status).toMatchObject({ pid: child.pid, generation: 1, state: "running" });
    expect(states(status)).toEqual(["idle"]);
    expect((await page("/ping")).status).toBe(200);
    const waiting = fetchText(http, "/wait");
    await child.printed("waiting");
    child.kill("SIGTERM");
    await until(({ state }) => state === "stopping");
    expect((await page("/ping")).status).toBe(503);
    release();
    await waiting;
    expect(await child.ended).toEqual({ status: 0, signal: null });
  });
});
