/**
 * From `MODULE[:EXPORT]` to an application.
 * @module
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Application } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { interfaceNames, toApplication, type InterfaceName } from "./application-interface.ts";
import { registerTypeScript } from "./typescript-loader.ts";
import { isTypeScript } from "./typescript-source.ts";

/**
 * Imports the module, relative to `directory`, and takes the application out of it.
 * @param loadQuickly - tried first; undefined says that the module must be imported
 * @param as - what it is to be: `--interface`
 * @throws ConfigurationError ERR_CONFIG_APPLICATION: no such file, it fails to load, or it exports no application
 */
export async function loadApplication(
  specifier: string,
  directory: string,
  loadQuickly: (path: string) => Readonly<Record<string, unknown>> | undefined = () => undefined,
  as: InterfaceName = "auto",
): Promise<Application> {
  const { path, exportName } = splitSpecifier(specifier, directory);
  if (!existsSync(path)) throw failed(specifier, `there is no file ${path}`);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = loadQuickly(path) ?? (await importModule(path));
  } catch (error) {
    throw failed(specifier, `it failed to load: ${firstLine(error)}`, error);
  }
  const names = exportName === undefined ? ["application", "default"] : [exportName];
  const found = names.find((name) => module[name] !== undefined);
  if (found === undefined) {
    const exported = Object.keys(module).join(", ") || "nothing";
    throw failed(
      specifier,
      `it exports ${exported}; expected ${names.map((name) => `\`${name}\``).join(" or ")}`,
    );
  }
  try {
    return await toApplication(module[found], as, `its export \`${found}\``);
  } catch (error) {
    throw failed(
      specifier,
      error instanceof ConfigurationError ? error.message : `it failed to start: ${firstLine(error)}`,
      error,
    );
  }
}

/** What `--interface` says of the words of a command line. */
export function interfaceOf(values: Readonly<Record<string, unknown>>): InterfaceName {
  return interfaceNames.find((name) => name === values["interface"]) ?? "auto";
}

async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  if (isTypeScript(path)) registerTypeScript();
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}

/** A colon may be part of a path: the whole is tried as a file first. */
function splitSpecifier(specifier: string, directory: string): { path: string; exportName?: string } {
  const whole = resolve(directory, specifier);
  const colon = specifier.lastIndexOf(":");
  if (colon < 1 || existsSync(whole)) return { path: whole };
  return { path: resolve(directory, specifier.slice(0, colon)), exportName: specifier.slice(colon + 1) };
}

function failed(specifier: string, why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError("ERR_CONFIG_APPLICATION", `cannot load ${specifier}: ${why}`, { cause });
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0] ?? text;
}
