/**
 * `run`: serving as whoever started the process expects.
 * @module
 */
export { detectHost, type Host, type SystemdSocket } from "./detect-host.ts";
export { run, type RunOptions } from "./run.ts";
