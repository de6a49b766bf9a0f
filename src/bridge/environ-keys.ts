/**
 * Keys of the environ that need care: the gateway's own names, inherited names, and the deployer's extra pairs.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";

/** True for `wsgi.*` and `tsgi.*`: set by the gateway alone, whatever a web server or a deployer sends. */
export function isReservedName(name: string): boolean {
  return name.charCodeAt(4) === 46 && (name.startsWith("wsgi.") || name.startsWith("tsgi."));
}

/** Sets an own, ordinary key, `__proto__` included (H6): plain assignment would change the prototype. */
export function defineKey(target: object, name: string, value: string): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The pairs that were found in order last: the same object comes with each request of a server. */
let checkedPairs: Readonly<Record<string, string>> | undefined;

/**
 * Puts the deployer's pairs over the web server's (flup's `environ` option). HTTP_PROXY (H1) and reserved names are
 * left out.
 * @throws ConfigurationError ERR_CONFIG_OPTION: a value is no string, or has code points past U+00FF (S81)
 */
export function defineExtraPairs(target: object, pairs: Readonly<Record<string, string>>): void {
  if (pairs !== checkedPairs) {
    checkExtraPairs(pairs);
    checkedPairs = pairs;
  }
  for (const name of Object.keys(pairs)) {
    if (name !== "HTTP_PROXY" && !isReservedName(name)) defineKey(target, name, pairs[name]!);
  }
}

/**
 * Checks the deployer's pairs, as a server may do once at its start.
 * @throws ConfigurationError ERR_CONFIG_OPTION: see `defineExtraPairs`
 */
export function checkExtraPairs(pairs: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(pairs)) {
    if (typeof value !== "string" || !isNativeText(name + value)) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `environ: ${JSON.stringify(name)} is ${typeof value === "string" ? JSON.stringify(value) : typeof value}; ` +
          `expected a string with one character (U+0001 to U+00FF) for each octet, such as ` +
          `Buffer.from(text).toString("latin1")`,
      );
    }
  }
}

/** True when `text` can be a value of the environ: one code point up to U+00FF for each octet (S81), no NUL. */
export function isNativeText(text: string): boolean {
  return !/[\u0100-\uffff]/.test(text) && !text.includes("\0");
}
