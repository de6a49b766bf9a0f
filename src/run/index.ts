/**
 * `run`: serving as whoever started the process expects.
 * @module
 */
export { detectHost } from "./detect-host.ts";
export { run, type RunOptions } from "./run.ts";
