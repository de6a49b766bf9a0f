/**
 * From what somebody wrote to the value of a setting: text on the command line and in the environment, text or a
 * JavaScript value in the config file.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { parseAddress, type Address } from "../protocols/address.ts";
import type { Setting, SettingKind } from "./settings.ts";

export type SettingValue = string | number | boolean | Address | readonly string[] | readonly Address[];

/** Values by setting name; what was not given is absent. */
export type SettingValues = Readonly<Record<string, SettingValue>>;

/**
 * Reads the text of one value.
 * @param label - what it is called where it was written, e.g. `--workers` or `TSGI_WORKERS`
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS
 */
export function convertText(
  setting: Setting,
  given: string,
  label: string,
): string | number | boolean | Address {
  const matched = (pattern: RegExp, expected: string, read: (text: string) => number): number => {
    if (pattern.test(given)) return read(given);
    throw refused(label, JSON.stringify(given), expected);
  };
  switch (setting.kind) {
    case "address":
      return convertAddress(given, label);
    case "integer":
      if (given === "0" && setting.allowsZero === true) return 0;
      return matched(/^[1-9]\d{0,14}$/, atMost(given, 15) ?? "a whole number above 0", Number);
    case "workers":
      if (given === "auto") return given;
      // How many there may be is checked with the other settings.
      return matched(/^[1-9]\d{0,14}$/, "a whole number above 0, or auto", Number);
    case "seconds":
      return matched(/^\d{1,9}(\.\d+)?$/, atMost(given, 9) ?? "a number of seconds", Number);
    case "mode":
      return matched(/^0?[0-7]{3}$/, "three octal digits such as 0660", (text) => parseInt(text, 8));
    case "octets":
      return matched(/^[1-9]\d{0,11}[KMG]?$/i, "octets such as 1048576, 512K, 10M or 2G", octets);
    case "choice":
      return chosen(setting, given, label);
    case "flag":
      return flag(given, label);
    case "text":
      return given;
    default:
      return setting.kind satisfies never;
  }
}

/** What the config file may say of a setting, as a type of TypeScript: what is generated is what is checked. */
export function configTypeOf(setting: Setting): string {
  const type = oneTypeOf(setting);
  if (setting.repeatable !== true) return type;
  return `${type} | readonly ${type.includes("|") ? `(${type})` : type}[]`;
}

function oneTypeOf({ kind, choices = [] }: Setting): string {
  return kind === "choice" ? choices.map((choice) => JSON.stringify(choice)).join(" | ") : configTypes[kind];
}

const configTypes: Readonly<Record<Exclude<SettingKind, "choice">, string>> = {
  flag: "boolean",
  text: "string",
  address: "string",
  integer: "number",
  workers: 'number | "auto"',
  seconds: "number",
  mode: "number | string",
  octets: "number | string",
};

/**
 * Reads a value of the config file.
 * @param label - `KEY`, the file's name before it
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS
 */
export function convertConfigValue(setting: Setting, given: unknown, label: string): SettingValue {
  if (setting.repeatable === true && Array.isArray(given)) {
    const list = given.map((each, index) => convertOne(setting, each, `${label}[${index}]`));
    return list as readonly string[];
  }
  const value = convertOne(setting, given, label);
  return setting.repeatable === true ? ([value] as readonly string[]) : (value as SettingValue);
}

function convertOne(setting: Setting, given: unknown, label: string): string | number | boolean | Address {
  const types = oneTypeOf(setting).split(" | ");
  if (!types.some((type) => type === typeof given || type === JSON.stringify(given))) {
    throw refused(label, described(given), configTypeOf(setting).replaceAll("readonly ", ""));
  }
  if (typeof given === "boolean") return given;
  if (setting.kind === "mode" && typeof given === "number") {
    if (Number.isInteger(given) && given >= 0 && given <= 0o777) return given;
    throw refused(label, `${given}`, 'permission bits such as 0o660 or "0660"');
  }
  return typeof given === "number"
    ? convertNumber(setting, given, label)
    : convertText(setting, given as string, label);
}

function convertNumber(setting: Setting, given: number, label: string): string | number | boolean | Address {
  try {
    return convertText(setting, `${given}`, label);
  } catch (error) {
    // It was a number, and came without quotes.
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      error.message.replace(JSON.stringify(`${given}`), `${given}`),
    );
  }
}

/** A value for a message, cut where it is long. */
function described(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  if (typeof value === "function") return "a function";
  return String(value);
}

function convertAddress(given: string, label: string): Address {
  try {
    return parseAddress(given);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError("ERR_CONFIG_ADDRESS", `${label}: ${error.message}`, { cause: error });
  }
}

function flag(given: string, label: string): boolean {
  if (/^(1|true|yes|on)$/i.test(given)) return true;
  if (/^(0|false|no|off)$/i.test(given)) return false;
  throw refused(label, JSON.stringify(given), "1 or 0, true or false");
}

function chosen({ choices = [] }: Setting, given: string, label: string): string {
  if (choices.includes(given)) return given;
  throw refused(label, JSON.stringify(given), choices.join(", "));
}

function octets(text: string): number {
  const unit = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[text.slice(-1).toUpperCase()];
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit;
}

/** What is expected in place of a number with more digits than that; undefined for everything else. */
function atMost(given: string, digits: number): string | undefined {
  const [whole = ""] = given.split(".", 1);
  return /^\d+$/.test(whole) && whole.length > digits ? `at most ${"9".repeat(digits)}` : undefined;
}

function refused(label: string, came: string, expected: string): ConfigurationError {
  return new ConfigurationError("ERR_CONFIG_OPTION", `${label} is ${came}: expected ${expected}`);
}
