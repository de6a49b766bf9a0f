/**
 * From words to values, by the table in settings.ts. What is not in the table is an error that names what is nearest.
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { ConfigurationError } from "../errors/index.ts";
import { parseAddress, type Address } from "../protocols/address.ts";
import type { CommandSettings, Setting } from "./settings.ts";

export type SettingValue = string | number | boolean | Address | readonly string[] | readonly Address[];

export interface CommandLine {
  readonly positionals: readonly string[];
  /** Values by setting name; what was not given is absent. */
  readonly values: Readonly<Record<string, SettingValue>>;
}

/**
 * Parses the words after the command's name.
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS
 */
export function parseCommandLine(command: CommandSettings, words: readonly string[]): CommandLine {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const setting of command.settings) {
    options[setting.name] = {
      type: setting.kind === "flag" ? "boolean" : "string",
      multiple: setting.repeatable ?? false,
      ...(setting.short === undefined ? {} : { short: setting.short }),
    };
  }
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(command, error);
  }
  const least = command.positionals.filter((name) => !name.startsWith("[")).length;
  if (parsed.positionals.length < least || parsed.positionals.length > command.positionals.length) {
    const wanted = command.positionals.length === 0 ? "nothing" : command.positionals.join(" ");
    const got = parsed.positionals.length === 0 ? "nothing" : parsed.positionals.join(" ");
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `tsgi ${command.name} takes ${wanted} besides options, got ${got}: see tsgi help ${command.name}`,
    );
  }
  const values: Record<string, SettingValue> = {};
  for (const setting of command.settings) {
    const given = parsed.values[setting.name];
    if (given === undefined) continue;
    values[setting.name] = Array.isArray(given)
      ? (given.map((text) => convert(setting, text)) as readonly string[])
      : convert(setting, given);
  }
  return { positionals: parsed.positionals, values };
}

function convert(setting: Setting, given: string | boolean): string | number | boolean | Address {
  if (typeof given === "boolean") return given;
  switch (setting.kind) {
    case "address":
      return parseAddress(given);
    case "integer":
      return matched(setting, given, /^[1-9]\d{0,14}$/, "a whole number above 0", Number);
    case "workers":
      if (given === "auto") return given;
      return matched(setting, given, /^[1-9]\d{0,3}$/, "a whole number above 0, or auto", Number);
    case "seconds":
      return matched(setting, given, /^\d{1,9}(\.\d{1,3})?$/, "a number of seconds", Number);
    case "mode":
      return matched(setting, given, /^0?[0-7]{3}$/, "three octal digits such as 0660", (text) =>
        parseInt(text, 8),
      );
    case "octets":
      return matched(setting, given, /^\d{1,12}[KMG]?$/i, "octets such as 1048576, 512K, 10M or 2G", octets);
    case "flag":
    case "text":
      return given;
    default:
      return setting.kind satisfies never;
  }
}

function matched(
  setting: Setting,
  given: string,
  pattern: RegExp,
  expected: string,
  read: (text: string) => number,
): number {
  if (pattern.test(given)) return read(given);
  throw new ConfigurationError("ERR_CONFIG_OPTION", `--${setting.name} is "${given}": expected ${expected}`);
}

function octets(text: string): number {
  const unit = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[text.slice(-1).toUpperCase()];
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit;
}

function usageError(command: CommandSettings, error: unknown): ConfigurationError {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = /^Unknown option '(-+)([^']*)'/.exec(message)?.[2];
  if (unknown === undefined) return new ConfigurationError("ERR_CONFIG_OPTION", firstSentence(message));
  const nearest = nearestName(
    unknown,
    command.settings.map((setting) => setting.name),
  );
  const hint = nearest === undefined ? `see tsgi help ${command.name}` : `did you mean --${nearest}?`;
  return new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `tsgi ${command.name} has no option --${unknown}: ${hint}`,
  );
}

function firstSentence(text: string): string {
  return text.split(/\.\s/, 1)[0] ?? text;
}

/** The known name with the fewest edits to `name`, when that is few enough to be a slip of the fingers. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(name.slice(0, 64), candidate);
    if (distance < bestDistance && distance <= Math.max(2, candidate.length / 3)) {
      [best, bestDistance] = [candidate, distance];
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
