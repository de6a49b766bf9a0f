/**
 * Where a gateway listens and where a client connects, as one line of text.
 *
 * Text to data and back, nothing else: no name is looked up, no file is touched, nothing is opened. Each character is
 * looked at a bounded number of times, so a hostile line costs time linear in its length (O10).
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { inBrackets } from "./host.ts";

/** A place to listen or to connect. */
export type Address =
  /** A UNIX socket. A path that begins with U+0000 is a name in Linux's abstract namespace, as node:net takes it. */
  | { readonly kind: "unix"; readonly path: string }
  /** A TCP port, 0 to 65535. The host is a name or an IP address; IPv6 stands here without brackets. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A socket that this process has inherited, by the number of its descriptor; `of` is where it is, if known. */
  | { readonly kind: "fd"; readonly fd: number; readonly of?: Address }
  /** A socket that systemd passed (LISTEN_FDS), by its FileDescriptorName. */
  | { readonly kind: "systemd"; readonly name: string };

const acceptedForms =
  "unix:/path, unix:@abstract-name, host:port, :port or port (the loopback), [ipv6]:port, fd:N or systemd:NAME";
/** `sun_path` is 108 octets on Linux, the last one of a path being its NUL. */
const maxUnixPathOctets = 107;
/** systemd.socket(5): a FileDescriptorName has at most 255 characters. */
const maxSystemdNameLength = 255;
const maxDescriptor = 2_147_483_647;
const maxPort = 65_535;

/**
 * Reads an address: `unix:/path`, `unix:@name` (abstract), `host:port`, `:port` and `port` (both 127.0.0.1: nothing is
 * open to the network unless that was asked for, O1), `[::1]:port`, `fd:N`, `systemd:NAME`.
 * @throws ConfigurationError ERR_CONFIG_ADDRESS with what came and the accepted forms
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) return parseUnix(text, text.slice(5));
  if (text.startsWith("fd:")) {
    const fd = parseNumber(text.slice(3), maxDescriptor);
    if (fd === undefined) throw refusal(text, "fd: needs the number of an inherited descriptor");
    return { kind: "fd", fd };
  }
  if (text.startsWith("systemd:")) {
    const name = text.slice(8);
    if (name === "" || name.length > maxSystemdNameLength || !/^[\x21-\x39\x3b-\x7e]+$/.test(name)) {
      throw refusal(text, "systemd: needs a FileDescriptorName, 1 to 255 ASCII characters without ':'");
    }
    return { kind: "systemd", name };
  }
  return parseTcp(text);
}

/** Writes an address so that `parseAddress` reads the same one again. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case "unix":
      return address.path.startsWith("\0") ? `unix:@${address.path.slice(1)}` : `unix:${address.path}`;
    case "tcp":
      return `${inBrackets(address.host)}:${address.port}`;
    case "fd":
      return `fd:${address.fd}`;
    case "systemd":
      return `systemd:${address.name}`;
    default:
      return address satisfies never;
  }
}

function parseUnix(text: string, path: string): Address {
  if (path === "" || path === "@") throw refusal(text, "unix: needs the path of a socket");
  if (path.includes("\0")) throw refusal(text, "a path cannot hold a NUL");
  if (utf8Octets(path) > maxUnixPathOctets) {
    throw refusal(text, `the path of a UNIX socket has at most ${maxUnixPathOctets} octets`);
  }
  return { kind: "unix", path: path.startsWith("@") ? `\0${path.slice(1)}` : path };
}

function parseTcp(text: string): Address {
  const colon = text.lastIndexOf(":");
  const port = parseNumber(text.slice(colon + 1), maxPort);
  if (port === undefined) throw refusal(text, "the port must be a number from 0 to 65535");
  if (colon <= 0) return { kind: "tcp", host: "127.0.0.1", port };
  const host = text.slice(0, colon);
  if (host.startsWith("[")) {
    if (!/^\[[0-9a-f:.]+(?:%[\w.-]+)?\]$/i.test(host) || !host.includes(":")) {
      throw refusal(text, "the brackets must hold an IPv6 address");
    }
    return { kind: "tcp", host: host.slice(1, -1), port };
  }
  if (host.includes(":")) throw refusal(text, `an IPv6 address needs brackets, as in [${host}]:${port}`);
  if (!/^[\w.-]+$/.test(host)) throw refusal(text, "the host must be a name or an IP address");
  return { kind: "tcp", host, port };
}

/** A plain decimal up to `most`: no sign, no space, no exponent; undefined for anything else. */
function parseNumber(digits: string, most: number): number | undefined {
  if (!/^\d{1,10}$/.test(digits)) return undefined;
  const value = Number(digits);
  return value <= most ? value : undefined;
}

function utf8Octets(text: string): number {
  let octets = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair counts two of the four octets.
    octets += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return octets;
}

function refusal(text: string, reason: string): ConfigurationError {
  const shown = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
  return new ConfigurationError(
    "ERR_CONFIG_ADDRESS",
    `${shown} is not an address: ${reason}; expected ${acceptedForms}`,
  );
}
