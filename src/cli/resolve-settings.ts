/**
 * One value for each setting, from everybody who may say what it is: the command line, the environment, the config file,
 * in this order of strength; then what --reload turns on; the default, which is known to whoever uses the value, is last.
 * @module
 */
import { basename } from "node:path";
import { checkServeSettings } from "./check-serve-settings.ts";
import { findConfigFile, loadConfigFile, type ConfigReport } from "./config-file.ts";
import { readWords, type CommandLine } from "./parse-command-line.ts";
import { readEnvironment } from "./read-environment.ts";
import { configKey, variableName } from "./setting-names.ts";
import { SettingProblems } from "./setting-problems.ts";
import type { SettingValue, SettingValues } from "./setting-values.ts";
import type { CommandSettings } from "./settings.ts";

/** A command line, and everything that was said elsewhere. */
export interface ResolvedLine extends CommandLine {
  /** For each setting that is set: where, as one would name it in a message, e.g. `TSGI_WORKERS`. */
  readonly origins: Readonly<Record<string, string>>;
  /** The config file's path, if there is one. */
  readonly configFile: string | undefined;
  /** Settles the settings once more, from what is there now. */
  again(): Promise<ResolvedLine>;
}

/** Who asks for settings. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** The working directory. */
  readonly directory: string;
  /** Reads a config file, given its path. Default: `loadConfigFile`. */
  loadConfig?(path: string): Promise<ConfigReport>;
}

/** What a development server has, unless somebody says otherwise. Those that the table does not have are left out. */
const developmentValues: SettingValues = { workers: 1, debug: true, validate: true };

/** One who says what settings are. */
export interface SettingLayer {
  readonly values: SettingValues;
  /** What a setting is called there. */
  origin(name: string): string;
}

/**
 * Settles the settings of `tsgi serve`.
 * @param words - what stands behind the command's name
 * @throws ConfigurationError with everything that is wrong, wherever it was said
 */
export async function resolveSettings(
  command: CommandSettings,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<ResolvedLine> {
  const { environment, directory, loadConfig = loadConfigFile } = surroundings;
  const problems = new SettingProblems();
  const line = readWords(command, words, problems);
  const [application] = line.positionals;
  const said: SettingValues = application === undefined ? line.values : { ...line.values, application };
  const layers: SettingLayer[] = [
    { values: said, origin: (name) => (name === "application" ? "command line" : `--${name}`) },
    { values: readEnvironment(command, environment, problems), origin: variableName },
  ];
  const named = mergeLayers(layers).values["config"] as string | undefined;
  const configFile = problems.attempt(() => findConfigFile(directory, named));
  if (configFile !== undefined) {
    const values = valuesOf(await loadConfig(configFile), problems);
    layers.push({ values, origin: (name) => `${basename(configFile)}: ${configKey(name)}` });
  }
  if (mergeLayers(layers).values["reload"] === true) {
    const known = Object.entries(developmentValues).filter(([name]) =>
      command.settings.some((setting) => setting.name === name),
    );
    layers.push({ values: Object.fromEntries(known), origin: () => "--reload" });
  }
  const { values, origins } = mergeLayers(layers);
  // What is missing may just have been written wrong.
  if (problems.count === 0) checkServeSettings(values, origins, problems);
  problems.throwIfAny();
  return {
    positionals: [values["application"] as string],
    values,
    origins,
    configFile,
    again: () => resolveSettings(command, words, surroundings),
  };
}

/** The strongest layer is the first. A setting that takes several values takes all of them from one layer. */
export function mergeLayers(layers: readonly SettingLayer[]): Pick<ResolvedLine, "values" | "origins"> {
  const values: Record<string, SettingValue> = {};
  const origins: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (values[name] !== undefined) continue;
      values[name] = value;
      origins[name] = layer.origin(name);
    }
  }
  return { values, origins };
}

function valuesOf(report: ConfigReport, problems: SettingProblems): SettingValues {
  if ("values" in report) {
    for (const message of report.problems) problems.add(message);
    return report.values;
  }
  const cause = new Error(report.failure);
  if (report.stack !== undefined) cause.stack = report.stack;
  problems.add(report.failure, cause);
  return {};
}
