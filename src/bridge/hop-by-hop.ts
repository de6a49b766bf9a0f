/**
 * Header fields that belong to one connection and not to a message: RFC 9110 section 7.6.1, PEP 3333 "Other HTTP
 * Features". An application may neither send them nor rely on them.
 * @module
 */
import { hopByHopNames } from "../protocols/hop-by-hop.ts";

const names: ReadonlySet<string> = new Set(hopByHopNames);

/** True for the name of a hop-by-hop header, in upper or lower case: wsgiref's `is_hop_by_hop`. */
export function isHopByHop(name: string): boolean {
  return names.has(name.toLowerCase());
}
