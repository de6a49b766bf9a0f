/**
 * REQUEST_URI taken apart, once, for everybody: the environ builder and every adapter use these functions (U3).
 *
 * Strings here are native strings, one code point per octet; nothing is ever read as UTF-8.
 * RFC 9112 section 3.2 (request target), RFC 3986 sections 2.1 and 5.2.4.
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { quoted } from "../protocols/quoted.ts";

/** The path and query of a request target, both as sent: the path with its escapes, the query without its "?". */
export interface RequestTarget {
  /** Begins with "/"; empty for `*` (OPTIONS) and for CONNECT, which name no path. */
  readonly path: string;
  readonly query: string;
}

const slash = 47;
const questionMark = 63;

/**
 * Splits a request target: origin-form `/a?b`, absolute-form `http://host/a?b` (scheme and authority are left out),
 * `*`, and for CONNECT the authority-form.
 * @throws RemoteProtocolError ERR_REQUEST_URI: another form, such as a path without its first slash; a NUL, plain or
 * as %00, in the path
 */
export function splitRequestUri(uri: string, method: string): RequestTarget {
  // First of all, so that "//host/path" is a path and never an authority.
  if (uri.charCodeAt(0) === slash) return splitPathAndQuery(uri);
  if (uri === "*" || method === "CONNECT") return { path: "", query: "" };
  const authority = authorityStart(uri);
  if (authority === -1) {
    throw new RemoteProtocolError(
      "ERR_REQUEST_URI",
      `REQUEST_URI is ${quoted(uri)}; expected a path that begins with "/", an absolute URI, or "*"`,
    );
  }
  let end = authority;
  while (end < uri.length && uri.charCodeAt(end) !== slash && uri.charCodeAt(end) !== questionMark) end += 1;
  // "http://host" and "http://host?query" ask for the root (RFC 9112 section 3.2.2).
  return splitPathAndQuery(uri.charCodeAt(end) === slash ? uri.slice(end) : `/${uri.slice(end)}`);
}

function splitPathAndQuery(uri: string): RequestTarget {
  const mark = uri.indexOf("?");
  const path = mark === -1 ? uri : uri.slice(0, mark);
  if (path.includes("%00") || path.includes("\0")) {
    throw new RemoteProtocolError("ERR_REQUEST_URI", `the path of REQUEST_URI ${quoted(uri)} holds a NUL`);
  }
  return { path, query: mark === -1 ? "" : uri.slice(mark + 1) };
}

/** Where the authority of an absolute-form begins, behind "scheme://"; -1 for anything else. */
function authorityStart(uri: string): number {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]{0,31}:\/\//.exec(uri);
  return scheme === null ? -1 : scheme[0].length;
}

/** Undoes percent-encoding, octet by octet; what is no escape ("%zz", a "%" at the end) stays as it is. */
export function decodePath(path: string): string {
  let percent = path.indexOf("%");
  if (percent === -1) return path;
  let decoded = "";
  let copied = 0;
  while (percent !== -1) {
    const octet = hexDigit(path.charCodeAt(percent + 1)) * 16 + hexDigit(path.charCodeAt(percent + 2));
    if (octet >= 0) {
      decoded += path.slice(copied, percent) + String.fromCharCode(octet);
      copied = percent + 3;
      percent = path.indexOf("%", copied);
    } else {
      percent = path.indexOf("%", percent + 1);
    }
  }
  return decoded + path.slice(copied);
}

/** Makes a path of a decoded one: RFC 3986 section 3.3 `pchar` and "/" as they are, every other octet an escape. */
export function encodePath(path: string): string {
  return path.replaceAll(/[^\w.~!$&'()*+,;=:@/-]/g, percentEncode);
}

/** The escape of one octet: "%2F". */
export function percentEncode(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** The value of a hexadecimal digit, or a number so negative that any sum with it stays negative. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1000;
}

/**
 * A decoded path as web servers normalise it before they match locations: runs of slashes made one, "." and ".."
 * segments taken out. For comparing with what a web server sent, never for what the application is given unasked.
 */
export function normalisePath(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const last = segments.at(-1);
  const isFolder = last === "" || last === "." || last === "..";
  return kept.length === 0 ? "/" : `/${kept.join("/")}${isFolder ? "/" : ""}`;
}
