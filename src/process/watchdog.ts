/**
 * Starts the thread that can say what a blocked main thread is at; the thread itself is watchdog-thread.ts.
 * @module
 */
import { Worker } from "node:worker_threads";

/** Where the thread finds, in the paused main thread, the function that names its open requests. */
export const openRequestsKey = "tsgi.openRequests";

/** A main thread that is blocked runs nothing by itself: what it is to be asked for must be there before. */
export function startWatchdog(openRequests: () => string): void {
  Object.defineProperty(globalThis, Symbol.for(openRequestsKey), { value: openRequests, enumerable: false });
  const thread = new Worker(new URL(`./watchdog-thread${import.meta.url.slice(-3)}`, import.meta.url), {
    // It is needed for a moment, if ever.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    execArgv: [],
    env: {},
  });
  thread.unref();
  // Without it a stuck worker is killed all the same; it only cannot say what it was at.
  thread.on("error", () => {});
}
