/**
 * TypeScript without a build step: which files it concerns, and what Node.js is given in their place.
 *
 * Node.js 20 runs no TypeScript and newer versions only erase types; here enums, parameter properties and imports
 * without an extension work alike on every supported version. A .ts file is always an ES module, also where no
 * package.json says so.
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformSync } from "oxc-transform";

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

/**
 * The JavaScript of a TypeScript file, with its source map.
 * @throws SyntaxError with the compiler's message, file and position
 */
export function transformTypeScript(url: string): string {
  const path = fileURLToPath(url);
  const result = transformSync(path, readFileSync(path, "utf8"), {
    sourcemap: true,
    jsx: { runtime: "automatic" },
    decorator: { legacy: true, emitDecoratorMetadata: true },
  });
  const fault = result.errors.find((error) => error.severity === "Error");
  if (fault !== undefined) throw new SyntaxError(`${path}: ${fault.codeframe ?? fault.message}`);
  if (result.map === undefined) return result.code;
  const map = Buffer.from(JSON.stringify(result.map)).toString("base64");
  return `${result.code}\n//# sourceMappingURL=data:application/json;base64,${map}`;
}
