/**
 * Settings that are read when a master starts, and what to say when they have changed since.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type { MasterLog } from "../process/index.ts";
import { formatSetting } from "./format-settings.ts";
import type { ResolvedLine } from "./resolve-settings.ts";
import type { SettingValue, SettingValues } from "./setting-values.ts";
import { commands, type Setting } from "./settings.ts";

/** Settings as they are now, but for those that are read when a master starts: all its processes must agree on them. */
export function keepStartSettings(before: ResolvedLine, now: ResolvedLine): SettingValues {
  const values: Record<string, SettingValue> = { ...now.values };
  for (const { name, atStart } of serveSettings()) {
    if (atStart !== true) continue;
    const value = before.values[name];
    if (value === undefined) delete values[name];
    else values[name] = value;
  }
  return values;
}

/** A line for each setting that a reload cannot bring. `before`: as the master started with. */
export function warnOfStartSettings(before: ResolvedLine, now: ResolvedLine, log: MasterLog): void {
  for (const setting of serveSettings()) {
    const { name, atStart = name === "workers" && now.values[name] === undefined } = setting;
    if (!atStart || isDeepStrictEqual(before.values[name], now.values[name])) continue;
    const place = now.origins[name] ?? before.origins[name] ?? name;
    const value = formatSetting(setting, now.values[name]);
    log("warning", `${place} is ${value} now: HUP does not change that, USR2 does (a new master)`);
  }
}

function serveSettings(): readonly Setting[] {
  return commands.find(({ name }) => name === "serve")?.settings ?? [];
}
