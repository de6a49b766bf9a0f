/**
 * What a config file's object says, by the table in settings.ts.
 * @module
 */
import { nearestName } from "./nearest-name.ts";
import { configKey } from "./setting-names.ts";
import type { SettingProblems } from "./setting-problems.ts";
import { convertConfigValue, type SettingValue, type SettingValues } from "./setting-values.ts";
import type { CommandSettings } from "./settings.ts";

/**
 * Checks every key and value.
 * @param config - the module's default export
 * @param file - the file's name, for messages
 */
export function readConfig(
  command: CommandSettings,
  config: unknown,
  file: string,
  problems: SettingProblems,
): SettingValues {
  const values: Record<string, SettingValue> = {};
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    problems.add(
      `${file} exports ${whatCame(config)} by default: expected export default defineConfig({ ... })`,
    );
    return values;
  }
  const settings = new Map(
    command.settings
      .filter(({ sources }) => sources?.includes("config file") !== false)
      .map((setting) => [configKey(setting.name), setting]),
  );
  for (const [key, given] of Object.entries(config)) {
    const setting = settings.get(key);
    if (setting === undefined) {
      problems.add(`${file}: ${unknownKey(command, key, [...settings.keys()])}`);
    } else if (given !== undefined) {
      const value = problems.attempt(() => convertConfigValue(setting, given, `${file}: ${key}`));
      if (value !== undefined) values[setting.name] = value;
    }
  }
  return values;
}

function whatCame(config: unknown): string {
  if (config === undefined) return "nothing";
  if (config === null) return "null";
  return Array.isArray(config) ? "a list" : `a ${typeof config}`;
}

function unknownKey(command: CommandSettings, key: string, known: readonly string[]): string {
  const elsewhere = command.settings.find(({ name }) => configKey(name) === key);
  if (elsewhere !== undefined)
    return `${key} cannot be set in the file itself: use --${elsewhere.name} on the command line`;
  // As it is written on the command line, it is near to nothing here.
  const nearest = known.includes(configKey(key)) ? configKey(key) : nearestName(key, known);
  const hint =
    nearest === undefined ? "docs/configuration.md lists what there is" : `did you mean ${nearest}?`;
  return `${key.slice(0, 100)} is no setting: ${hint}`;
}
