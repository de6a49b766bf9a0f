/**
 * Header fields that belong to one connection and not to a message: RFC 9110 section 7.6.1, PEP 3333 "Other HTTP
 * Features". An application may neither send them nor rely on them.
 * @module
 */

/** `trailer` is the field of RFC 9110; `trailers` is what wsgiref, and RFC 2616 in one place, call it. */
export const hopByHopNames: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
];

const names: ReadonlySet<string> = new Set(hopByHopNames);

/** True for the name of a hop-by-hop header, in upper or lower case: wsgiref's `is_hop_by_hop`. */
export function isHopByHop(name: string): boolean {
  return names.has(name.toLowerCase());
}
