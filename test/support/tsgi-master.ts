/**
 * `tsgi serve --workers` under test: its workers, and what its log says of them.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { paramsWith, FastcgiPeer } from "./fastcgi-peer.ts";
import { startTsgi } from "./nginx.ts";
import type { ProcessOptions, RunningProcess } from "./process.ts";

export const staff = "test/process/applications/staff.ts";

export interface MasterUnderTest {
  readonly running: RunningProcess;
  /** The UNIX socket's path. */
  readonly path: string;
  /** Process ids of its children. */
  workers(): number[];
  /** What the application answers, asked straight at the socket. */
  ask(path: string, query?: string): Promise<{ status: number; body: string }>;
}

/** Starts it and waits until it is ready; `words` come behind `--workers`. */
export async function startMaster(
  directory: string,
  words: readonly string[],
  application: string = staff,
  options: ProcessOptions = {},
): Promise<MasterUnderTest> {
  const path = join(directory, "app.sock");
  const running = await startTsgi(
    ["serve", application, "--fastcgi", `unix:${path}`, "--workers", ...words],
    options,
  );
  onTestFinished(async () => {
    running.kill("SIGTERM");
    running.kill("SIGTERM");
    await running.ended;
  });
  await running.printed(" ready at ");
  return { running, path, workers: () => childrenOf(running.pid), ask: (...asked) => ask(path, ...asked) };
}

/** The processes whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

/** One request on a connection of its own. */
export async function ask(path: string, url: string, query = ""): Promise<{ status: number; body: string }> {
  const peer = await FastcgiPeer.connect({ kind: "unix", path });
  try {
    peer.request(1, paramsWith({ PATH_INFO: url, QUERY_STRING: query }), "", false);
    const { output } = await peer.answer(1);
    const end = output.indexOf("\r\n\r\n");
    const status = Number(/^Status: (\d{3})/m.exec(output.slice(0, end))?.[1] ?? "200");
    return { status, body: output.slice(end + 4) };
  } finally {
    peer.socket.destroy();
  }
}

/** The worker that answered. */
export function pidIn(body: string): number {
  return (JSON.parse(body) as { pid: number }).pid;
}

/** False for a process that has ended, also when nobody has asked how. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
