/**
 * From `MODULE[:EXPORT]` to an application.
 * @module
 */
import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
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
  const { path, exportName } = findFile(specifier, directory);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = loadQuickly(path) ?? (await importModule(path));
  } catch (error) {
    throw failed(specifier, `it failed to load: ${firstLine(error)}${hintOf(error, directory)}`, error);
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
      error instanceof ConfigurationError
        ? error.message
        : `it failed to start: ${firstLine(error)}${hintOf(error, directory)}`,
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
  let nothingLeft: NodeJS.BeforeExitListener = () => {};
  const never = new Promise<never>((_, reject) => {
    // A listener's own rejection is not waited for: this keeps the process for one turn more.
    nothingLeft = () => void setImmediate(() => reject(new Error("it waits for something that never comes")));
  });
  process.once("beforeExit", nothingLeft);
  try {
    return await Promise.race([import(pathToFileURL(path).href) as Promise<Record<string, unknown>>, never]);
  } finally {
    process.off("beforeExit", nothingLeft);
  }
}

function findFile(specifier: string, directory: string): ReturnType<typeof splitSpecifier> {
  let found: ReturnType<typeof splitSpecifier>;
  try {
    found = splitSpecifier(specifier, directory);
    if (isFile(found.path)) return found;
  } catch (error) {
    // In a directory that this user may not look into, for one.
    throw failed(specifier, `it cannot be looked up: ${firstLine(error)}`, error);
  }
  throw failed(specifier, `there is no file ${found.path}`);
}

/** A colon may be part of a path: the whole is tried as a file first. */
function splitSpecifier(specifier: string, directory: string): { path: string; exportName?: string } {
  const whole = resolve(directory, specifier);
  const colon = specifier.lastIndexOf(":");
  if (colon < 1 || isFile(whole)) return { path: whole };
  return { path: resolve(directory, specifier.slice(0, colon)), exportName: specifier.slice(colon + 1) };
}

function failed(specifier: string, why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError("ERR_CONFIG_APPLICATION", `cannot load ${specifier}: ${why}`, { cause });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Where it happened, or what to do about it, where the message alone does not say so. */
function hintOf(error: unknown, directory: string): string {
  if (!(error instanceof Error)) return "";
  if ((error as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION")
    return ": expected a .ts, .mts, .tsx, .js, .mjs or .cjs file";
  const missing = /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return /^(?:@\/|~)/.test(missing)
      ? ': the paths of a tsconfig.json are not applied; name it in the "imports" of package.json, as #name'
      : `: npm install ${missing}?`;
  }
  const place = placeOf(error.stack ?? "");
  return place === undefined ? "" : ` (${relative(directory, place.path)}${place.position})`;
}

/** The first place in a stack that is in a file of the application or of a package that it uses. */
function placeOf(stack: string): { readonly path: string; readonly position: string } | undefined {
  // This package's own modules are not where an application is broken.
  const ownFolder = fileURLToPath(new URL("..", import.meta.url));
  // V8 writes the place of a syntax error above the message.
  for (const [, url = "", position = ""] of stack.matchAll(
    /(?:^|at |\()((?:file:\/)?\/[^():]+)((?::\d+)+)\)?$/gm,
  )) {
    const path = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (!path.startsWith(ownFolder)) return { path, position };
  }
  return undefined;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0] ?? text;
}
