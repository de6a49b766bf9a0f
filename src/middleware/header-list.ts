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

/** The list without headers of these names; `names` in lower case. */
export function withoutHeaders(headers: HeaderList, names: ReadonlySet<string>): HeaderList {
  return headers.filter(([name]) => !names.has(name.toLowerCase()));
}

/**
 * The list with `field` in its Vary header: appended to what is there, once, and never beside "*" (RFC 9110 section
 * 12.5.5).
 */
export function withVary(headers: HeaderList, field: string): HeaderList {
  const values = headers.filter(([name]) => name.toLowerCase() === "vary").map(([, value]) => value);
  const members = values.flatMap((value) => value.split(",")).map((member) => member.trim().toLowerCase());
  if (members.includes("*") || members.includes(field.toLowerCase())) return headers;
  return [
    ...withoutHeaders(headers, varyName),
    ["Vary", [...values.filter((value) => value.trim() !== ""), field].join(", ")],
  ];
}

const varyName: ReadonlySet<string> = new Set(["vary"]);
