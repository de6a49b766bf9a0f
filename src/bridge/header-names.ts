/**
 * The header that a variable of the environ stands for: RFC 3875 section 4.1.18, the other way round.
 *
 * What a header `Proxy` would be called is left out (security H1), and names that a web server cannot have made of a
 * header are not headers.
 * @module
 */
import { paramNames } from "./param-names.ts";

/** `HTTP_` and what a header's name can become: no lower case, no hyphen. */
const headerForm = /^HTTP_[A-Z0-9_!#$%&'*+.^`|~]+$/;

/** Lower-case names by variable, for those that are common; fixed, since clients choose the others. */
const commonNames: ReadonlyMap<string, string> = new Map(
  paramNames.filter((key) => headerForm.test(key)).map((key) => [key, nameOf(key)]),
);

function nameOf(key: string): string {
  return key.slice(5).toLowerCase().replaceAll("_", "-");
}

/** True for what never becomes a header: the two whose variables have no `HTTP_`, and Proxy. */
function isNoHeader(key: string): boolean {
  return key === "HTTP_PROXY" || key === "HTTP_CONTENT_TYPE" || key === "HTTP_CONTENT_LENGTH";
}

/** True for what a header's variable can be called. */
export function isHeaderVariable(key: string): boolean {
  return headerForm.test(key);
}

/**
 * The name in lower case.
 * @param key - begins with `HTTP_`
 * @returns "" for what is no header
 */
export function headerNameOf(key: string): string {
  if (isNoHeader(key)) return "";
  return commonNames.get(key) ?? (headerForm.test(key) ? nameOf(key) : "");
}
