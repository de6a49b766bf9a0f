/**
 * Reading and changing a list of response headers. Every function leaves the list it is given as it was (S59 is the
 * gateway's right; a middleware's caller may go on using its own).
 * @module
 */
import type { HeaderList } from "../bridge/index.ts";

/** The value of the first header of that name; `name` in lower case. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  for (const [each, value] of headers) {
    if (each.length === name.length && each.toLowerCase() === name) return value;
  }
  return undefined;
}

/** The values of all headers of that name, as one list (RFC 9110 section 5.3); `name` in lower case. */
export function joinedValues(headers: HeaderList, name: string): string {
  const named = headers.filter(([each]) => each.toLowerCase() === name);
  return named.map(([, value]) => value).join(", ");
}

/** The list without headers of these names; `names` in lower case. */
export function withoutHeaders(headers: HeaderList, names: ReadonlySet<string>): HeaderList {
  return headers.filter(([name]) => !names.has(name.toLowerCase()));
}

/** True for what the list should be made of: a name and a value. */
export function isPair(pair: unknown): boolean {
  return Array.isArray(pair) && typeof pair[0] === "string" && typeof pair[1] === "string";
}

/**
 * The list with `field` in its Vary header: appended to what is there, once, and never beside "*" (RFC 9110 section
 * 12.5.5). Several such headers become one. The same list where there is nothing to add, and where it is none: that is
 * for the gateway to refuse.
 */
export function withVary(headers: HeaderList, field: string): HeaderList {
  if (!headers.every(isPair)) return headers;
  const isVary = ([name]: HeaderList[number]): boolean => name.toLowerCase() === "vary";
  const values = headers.filter(isVary).map(([, value]) => value);
  const members = values.flatMap((value) => value.split(",")).map((member) => member.trim().toLowerCase());
  if (members.includes("*") || members.includes(field.toLowerCase())) return headers;
  const all = [...values.filter((value) => value.trim() !== ""), field].join(", ");
  const first = headers.find(isVary);
  if (first === undefined) return [...headers, ["Vary", all]];
  return headers.flatMap((pair) => {
    if (!isVary(pair)) return [pair];
    return pair === first ? [[pair[0], all]] : [];
  });
}
