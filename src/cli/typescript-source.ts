/**
 * TypeScript without a build step: which files it concerns, and what Node.js is given in their place.
 *
 * Node.js 20 runs no TypeScript and newer versions only erase types; here enums, parameter properties and imports
 * without an extension work alike on every supported version. A .ts file is always an ES module, also where no
 * package.json says so.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { OxcError } from "oxc-transform";
import { cacheName, readCached, writeCached } from "./private-cache.ts";

const typeScriptPattern = /\.m?tsx?$/;

/** True for the files that are transformed: .ts, .mts, .tsx. */
export function isTypeScript(path: string): boolean {
  return typeScriptPattern.test(path);
}

/** Other names under which a module that was not found may stand: `./a` as ./a.ts, `./a.js` as ./a.ts. */
export function otherSpecifiers(specifier: string): readonly string[] {
  if (!/^(\.{0,2}\/|file:)/.test(specifier)) return [];
  const extension = /\.(m?)jsx?$/.exec(specifier);
  if (extension !== null) {
    const stem = specifier.slice(0, extension.index);
    return [`${stem}.${extension[1] ?? ""}ts`, `${stem}.tsx`];
  }
  const stem = specifier.replace(/\/$/, "");
  return [`${stem}.ts`, `${stem}.tsx`, `${stem}/index.ts`, `${stem}.js`, `${stem}/index.js`];
}

/** The version that package.json names: what another one compiled is not used. */
export const compilerVersion = "0.151.0";

/** Changes with whatever changes what a source file becomes. */
const cacheFormat = `tsgi 1 oxc-transform ${compilerVersion} node ${process.versions.node}`;

/**
 * The JavaScript of a TypeScript file, with its source map: the one that was kept, if it is of this very source.
 * @throws SyntaxError with the compiler's message, file and position
 */
export function transformTypeScript(url: string): string {
  const path = fileURLToPath(url);
  const source = readFileSync(path, "utf8");
  const name = `${cacheName(path)}.js`;
  // The whole source is compared, not a digest of it: node:crypto alone takes longer to load than all of this.
  const key = `${cacheFormat}\0${path}\0${source}\0`;
  const cached = readCached(name)?.toString("utf8");
  if (cached?.startsWith(key)) return cached.slice(key.length);
  const code = transform(path, source);
  writeCached(name, key + code);
  return code;
}

/** Loaded when something must be transformed: the compiler takes longer to load than a small file to run. */
function loadCompiler(): typeof import("oxc-transform") {
  const require = createRequire(import.meta.url);
  // By its file: the package is for import() alone, and import.meta.resolve is missing where hooks run (Node.js 20).
  const folders = require.resolve.paths("oxc-transform") ?? [];
  const file = folders.map((folder) => `${folder}/oxc-transform/index.js`).find((path) => existsSync(path));
  if (file === undefined)
    throw new Error("oxc-transform is not installed: npm install it, or reinstall tsgi");
  return require(file) as typeof import("oxc-transform");
}

function transform(path: string, source: string): string {
  const result = loadCompiler().transformSync(path, source, {
    sourcemap: true,
    jsx: { runtime: "automatic" },
    decorator: { legacy: true, emitDecoratorMetadata: true },
  });
  const fault = result.errors.find((error) => error.severity === "Error");
  if (fault !== undefined) throw syntaxError(path, source, fault);
  if (result.map === undefined) return result.code;
  const map = Buffer.from(JSON.stringify(result.map)).toString("base64");
  return `${result.code}\n//# sourceMappingURL=data:application/json;base64,${map}`;
}

/** The place and the message in the first line, all that may be shown of it; the source below. */
function syntaxError(path: string, source: string, fault: OxcError): SyntaxError {
  // Counted in octets of UTF-8.
  const before = Buffer.from(source)
    .subarray(0, fault.labels[0]?.start ?? 0)
    .toString()
    .split("\n");
  const place = `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  return new SyntaxError(`${place}: ${fault.message}${fault.codeframe ?? ""}`);
}
