/**
 * What the process runs that loads a config file: its path is the first word, its report goes to the parent.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import type { ConfigReport } from "./config-file.ts";
import { readConfig } from "./read-config.ts";
import { SettingProblems } from "./setting-problems.ts";
import { commands } from "./settings.ts";
import { registerTypeScript } from "./typescript-loader.ts";
import { isTypeScript } from "./typescript-source.ts";

async function report(path: string): Promise<ConfigReport> {
  const name = basename(path);
  const serve = commands.find((command) => command.name === "serve");
  if (serve === undefined) throw new TypeError("there is no command serve");
  try {
    const problems = new SettingProblems();
    // Reading a key may run code of the file's as well.
    const values = readConfig(serve, await load(path), name, problems);
    return { values, problems: problems.messages() };
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const failure = `${name} failed to load: ${text.split("\n", 1)[0]}`;
    return { failure, stack: error instanceof Error ? (error.stack ?? text) : text };
  }
}

async function load(path: string): Promise<unknown> {
  if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8"));
  if (isTypeScript(path)) registerTypeScript();
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  return module.default;
}

const [path = ""] = process.argv.slice(2);
const result = await report(path);
// Its own timers and connections must not keep it.
process.send?.(result, () => process.exit(0));
