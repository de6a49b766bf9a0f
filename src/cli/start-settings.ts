/**
 * Settings that are read when a master starts, and what to say when they have changed since.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type { MasterLog } from "../process/index.ts";
import { formatSetting } from "./format-settings.ts";
import type { ResolvedLine } from "./resolve-settings.ts";
import { commands } from "./settings.ts";

/** A line for each setting that a reload cannot bring. `before`: as the master started with. */
export function warnOfStartSettings(before: ResolvedLine, now: ResolvedLine, log: MasterLog): void {
  const settings = commands.find(({ name }) => name === "serve")?.settings ?? [];
  for (const setting of settings) {
    const { name, atStart = name === "workers" && now.values[name] === undefined } = setting;
    if (!atStart || isDeepStrictEqual(before.values[name], now.values[name])) continue;
    const place = now.origins[name] ?? before.origins[name] ?? name;
    const value = formatSetting(setting, now.values[name]);
    log("warning", `${place} is ${value} now: HUP does not change that, USR2 does (a new master)`);
  }
}
