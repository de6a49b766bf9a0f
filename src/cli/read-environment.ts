/**
 * Settings from the environment: `TSGI_WORKERS` for `--workers`, and so on for every setting of the table.
 * @module
 */
import { nearestName } from "./nearest-name.ts";
import { variableName } from "./setting-names.ts";
import type { SettingProblems } from "./setting-problems.ts";
import { convertText, type SettingValue, type SettingValues } from "./setting-values.ts";
import { commands, type CommandSettings } from "./settings.ts";

/** This project's own, which are no settings. */
const otherVariables = [
  "TSGI_RAW_HANDLES",
  "TSGI_INHERITED_SOCKETS",
  "TSGI_DEMO_FRONT",
  "TSGI_SKIP_SERVERS",
] as const;

/** Kubernetes tells every process of a pod about a service called tsgi so, whether it wants to know or not. */
const kubernetesPattern = /^TSGI_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP|SCTP)\w*)?)$/;

/**
 * The values that the environment has for a command. Variables of another command's settings are left alone; one that
 * nothing knows is a problem.
 */
export function readEnvironment(
  command: CommandSettings,
  environment: NodeJS.ProcessEnv,
  problems: SettingProblems,
): SettingValues {
  const names = Object.keys(environment).filter((name) => name.startsWith("TSGI_"));
  const values: Record<string, SettingValue> = {};
  // As a rule there is none, and a script's visitor waits.
  if (names.length === 0) return values;
  for (const setting of command.settings) {
    if (setting.sources?.includes("environment") === false) continue;
    const label = variableName(setting.name);
    const text = environment[label];
    if (text === undefined || (text === "" && setting.emptyIsValue !== true)) continue;
    const value = problems.attempt(() =>
      setting.repeatable === true
        ? (text.split(",").map((each) => convertText(setting, each.trim(), label)) as readonly string[])
        : convertText(setting, text, label),
    );
    if (value !== undefined) values[setting.name] = value;
  }
  for (const name of names) checkName(name, environment, problems);
  return values;
}

function checkName(name: string, environment: NodeJS.ProcessEnv, problems: SettingProblems): void {
  const known = knownVariables();
  if (known.includes(name)) return;
  if (environment["KUBERNETES_SERVICE_HOST"] !== undefined && kubernetesPattern.test(name)) return;
  const nearest = nearestName(name, known);
  const hint =
    nearest === undefined ? "unset it; tsgi help serve lists what there is" : `did you mean ${nearest}?`;
  problems.add(`the environment has ${name}, which is no setting: ${hint}`);
}

function knownVariables(): readonly string[] {
  const settings = commands
    .filter(({ sources }) => sources?.includes("environment"))
    .flatMap((command) => command.settings)
    .filter(({ sources }) => sources?.includes("environment") !== false);
  return [...new Set(settings.map(({ name }) => variableName(name))), ...otherVariables];
}
