/**
 * A list of IP addresses and networks, and whether an address is in it. Whole addresses are compared; an IPv4 address
 * is the same however it is written, also as ::ffff:192.0.2.1, which is how a socket of `[::]` sees it (O2).
 * @module
 */
import ipaddr from "ipaddr.js";
import { ConfigurationError } from "../errors/index.ts";
import { withoutDots } from "../protocols/ip-address.ts";

/** What `FCGI_WEB_SERVER_ADDRS` and options are given as. */
export type PeerList = (address: string) => boolean;

type Network = readonly [start: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** Of a mapped IPv4 address, so many bits say that it is one. */
const mappedBits = 96;

/**
 * Reads a list.
 * @param source - what it is called in an error, e.g. `allow`
 * @returns a function that says whether an address, as the system gives it, is in the list
 * @throws ConfigurationError ERR_CONFIG_OPTION for an entry that is no address, and for a list without any
 */
export function parsePeerList(entries: readonly string[], source: string): PeerList {
  const networks = entries.map((entry) => parseNetwork(entry, source));
  if (networks.length === 0) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `${source} lists nobody: name an address, or leave it out`,
    );
  }
  return (address) => {
    // A link-local address comes with its interface, fe80::1%eth0.
    const text = withoutDots(address.split("%", 1)[0] ?? "");
    if (!ipaddr.isValid(text)) return false;
    const peer = ipaddr.process(text);
    return networks.some(([start, bits]) => peer.kind() === start.kind() && peer.match(start, bits));
  };
}

function parseNetwork(entry: string, source: string): Network {
  const [given = "", bitsText, ...rest] = entry.split("/");
  const text = withoutDots(given);
  const isV4 = ipaddr.IPv4.isValidFourPartDecimal(text);
  // Other notations of IPv4 are read as octal or with octets left out: that is for nobody's firewall.
  if (rest.length > 0 || (!isV4 && (/[.%]/.test(text) || !ipaddr.IPv6.isValid(text))))
    throw refused(entry, source);
  const address = ipaddr.parse(text);
  const width = isV4 ? 32 : 128;
  const bits = bitsText === undefined ? width : /^(0|[1-9]\d{0,2})$/.test(bitsText) ? Number(bitsText) : 999;
  if (bits > width) throw refused(entry, source);
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= mappedBits)
    return [address.toIPv4Address(), bits - mappedBits];
  return [address, bits];
}

function refused(entry: string, source: string): ConfigurationError {
  return new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `${source} has ${JSON.stringify(entry.slice(0, 64))}: expected an IP address or a network, such as 192.0.2.1, 10.0.0.0/8, 2001:db8::1 or fd00::/8`,
  );
}
