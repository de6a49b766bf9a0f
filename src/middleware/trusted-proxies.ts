/**
 * Which peers are proxies of the deployer's own: whole addresses are compared, as numbers (security O2).
 * @module
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { describeValue, withoutDots } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";

type ParsedAddress = ReturnType<typeof ipaddr.parse>;
type Range = readonly [address: ParsedAddress, prefixLength: number];

/** Says whether an address, in the form that `canonicalAddress` gives, is one of a proxy. */
export type IsTrusted = (address: string) => boolean;

/**
 * An IP address in one form for all ways to write it: an IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) as
 * IPv4, IPv6 as RFC 5952 says. undefined for anything else; `127.1`, `0x7f.1` and zones (`%eth0`) are no address here.
 */
export function canonicalAddress(text: string): string | undefined {
  const version = isIP(text);
  // Of IPv4, node:net takes nothing but the one form: four decimal numbers without leading zeros.
  if (version === 4) return text;
  if (version === 0 || text.includes("%")) return undefined;
  return formatAddress(unmapped(parseAddress(text)));
}

/** @param text - an address by the judgement of node:net */
function parseAddress(text: string): ParsedAddress {
  return ipaddr.parse(withoutDots(text));
}

/** IPv4 where an address is IPv4 that is written as IPv6. */
function unmapped(address: ParsedAddress): ParsedAddress {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function formatAddress(address: ParsedAddress): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/**
 * Compiles a list of addresses and ranges (`192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`).
 * @throws ConfigurationError ERR_CONFIG_OPTION with the entry that is neither
 */
export function compileTrusted(list: readonly string[]): IsTrusted {
  const ranges = list.map(parseRange);
  return (text) => {
    const address = parseAddress(text);
    return ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
  };
}

function parseRange(entry: string): Range {
  const [, text = "", prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(String(entry)) ?? [];
  if (isIP(text) !== 0 && !text.includes("%")) {
    const written = parseAddress(text);
    const address = unmapped(written);
    const writtenBits = written.kind() === "ipv4" ? 32 : 128;
    // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
    const shift = writtenBits - (address.kind() === "ipv4" ? 32 : 128);
    const bits = (prefix === undefined ? writtenBits : Number(prefix)) - shift;
    if (bits >= 0 && bits <= writtenBits - shift) return [address, bits];
  }
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `proxyFix: trusted has ${describeValue(entry)}; expected an IP address or a range such as 10.0.0.0/8`,
  );
}
