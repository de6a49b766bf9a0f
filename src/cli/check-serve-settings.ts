/**
 * What the settings of `tsgi serve` must be beside each other, and what a worker would only find out.
 * @module
 */
import { parseScriptName } from "../bridge/index.ts";
import { maxWorkers } from "../process/index.ts";
import { chooseLimits } from "../protocols/choose-limits.ts";
import { serverLimits } from "../server/index.ts";
import { serveOptions } from "./serve-options.ts";
import type { SettingProblems } from "./setting-problems.ts";
import type { SettingValues } from "./setting-values.ts";

/** Settings that mean nothing without a master. */
const masterSettings = [
  "max-requests",
  "max-requests-jitter",
  "worker-lifetime",
  "max-memory",
  "heartbeat-timeout",
];

/** @param origins - where each setting was set, for messages */
export function checkServeSettings(
  values: SettingValues,
  origins: Readonly<Record<string, string>>,
  problems: SettingProblems,
): void {
  if (values["application"] === undefined || values["application"] === "") {
    problems.add(
      "tsgi serve takes MODULE[:EXPORT] besides options, got nothing: name the application there, in TSGI_APPLICATION or in tsgi.config.ts",
    );
  }
  if (["fastcgi", "scgi", "http"].every((name) => isNothing(values[name]))) {
    problems.add("tsgi serve got no address: name one, for example --fastcgi unix:/run/app.sock");
  }
  const { workers, "script-name": scriptName } = values;
  if (workers === undefined) {
    const useless = masterSettings.find((name) => values[name] !== undefined);
    if (useless !== undefined)
      problems.add(`${origins[useless]} is about workers, and there are none: add --workers 1, or more`);
  }
  if (typeof workers === "number" && workers > maxWorkers) {
    problems.add(`${origins["workers"]} is ${workers}: expected at most ${maxWorkers}`);
  }
  if (typeof scriptName === "string") problems.attempt(() => parseScriptName(scriptName));
  problems.attempt(() => chooseLimits(serverLimits, serveOptions(values)));
}

function isNothing(value: SettingValues[string] | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}
