/**
 * `run`: serving as whoever started the process expects.
 * @module
 */
export { detectHost, type Host } from "./detect-host.ts";
export { run, type RunOptions } from "./run.ts";
export { stopSignal, stopSignals } from "./stop-signal.ts";
