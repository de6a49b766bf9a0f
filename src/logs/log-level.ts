/**
 * How much of what the server says is logged.
 * @module
 */
import type { LogEntry } from "../bridge/index.ts";

export type LogLevel = LogEntry["level"];

/** From the fewest lines to the most. */
const logLevels: readonly LogLevel[] = ["error", "warning", "info", "debug"];

/** True when an entry of `level` is to be logged where `least` is asked for. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(least);
}

/** `log` for those entries that are to be logged. */
export function atLevel(least: LogLevel, log: (entry: LogEntry) => void): (entry: LogEntry) => void {
  return (entry) => {
    if (isLogged(entry.level, least)) log(entry);
  };
}
