/**
 * Loads an application's module by require(), which takes ES modules too and is sooner done than import() in a process
 * that has loaded none: what `tsgi cgi` does with a request's visitor waiting.
 * @module
 */
import * as nodeModule from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";
import { isTypeScript, transformTypeScript } from "./typescript-source.ts";

/** What require() cannot load, import() can. */
const leftToImport: ReadonlySet<unknown> = new Set(["ERR_REQUIRE_ASYNC_MODULE", "ERR_REQUIRE_ESM"]);

/** A module that names another file: where that is TypeScript, only the hooks can load it. */
const relativeImport = /\b(?:from|import)\s*\(?\s*["'](?:\.|\/|file:)/;

/** The parts of node:module's Module that its types leave out. */
interface CompilableModule {
  filename: string;
  paths: string[];
  exports: unknown;
  _compile(code: string, path: string, format: "module"): void;
}

interface ModuleInternals {
  readonly prototype: Partial<CompilableModule>;
  new (id: string): CompilableModule;
  _nodeModulePaths(directory: string): string[];
}

/**
 * The namespace of an ES module; undefined when it must be imported instead: one that awaits at its top level, a
 * CommonJS one, TypeScript that imports files of its own.
 */
export function requireModule(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const namespace: unknown = isTypeScript(path)
      ? requireTypeScript(path)
      : nodeModule.createRequire(path)(path);
    return types.isModuleNamespaceObject(namespace) ? (namespace as Record<string, unknown>) : undefined;
  } catch (error) {
    if (leftToImport.has((error as NodeJS.ErrnoException | undefined)?.code)) return undefined;
    throw error;
  }
}

/** Without the hooks, which on Node.js 20 live in a thread that takes as long to start as all of this. */
function requireTypeScript(path: string): unknown {
  const code = transformTypeScript(pathToFileURL(path).href);
  const Module = nodeModule.Module as unknown as ModuleInternals;
  if (relativeImport.test(code) || typeof Module.prototype._compile !== "function") return undefined;
  process.setSourceMapsEnabled(true);
  const loaded = new Module(path);
  loaded.filename = path;
  loaded.paths = Module._nodeModulePaths(dirname(path));
  loaded._compile(code, path, "module");
  return loaded.exports;
}
