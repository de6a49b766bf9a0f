/**
 * How long a timer can wait. JavaScript's take a signed 32-bit number of milliseconds, almost 25 days, and fire at once
 * when they are given more: a timeout of a month, or of Infinity, would be none at all.
 * @module
 */
export const longestTimerMs: number = 2 ** 31 - 1;

/** `ms`, or as long as a timer can wait. */
export function timerMs(ms: number): number {
  return Math.min(ms, longestTimerMs);
}
