/**
 * What an Exchange is told of a script: one request, one thread, one process among many.
 * @module
 */
import { formatLogEntry, type ExchangeSettings, type LogEntry } from "../bridge/index.ts";
import type { CgiLimits } from "./limits.ts";

/** The options of `runCgi` that concern the request alone. */
export interface ScriptSettingsOptions {
  readonly scriptName?: string;
  readonly environ?: Readonly<Record<string, string>>;
  readonly debug?: boolean;
  readonly log?: (entry: LogEntry) => void;
  readonly writeErrors?: (text: string) => void;
}

/** `writeError`: where lines go that have no place of their own. */
export function scriptSettings(
  options: ScriptSettingsOptions,
  limits: CgiLimits,
  writeError: (text: string) => void,
): ExchangeSettings {
  return {
    ...(options.scriptName === undefined ? {} : { scriptName: options.scriptName }),
    ...(options.environ === undefined ? {} : { environ: options.environ }),
    multithread: false,
    multiprocess: true,
    runOnce: true,
    debug: options.debug ?? false,
    maxBodyOctets: limits.maxBodyOctets,
    bodyHighWaterOctets: limits.bodyHighWaterOctets,
    log: options.log ?? ((entry) => writeError(formatLogEntry(entry))),
    writeErrors: options.writeErrors ?? writeError,
  };
}
