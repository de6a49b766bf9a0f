/**
 * Master, workers, a real nginx that keeps connections on one port and opens one a request on another, and constant
 * load on both. nginx is told never to repeat a request: what gets lost shows.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { begunIn, startLoad, type Load, type Loss } from "./load.ts";
import { Stage } from "./nginx.ts";
import { freePort } from "./ports.ts";
import { isAlive, startMaster, type MasterUnderTest } from "./tsgi-master.ts";

/** Processes start slowly on a machine that has other work to do. */
export const patience = { timeout: 20_000, interval: 10 };

export const recording = "test/process/applications/recording.ts";

export interface LoadedMaster {
  readonly master: MasterUnderTest;
  readonly load: Load;
  /** nginx's port that keeps connections to the workers, and the one that opens one for each request. */
  readonly origins: readonly [kept: string, fresh: string];
  readonly stage: Stage;
  /** Who began which request, so far. */
  begun(): Map<string, number[]>;
  /** Resolves when the log has so many lines with this text. */
  logged(text: string, count?: number): Promise<void>;
  /** What nginx wrote about this request. */
  nginxSays(id: string): string;
}

/** Starts all of it; `words` come behind `--workers`. */
export async function startLoadedMaster(
  words: readonly string[],
  { clients = 4, application = recording }: { clients?: number; application?: string } = {},
): Promise<LoadedMaster> {
  const stage = new Stage();
  onTestFinished(() => stage[Symbol.asyncDispose]());
  const record = join(stage.directory, "record");
  const master = await startMaster(stage.directory, words, application, {
    env: { TEST_RECORD_FILE: record },
  });
  const freshPort = await freePort();
  const once = `server { listen 127.0.0.1:${freshPort}; location / { fastcgi_keep_conn off; fastcgi_pass unix:${master.path}; } }`;
  const nginx = await stage.startNginx("keepalive.conf", [], ["fastcgi_next_upstream off;", once]);
  const origins = [stage.origin, `http://127.0.0.1:${freshPort}`] as const;
  const load = startLoad(origins, { clients });
  return {
    master,
    load,
    origins,
    stage,
    begun: () => begunIn(record),
    logged: async (text, count = 1) => {
      const seen = (): number => master.running.output.split(text).length - 1;
      await expect.poll(seen, patience).toBeGreaterThanOrEqual(count);
    },
    nginxSays: (id) =>
      nginx.output
        .split("\n")
        .filter((line) => line.includes(`?${id} HTTP`) && line.includes("[error]"))
        .join("\n"),
  };
}

export function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

/** TERM to whoever the pid file names, and its end. */
export async function stopByPidFile(file: string): Promise<void> {
  const pid = pidIn(file);
  if (pid === 0 || !isAlive(pid)) return;
  process.kill(pid, "SIGTERM");
  await expect.poll(() => isAlive(pid), patience).toBe(false);
}

/** The message of an assertion: how much there was, and what of it was lost. */
export function figures(load: Load, what: string, losses: readonly Loss[] = load.losses): string {
  const lost = losses.slice(0, 10).map(({ id, how }) => `${id} ${how}`);
  return `${load.requests} requests, ${what}, ${losses.length} lost: ${lost.join("; ")}`;
}
