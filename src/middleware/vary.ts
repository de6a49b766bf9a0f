/**
 * The Vary header, RFC 9110 section 12.5.5: which request headers an answer depends on.
 * @module
 */
import type { HeaderList } from "../bridge/index.ts";

/** A new list in which Vary names `field`; the same list where it does already, or says `*`. */
export function withVary(headers: HeaderList, field: string): HeaderList {
  const index = headers.findIndex((pair) => String(pair?.[0]).toLowerCase() === "vary");
  const found = headers[index];
  if (found === undefined) return [...headers, ["Vary", field]];
  const named = String(found[1])
    .split(",")
    .map((each) => each.trim().toLowerCase());
  if (named.includes("*") || named.includes(field.toLowerCase())) return headers;
  return headers.with(index, [found[0], found[1] === "" ? field : `${found[1]}, ${field}`]);
}
