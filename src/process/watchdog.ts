/**
 * Starts the thread that can say what a blocked main thread is at; the thread itself is watchdog-thread.ts.
 * @module
 */
import { Worker } from "node:worker_threads";

/** Where the thread finds, in the paused main thread, the function that names its open requests. */
export const openRequestsKey = "tsgi.openRequests";

/** The same for the function that is given the stack of a main thread that has been blocked for long. */
export const slowRequestsKey = "tsgi.slowRequests";

/** What the thread is to do. Data of the thread: it must survive a structured clone. */
export interface WatchdogDuties {
  /** It has a socket to the master, which may ask for a stack. */
  readonly master: boolean;
  /** A main thread that stands still for so long, in ms, is asked for its stack; Infinity: never. */
  readonly slowMs: number;
  /** Counted up by the main thread as long as it runs. */
  readonly beats: Int32Array<SharedArrayBuffer>;
}

/** In a worker: a main thread that is blocked runs nothing by itself, so what it may be asked for must be there before. */
export function startWatchdog(
  openRequests: () => string,
  slowMs: number = Infinity,
  reportSlow: (stack: string) => void = () => {},
): void {
  lend(openRequestsKey, openRequests);
  startThread(true, slowMs, reportSlow);
}

/**
 * Where there is no master: calls `report` from within the blocked main thread when it has stood still for `slowMs`,
 * with its stack, a line a call. Costs a thread, which is about 10 MB of memory.
 */
export function watchForSlowRequests(slowMs: number, report: (stack: string) => void): void {
  startThread(false, slowMs, report);
}

function startThread(master: boolean, slowMs: number, reportSlow: (stack: string) => void): void {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  if (slowMs !== Infinity) {
    lend(slowRequestsKey, reportSlow);
    setInterval(() => Atomics.add(beats, 0, 1), Math.max(slowMs / 4, 5)).unref();
  }
  const duties: WatchdogDuties = { master, slowMs, beats };
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

function lend(key: string, value: unknown): void {
  Object.defineProperty(globalThis, Symbol.for(key), { value, enumerable: false });
}
