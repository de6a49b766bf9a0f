/**
 * Settings as a table for a terminal: what each is, and who said so.
 * @module
 */
import { formatAddress, type Address } from "../protocols/address.ts";
import type { SettingValue, SettingValues } from "./setting-values.ts";
import type { Setting } from "./settings.ts";

/** A line for each setting: name, value, where it came from. */
export function formatSettings(
  settings: readonly Setting[],
  values: SettingValues,
  origins: Readonly<Record<string, string>>,
): string {
  // Those that can stand on the command line only are about this very run.
  const told = settings.filter(({ sources }) => sources?.length !== 1);
  const rows = told.map((setting) => {
    const { name } = setting;
    return [name, formatSetting(setting, values[name]), origins[name] ?? "default"];
  });
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** One value as the command line would take it; of one that is not set, its default in words. */
export function formatSetting(setting: Setting, value: SettingValue | undefined): string {
  return value === undefined ? defaultOf(setting) : formatValue(setting, value);
}

/** What stands in parentheses at the end of a setting's help. */
function defaultOf({ kind, help }: Setting): string {
  return /\(([^()]*)\)$/.exec(help)?.[1] ?? (kind === "flag" ? "no" : "-");
}

function formatValue(setting: Setting, value: SettingValue): string {
  if (Array.isArray(value)) return value.map((each: SettingValue) => formatValue(setting, each)).join(", ");
  switch (typeof value) {
    case "object":
      return formatAddress(value as Address);
    case "boolean":
      return value ? "yes" : "no";
    case "number":
      return setting.kind === "mode" ? `0${value.toString(8).padStart(3, "0")}` : `${value}`;
    default:
      // A control character must not reach the terminal.
      return setting.kind === "text" && !/^[\x21-\x7e]+$/.test(value as string)
        ? JSON.stringify(value)
        : (value as string);
  }
}
