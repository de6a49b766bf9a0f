/**
 * The request headers that an environ holds, as every adapter gives them.
 *
 * `HTTP_X_Y` is `x-y`; CONTENT_TYPE and CONTENT_LENGTH are the headers of those names. What a header `Proxy` would
 * be called is left out (security H1), and names that a web server cannot have made of a header are not headers.
 * RFC 3875 section 4.1.18. Values are native strings: one code point, U+0000 to U+00FF, for each octet.
 * @module
 */
import { headerNameOf, isHeaderVariable, type Environ } from "../bridge/index.ts";

/** Keys by the name that was asked for. Applications choose the names, but some pass on what clients chose. */
const askedKeys = new Map<string, string>();
const maxAskedKeys = 256;

/**
 * The environ's key for a header.
 * @param name - in any case
 * @returns "" for a name that no environ has: one with "_", and `proxy`
 */
function environKeyOf(name: string): string {
  const known = askedKeys.get(name);
  if (known !== undefined) return known;
  const key = makeKey(name);
  if (askedKeys.size < maxAskedKeys) askedKeys.set(name, key);
  return key;
}

function makeKey(name: string): string {
  const lower = name.toLowerCase();
  if (lower === "content-type") return "CONTENT_TYPE";
  if (lower === "content-length") return "CONTENT_LENGTH";
  if (lower.includes("_") || lower === "proxy") return "";
  const key = `HTTP_${lower.toUpperCase().replaceAll("-", "_")}`;
  return isHeaderVariable(key) ? key : "";
}

/**
 * The value of one header.
 * @param name - in any case
 */
export function headerOfEnviron(environ: Environ, name: string): string | undefined {
  const key = environKeyOf(name);
  if (key === "") return undefined;
  const value = environ[key];
  // A key such as CONSTRUCTOR is no way to what objects inherit: HTTP_ keeps them apart.
  if (typeof value !== "string" || (value === "" && key.startsWith("CONTENT_"))) return undefined;
  return cleanValue(value);
}

/** All headers: lower-case names and values in turn, in the order of the environ, each name once. */
export function headersOfEnviron(environ: Environ): string[] {
  const headers: string[] = [];
  for (const key of Object.keys(environ)) {
    if (key.startsWith("HTTP_")) {
      const name = headerNameOf(key);
      const value = environ[key];
      if (name !== "" && typeof value === "string") headers.push(name, cleanValue(value));
    } else if (key === "CONTENT_TYPE" || key === "CONTENT_LENGTH") {
      const value = environ[key];
      if (typeof value === "string" && value !== "")
        headers.push(key === "CONTENT_TYPE" ? "content-type" : "content-length", cleanValue(value));
    }
  }
  return headers;
}

// oxlint-disable-next-line no-control-regex -- NUL is what is looked for
const lineEnds = /[\r\n\0]/g;

/** RFC 9110 section 5.5: CR, LF and NUL are replaced by SP, white space at the ends is no part of a value. */
function cleanValue(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhiteSpace(value.charCodeAt(start))) start += 1;
  while (start < end && isWhiteSpace(value.charCodeAt(end - 1))) end -= 1;
  const trimmed = end - start === value.length ? value : value.slice(start, end);
  return trimmed.search(lineEnds) === -1 ? trimmed : trimmed.replaceAll(lineEnds, " ");
}

function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10 || code === 0;
}
