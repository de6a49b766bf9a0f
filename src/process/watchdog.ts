/**
 * Starts the thread that can say what a blocked main thread is at; the thread itself is watchdog-thread.ts.
 * @module
 */
import { Worker } from "node:worker_threads";
import type { BlockedFigures, NamedRequest } from "../status/index.ts";

/**
 * What the thread calls in the paused main thread, which runs nothing by itself. Each is lent as a property of the global
 * object, under the symbol of its key.
 */
export interface Lent {
  /** Names the open requests. */
  openRequests(): string;
  /** Told of the stack of a main thread that has been blocked for long, and the request it is at, if that is known. */
  slow(stack: string, inside: NamedRequest | undefined): void;
  /** What the status pages show of a blocked worker. */
  blocked(): Omit<BlockedFigures, "inside">;
}

/** The symbol of a key. */
export function lentKey(name: keyof Lent): string {
  return `tsgi.${name}`;
}

/** How long a main thread may stand still, in ms; Infinity: nobody looks. */
export interface Standstill {
  /** Then its slow requests are logged with their stack. */
  readonly slowMs: number;
  /** Then the master is told what it is at. */
  readonly blockedMs: number;
}

/** What the thread is to do. Data of the thread: it must survive a structured clone. */
export interface WatchdogDuties extends Standstill {
  /** It has a socket to the master, which may ask for a stack. */
  readonly master: boolean;
  /** Counted up by the main thread as long as it runs. */
  readonly beats: Int32Array<SharedArrayBuffer>;
}

/** In a worker: what may be asked for must be there before the main thread is blocked. */
export function startWatchdog(lent: Lent, standstill: Standstill): void {
  startThread(true, lent, standstill);
}

/**
 * Where there is no master: calls `report` from within the blocked main thread when it has stood still for `slowMs`,
 * with its stack, a line a call. Costs a thread, which is about 10 MB of memory.
 */
export function watchForSlowRequests(slowMs: number, report: Lent["slow"]): void {
  startThread(false, { slow: report }, { slowMs, blockedMs: Infinity });
}

/** So often does the main thread say that it runs, within the time that it may stand still; and so often is it looked at. */
const looksPerStandstill = 4;

/** Not more often, in ms. */
const shortestLookMs = 5;

/** Not more seldom, in ms: no timer waits for a month. */
const longestLookMs = 60_000;

/** How long to wait between two looks where the main thread may stand still for so many ms. */
export function lookEveryMs(standstillMs: number): number {
  return Math.min(Math.max(standstillMs / looksPerStandstill, shortestLookMs), longestLookMs);
}

function startThread(master: boolean, lent: Partial<Lent>, { slowMs, blockedMs }: Standstill): void {
  for (const [name, value] of Object.entries(lent)) {
    Object.defineProperty(globalThis, Symbol.for(lentKey(name as keyof Lent)), { value, enumerable: false });
  }
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const shortest = Math.min(slowMs, blockedMs);
  if (shortest !== Infinity) {
    setInterval(() => Atomics.add(beats, 0, 1), lookEveryMs(shortest)).unref();
  }
  const duties: WatchdogDuties = { master, slowMs, blockedMs, beats };
  const thread = new Worker(new URL(`./watchdog-thread${import.meta.url.slice(-3)}`, import.meta.url), {
    workerData: duties,
    // It is needed for a moment, if ever.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    execArgv: [],
    env: {},
  });
  thread.unref();
  // Without it a stuck worker is killed all the same; it only cannot say what it was at.
  thread.on("error", () => {});
}
