/**
 * Registers the module hooks that run TypeScript, in whichever way this Node.js has.
 * @module
 */
import * as nodeModule from "node:module";
import { isTypeScript, otherSpecifiers, transformTypeScript } from "./typescript-source.ts";

interface SyncHooks {
  resolve(
    specifier: string,
    context: unknown,
    next: (specifier: string, context: unknown) => unknown,
  ): unknown;
  load(url: string, context: unknown, next: (url: string, context: unknown) => unknown): unknown;
}

let registered = false;

/** From here on `import` takes TypeScript. Stacks show its own lines. */
export function registerTypeScript(): void {
  if (registered) return;
  registered = true;
  process.setSourceMapsEnabled(true);
  // Node.js 22.15 and newer: in this thread, and not deprecated as `register` is in 26.
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: SyncHooks) => void };
  if (registerHooks !== undefined) registerHooks(syncHooks);
  else nodeModule.register(new URL(hooksFile(import.meta.url), import.meta.url));
}

/** Beside this file, as source and as built; the bundle of tsgi.cts has them in the next folder. */
function hooksFile(ownUrl: string): string {
  if (ownUrl.endsWith(".cjs")) return "../cli/typescript-hooks.js";
  return `./typescript-hooks${ownUrl.slice(-3)}`;
}

const syncHooks: SyncHooks = {
  resolve: (specifier, context, nextResolve) => {
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      for (const other of otherSpecifiers(specifier)) {
        try {
          return nextResolve(other, context);
        } catch {
          // Not there either; the first error names what the application asked for.
        }
      }
      throw error;
    }
  },
  load: (url, context, nextLoad) => {
    if (!url.startsWith("file:") || !isTypeScript(url)) return nextLoad(url, context);
    return { format: "module", source: transformTypeScript(url), shortCircuit: true };
  },
};
