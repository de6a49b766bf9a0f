/**
 * `npm run demo`, once dependencies are there: both web servers that it can have in front, and every way it can end.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { RawConnection } from "../support/http-client.ts";
import { describeWithServers, projectRoot } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";

// TMPDIR of the demos: empty again when each has ended.
const directory = mkdtempSync(join(tmpdir(), "tsgi-"));

/** What the demo left in its temporary directory, save the cache of transpiled TypeScript, which is meant to stay. */
function leftBehind(): string[] {
  return readdirSync(directory).filter((name) => !name.startsWith("tsgi-cache-"));
}
afterAll(() => rmSync(directory, { recursive: true }));

const started: RunningProcess[] = [];
afterEach(async () => {
  for (const demo of started.splice(0)) await demo.stop();
});

async function startDemo(env: Record<string, string | undefined>, shell = false): Promise<RunningProcess> {
  const words = shell ? ["-c", `"${process.execPath}" scripts/demo.mjs; exit $?`] : ["scripts/demo.mjs"];
  const demo = await startProcess(shell ? "/bin/sh" : process.execPath, words, {
    cwd: projectRoot,
    env: { TMPDIR: directory, npm_lifecycle_event: undefined, TSGI_DEMO_FRONT: undefined, ...env },
  });
  started.push(demo);
  return demo;
}

async function runningDemo(front: string): Promise<{ demo: RunningProcess; port: number; origin: string }> {
  const port = await freePort();
  const demo = await startDemo({ PORT: String(port), TSGI_DEMO_FRONT: front });
  await demo.printed("Ctrl-C stops");
  return { demo, port, origin: `http://127.0.0.1:${port}` };
}

function childrenOf({ pid }: RunningProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describeWithServers("with nginx in front", () => {
  behaves("nginx", "nginx-examples/fastcgi-unix.conf", /nginx\/\d/);

  it("takes nginx by itself where it is installed", async () => {
    const demo = await startDemo({ PORT: "0" });
    await demo.printed("Ctrl-C stops");
    expect(demo.output).toContain("nginx-examples/fastcgi-unix.conf");
  });
});

describe("with the embedded front end", () => {
  behaves("embedded", "embedded front end", /tsgi/);

  it("a port in use is one clear line and status 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const demo = await startDemo({ PORT: String(port), TSGI_DEMO_FRONT: "embedded" });
    expect(await demo.ended).toEqual({ status: 1, signal: null });
    expect(demo.output.trim()).toBe(
      `demo: port ${port} is in use: choose another, as in PORT=8081 npm run demo`,
    );
    expect(leftBehind()).toEqual([]);
    other.close();
  });

  it.each([
    [{ PORT: "http" }, 'demo: PORT is "http": expected a number from 0 to 65535'],
    [{ PORT: "0", TSGI_DEMO_FRONT: "iis" }, 'demo: TSGI_DEMO_FRONT is "iis": expected nginx or embedded'],
  ])("%j is refused in words", async (env, message) => {
    const demo = await startDemo(env);
    expect(await demo.ended).toEqual({ status: 1, signal: null });
    expect(demo.output).toContain(message);
    expect(leftBehind()).toEqual([]);
  });

  it("stops when npm's shell has been stopped, which passes no signal on", async () => {
    const shell = await startDemo(
      { PORT: "0", TSGI_DEMO_FRONT: "embedded", npm_lifecycle_event: "demo" },
      true,
    );
    await shell.printed("Ctrl-C stops");
    shell.kill("SIGKILL");
    // Its output ends only when nothing holds it open: neither the demo nor what the demo had started.
    await shell.ended;
    expect(leftBehind()).toEqual([]);
  });
});

function behaves(front: string, description: string, software: RegExp): void {
  it("says what is in front, and shows the environ of the request with it", async () => {
    const { demo, origin } = await runningDemo(front);
    expect(demo.output).toContain(origin);
    expect(demo.output).toContain(description);
    const answer = await fetch(`${origin}/?q=<b>`, { headers: { "X-Probe": "<script>alert(1)</script>" } });
    const page = await answer.text();
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page).toMatch(new RegExp(`SERVER_SOFTWARE</th>\\s*<td>[^<]*${software.source}`));
    expect(page).toContain("HTTP_X_PROBE");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toContain("<script>alert(1)");
  });

  it("the style and script of the page are those that its security policy names", async () => {
    const { origin } = await runningDemo(front);
    const answer = await fetch(`${origin}/`);
    const page = await answer.text();
    const policy = answer.headers.get("content-security-policy") ?? "";
    for (const [, text = ""] of page.matchAll(/<(?:style|script)[^>]*>([^]*?)<\/(?:style|script)>/g)) {
      expect(policy).toContain(`'sha256-${createHash("sha256").update(text).digest("base64")}'`);
    }
  });

  it("takes an upload and answers with its size, digest and rate", async () => {
    const { origin } = await runningDemo(front);
    const body = Buffer.alloc(5_000_000, "upload ");
    const report = await (await fetch(`${origin}/upload`, { method: "POST", body })).json();
    expect(report).toEqual({
      octets: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
      seconds: expect.any(Number),
      octetsPerSecond: expect.any(Number),
    });
    expect((await fetch(`${origin}/upload`)).status).toBe(405);
    expect((await fetch(`${origin}/constructor`)).status).toBe(404);
  });

  it("streams its events while the answer goes on, and a Ctrl-C then ends all of it", async () => {
    const { demo, port } = await runningDemo(front);
    const children = childrenOf(demo);
    expect(children).toHaveLength(2);
    const connection = await RawConnection.open(port);
    await connection.request("GET /ticks HTTP/1.1");
    await connection.readUntil('"count":2,');
    demo.kill("SIGINT");
    expect(await demo.ended).toEqual({ status: 0, signal: null });
    expect(children.filter(isRunning)).toEqual([]);
    expect(leftBehind()).toEqual([]);
    await expect(RawConnection.open(port)).rejects.toThrow("ECONNREFUSED");
  });

  it.each([
    ["application", 0],
    ["web server", 1],
  ])("stops with status 1 when the %s dies", async (_which, nth) => {
    const { demo } = await runningDemo(front);
    const children = childrenOf(demo);
    process.kill(children[nth] ?? 0, "SIGKILL");
    expect(await demo.ended).toEqual({ status: 1, signal: null });
    expect(demo.output).toContain("has ended (SIGKILL)");
    expect(children.filter(isRunning)).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });
}
