/**
 * The config file: where it is, and what it says.
 *
 * It is a program, so it is run in a process of its own (config-main.ts): a reload has to see it as it is now, with all
 * that it imports, and what it leaves behind (timers, connections, memory) must not stay in a master for ever. What comes
 * back has been checked there and is plain data.
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../errors/index.ts";
import type { SettingValues } from "./setting-values.ts";

/** The names that are looked for, in the working directory. */
export const configFileNames = [
  "tsgi.config.ts",
  "tsgi.config.mts",
  "tsgi.config.js",
  "tsgi.config.mjs",
  "tsgi.config.json",
] as const;

/** What a config file came to. */
export type ConfigReport =
  | { readonly values: SettingValues; readonly problems: readonly string[] }
  /** It could not be loaded; `stack` is for --debug. */
  | { readonly failure: string; readonly stack?: string };

/** How long a config file may take to load, in ms. */
const loadTimeoutMs = 30_000;

/**
 * The path of the config file, or undefined where there is none.
 * @param given - as `--config` names it
 * @throws ConfigurationError ERR_CONFIG_OPTION: the one that is named is missing, or the directory has several
 */
export function findConfigFile(directory: string, given: string | undefined): string | undefined {
  if (given !== undefined) {
    const path = resolve(directory, given);
    if (existsSync(path)) return path;
    throw new ConfigurationError("ERR_CONFIG_OPTION", `there is no config file ${path}`);
  }
  const [found, other] = configFileNames.filter((name) => existsSync(resolve(directory, name)));
  if (other !== undefined) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `${directory} has ${found} and ${other}: leave one, or name one by --config`,
    );
  }
  return found === undefined ? undefined : resolve(directory, found);
}

/** Runs and checks a config file. What is wrong with it is in the report. */
export function loadConfigFile(path: string): Promise<ConfigReport> {
  const program = fileURLToPath(new URL(`./config-main${import.meta.url.slice(-3)}`, import.meta.url));
  return new Promise((done) => {
    const child = spawn(process.execPath, [...process.execArgv, program, path], {
      // What it prints must not look like an answer of the command's.
      stdio: ["ignore", 2, 2, "ipc"],
    });
    let report: ConfigReport | undefined;
    const timer = setTimeout(() => child.kill("SIGKILL"), loadTimeoutMs);
    child.once("message", (message) => {
      report = message as ConfigReport;
    });
    child.once("error", (error) => {
      report ??= { failure: error.message };
    });
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      done(report ?? { failure: whyNothingCame(path, status, signal) });
    });
  });
}

function whyNothingCame(path: string, status: number | null, signal: string | null): string {
  const name = basename(path);
  if (signal === "SIGKILL") return `${name} has not loaded after ${loadTimeoutMs / 1_000} s`;
  // Node.js says so of a top-level await that nothing will settle.
  if (status === 13) return `${name} waits for something that never comes`;
  return `${name} ended its process before it had exported anything (${signal ?? `status ${status}`})`;
}
