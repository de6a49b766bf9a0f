/**
 * From the values of the command line to the options of `serve`, for the one process and for workers alike.
 * @module
 */
import type { ServeOptions } from "../server/index.ts";
import type { SettingValues } from "./setting-values.ts";

/** What `serve` calls the settings of the command line that it takes as they are. */
const optionNames: Readonly<Record<string, keyof ServeOptions>> = {
  "script-name": "scriptName",
  "socket-mode": "socketMode",
  "socket-user": "socketUser",
  "socket-group": "socketGroup",
  allow: "allow",
  backlog: "backlog",
  "max-connections": "maxConnections",
  "max-requests-per-connection": "maxRequestsPerConnection",
  "max-body": "maxBodyOctets",
  debug: "debug",
};

/** All options but the addresses and the logs. */
export function serveOptions(values: SettingValues): ServeOptions {
  const options: Record<string, unknown> = {};
  for (const [setting, name] of Object.entries(optionNames)) {
    // An absent option stays absent, for its default.
    if (values[setting] !== undefined) options[name] = values[setting];
  }
  const requestTimeout = values["request-timeout"];
  if (typeof requestTimeout === "number" && requestTimeout > 0)
    options["requestTimeoutMs"] = 1_000 * requestTimeout;
  return options;
}

/** How long requests that have begun may go on at a stop, in ms. */
export function gracefulTimeoutMs(values: SettingValues): number {
  return 1_000 * ((values["graceful-timeout"] as number | undefined) ?? 30);
}
