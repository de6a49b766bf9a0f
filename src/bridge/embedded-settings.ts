/**
 * The settings of an Exchange within somebody else's server, which has sockets, limits and logs of its own: `toFetch`
 * and `toNode`.
 * @module
 */
import type { ExchangeSettings } from "./exchange-types.ts";
import { formatLogEntry } from "./log-line.ts";

/** Octets of a request body that wait for the application, as with `serve`. */
const bodyHighWaterOctets = 65_536;

/** What may be told; all of it has defaults. */
export type EmbeddedOptions = {
  readonly [Name in "environ" | "debug" | "multiprocess" | "maxBodyOctets" | "log" | "writeErrors"]?:
    ExchangeSettings[Name] | undefined;
};

/** Fills in what is left out: no limit on bodies, standard error for both logs. */
export function embeddedSettings(options: EmbeddedOptions): ExchangeSettings {
  return {
    ...(options.environ === undefined ? {} : { environ: options.environ }),
    multithread: true,
    multiprocess: options.multiprocess ?? false,
    runOnce: false,
    debug: options.debug ?? false,
    maxBodyOctets: options.maxBodyOctets ?? Infinity,
    bodyHighWaterOctets,
    log: options.log ?? ((entry) => void process.stderr.write(formatLogEntry(entry))),
    writeErrors: options.writeErrors ?? ((text) => void process.stderr.write(text)),
  };
}
