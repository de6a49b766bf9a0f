/**
 * What proxies say of the request that they were sent: RFC 7239 and the X-Forwarded-* headers before it.
 *
 * It reads text and believes nobody: which of it counts is proxy-fix.ts.
 * @module
 */
import { canonicalAddress } from "./trusted-proxies.ts";

/** A client or a proxy, as a header names it. */
export interface ForwardedNode {
  readonly address: string;
  /** As it is written in REMOTE_PORT; undefined where none was named. */
  readonly port: string | undefined;
}

/** One element of a Forwarded header: what one proxy added. Values are as written, without their quotes. */
export type ForwardedElement = ReadonlyMap<string, string>;

/** The parts of a comma-separated list, without the white space around them; empty ones are left out. */
export function splitList(header: string): string[] {
  return header
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const portDigits = /^(?:[1-9]\d{0,4})$/;

/** A port, 1 to 65535, in plain digits; undefined for anything else. */
export function parsePort(text: string): string | undefined {
  return portDigits.test(text) && Number(text) <= 65_535 ? text : undefined;
}

/**
 * A node of X-Forwarded-For or `for=`: an address, in brackets where it is IPv6 with a port, and perhaps a port.
 * @returns undefined for `unknown`, `_hidden` and anything that is no address
 */
export function parseNode(text: string): ForwardedNode | undefined {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed !== null) return node(bracketed[1]?.includes(":") ? bracketed[1] : "", bracketed[2]);
  const [, host = "", port] = /^([^:]*):([^:]*)$/s.exec(text) ?? [undefined, text];
  return node(host, port);
}

/** RFC 7239 section 6.3: an obfuscated port (`_x`) hides the port, not the address. */
function node(host: string, port: string | undefined): ForwardedNode | undefined {
  const address = canonicalAddress(host);
  if (address === undefined) return undefined;
  if (port === undefined || /^_[\w.-]+$/.test(port)) return { address, port: undefined };
  return parsePort(port) === undefined ? undefined : { address, port };
}

const hostForm = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?\.?|\[[0-9A-Fa-f:.]+\])(?::([0-9]+))?$/;

/** A host with or without a port, as the Host header has it; undefined where it is none (security U4). */
export function parseHost(
  text: string,
): { readonly name: string; readonly port: string | undefined } | undefined {
  if (text.length > 261) return undefined;
  const match = hostForm.exec(text);
  if (match === null) return undefined;
  const port = match[1];
  const name = port === undefined ? text : text.slice(0, -port.length - 1);
  if (name.startsWith("[") && canonicalAddress(name.slice(1, -1)) === undefined) return undefined;
  if (port !== undefined && parsePort(port) === undefined) return undefined;
  return { name, port };
}

/** A path that may stand before SCRIPT_NAME, without a slash at its end; undefined for anything that needs decoding. */
export function parsePrefix(text: string): string | undefined {
  if (text.length > 1_024 || !/^(?:\/[A-Za-z0-9._~!$&'()*+;=:@-]+)*\/?$/.test(text)) return undefined;
  const prefix = text.endsWith("/") ? text.slice(0, -1) : text;
  return prefix.split("/").some((segment) => segment === "." || segment === "..") ? undefined : prefix;
}

/**
 * The elements of a Forwarded header, RFC 7239 section 4, first to last; names in lower case.
 * @returns undefined when it is not well formed: with quotes that do not close, nobody knows where an element ends
 */
export function parseForwarded(header: string): ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let pairs = new Map<string, string>();
  // Each octet is looked at a bounded number of times, white space included (security O10).
  const part = /\s*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]*))\s*)?([,;]|$)/y;
  let sawEnd = false;
  while (!sawEnd) {
    const match = part.exec(header);
    if (match === null) return undefined;
    const [, name, inQuotes, plain, mark] = match;
    if (name !== undefined) {
      const key = name.toLowerCase();
      // Section 4: each parameter at most once in an element.
      if (pairs.has(key)) return undefined;
      pairs.set(key, inQuotes?.replace(/\\(.)/gs, "$1") ?? plain ?? "");
    }
    sawEnd = mark === "";
    if (mark !== ";" && pairs.size > 0) {
      elements.push(pairs);
      pairs = new Map();
    }
  }
  return elements;
}
