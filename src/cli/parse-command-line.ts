/**
 * From words to values, by the table in settings.ts. What is not in the table is an error that names what is nearest.
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { nearestName } from "./nearest-name.ts";
import { SettingProblems } from "./setting-problems.ts";
import { convertText, type SettingValue, type SettingValues } from "./setting-values.ts";
import type { CommandSettings, Setting } from "./settings.ts";

export interface CommandLine {
  readonly positionals: readonly string[];
  /** Values by setting name; what was not given is absent. */
  readonly values: SettingValues;
}

/** What parseArgs makes of words. */
interface SplitWords {
  readonly tokens: NonNullable<ReturnType<typeof parseArgs<{ strict: false; tokens: true }>>["tokens"]>;
  readonly positionals: readonly string[];
}

/**
 * Parses the words after the command's name.
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS
 */
export function parseCommandLine(command: CommandSettings, words: readonly string[]): CommandLine {
  const problems = new SettingProblems();
  const line = readWords(command, words, problems);
  problems.throwIfAny();
  return line;
}

/** As `parseCommandLine`, but goes on after a problem. */
export function readWords(
  command: CommandSettings,
  words: readonly string[],
  problems: SettingProblems,
): CommandLine {
  const { tokens, positionals } = splitWords(command, words);
  const values: Record<string, SettingValue> = {};
  let unknown = false;
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const found = findOption(command, token.name);
    if (found === undefined) {
      unknown = true;
      problems.add(unknownOption(command, token.name));
      continue;
    }
    const { setting, negated } = found;
    const { inlineValue = false } = token;
    const value = problems.attempt(() => readOption(setting, negated, token.value, inlineValue, problems));
    if (value === undefined) continue;
    const before = values[setting.name];
    values[setting.name] =
      setting.repeatable === true
        ? ([...((before as readonly string[] | undefined) ?? []), value] as readonly string[])
        : value;
  }
  // The value of an option that is not known looks like a word too many.
  if (!unknown) checkPositionals(command, positionals, problems);
  return { positionals, values };
}

function splitWords(command: CommandSettings, words: readonly string[]): SplitWords {
  // Node.js loads parseArgs when it is first looked at: 0.4 ms of the 7 that a CGI request takes.
  if (!words.some((word) => word.startsWith("-"))) return { tokens: [], positionals: words };
  return parseArgs({
    args: [...words],
    options: optionsOf(command),
    allowPositionals: true,
    // Strict parsing ends at the first problem.
    strict: false,
    tokens: true,
  });
}

function optionsOf(command: CommandSettings): NonNullable<ParseArgsConfig["options"]> {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const { name, kind, short, positional } of command.settings) {
    if (positional === true) continue;
    const type = kind === "flag" ? "boolean" : "string";
    options[name] = { type, ...(short === undefined ? {} : { short }) };
    if (kind === "flag") options[`no-${name}`] = { type };
  }
  return options;
}

function findOption(
  command: CommandSettings,
  name: string,
): { readonly setting: Setting; readonly negated: boolean } | undefined {
  const options = command.settings.filter(({ positional }) => positional !== true);
  const setting = options.find((each) => each.name === name);
  if (setting !== undefined) return { setting, negated: false };
  const switchedOff = options.find((each) => each.kind === "flag" && `no-${each.name}` === name);
  return switchedOff === undefined ? undefined : { setting: switchedOff, negated: true };
}

function readOption(
  setting: Setting,
  negated: boolean,
  text: string | undefined,
  isInline: boolean,
  problems: SettingProblems,
): SettingValue | undefined {
  const label = `--${negated ? "no-" : ""}${setting.name}`;
  if (setting.kind === "flag") {
    if (text === undefined) return !negated;
    problems.add(`${label} takes no value, got "${text}"`);
    return undefined;
  }
  if (text === undefined || (!isInline && text.length > 1 && text.startsWith("-"))) {
    const inline = text === undefined ? "" : `; if "${text}" is it, write ${label}=${text}`;
    problems.add(`${label} needs a value: ${setting.placeholder}${inline}`);
    return undefined;
  }
  return convertText(setting, text, label);
}

function checkPositionals(
  command: CommandSettings,
  positionals: readonly string[],
  problems: SettingProblems,
): void {
  const most = command.positionals.length;
  const isOptional =
    command.positionals.some((name) => name.startsWith("[")) ||
    command.settings.some(({ positional }) => positional === true);
  if (positionals.length === most || (isOptional && positionals.length < most)) return;
  const wanted = most === 0 ? "nothing" : command.positionals.join(" ");
  const got = positionals.length === 0 ? "nothing" : positionals.join(" ");
  problems.add(
    `tsgi ${command.name} takes ${wanted} besides options, got ${got}: see tsgi help ${command.name}`,
  );
}

function unknownOption(command: CommandSettings, name: string): string {
  const options = command.settings.filter(({ positional }) => positional !== true);
  const nearest = nearestName(
    name,
    options.flatMap((each) => (each.kind === "flag" ? [each.name, `no-${each.name}`] : [each.name])),
  );
  const hint = nearest === undefined ? `see tsgi help ${command.name}` : `did you mean --${nearest}?`;
  return `tsgi ${command.name} has no option ${name.length === 1 ? "-" : "--"}${name}: ${hint}`;
}
