/**
 * What is said where an application runs as root and nobody has said that it is to.
 * @module
 */
import type { SettingValues } from "./setting-values.ts";

/** A warning in one line; undefined where there is nothing to warn of. */
export function rootWarning(values: SettingValues): string | undefined {
  if (values["user"] !== undefined || process.geteuid?.() !== 0) return undefined;
  return "the application runs as root: add --user NAME, or --user root to be told no more";
}
