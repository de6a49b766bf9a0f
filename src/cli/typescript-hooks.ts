/**
 * The module hooks for Node.js 20, which runs them in a thread of their own (node:module `register`).
 * @module
 */
import type { LoadHook, ResolveHook } from "node:module";
import { isTypeScript, otherSpecifiers, transformTypeScript } from "./typescript-source.ts";

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    for (const other of otherSpecifiers(specifier)) {
      try {
        return await nextResolve(other, context);
      } catch {
        // Not there either; the first error names what the application asked for.
      }
    }
    throw error;
  }
};

export const load: LoadHook = async (url, context, nextLoad) => {
  if (!url.startsWith("file:") || !isTypeScript(url)) return nextLoad(url, context);
  return { format: "module", source: transformTypeScript(url), shortCircuit: true };
};
