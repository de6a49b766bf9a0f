/**
 * The head of a script's answer where the web server does not write one: nph- scripts (non-parsed header).
 *
 * A parsed-header script answers with the head that all protocols share (../response-head.ts). What an nph- script
 * writes reaches the client untouched, so it is an HTTP head, and the end of the connection ends the body.
 * RFC 3875 section 5.
 * @module
 */
import { encodeResponseHead } from "../response-head.ts";

/** True for a script whose name begins with `nph-`, which is how web servers know one. */
export function isNonParsedHeader(scriptPath: string): boolean {
  return scriptPath.slice(scriptPath.lastIndexOf("/") + 1).startsWith("nph-");
}

/** "Status: " is written last by the shared encoder, before the blank line. */
const statusFieldOctets = 8;

/**
 * Encodes a complete HTTP/1.1 head: status line, the application's headers, a Date, `Connection: close`.
 * @param date - for the Date header, as RFC 9110 section 5.6.7 has it; not used where the application sends one
 * @throws LocalProtocolError ERR_LOCAL_VALUE for a code point above U+00FF, CR, LF or NUL
 */
export function encodeNonParsedHead(
  status: string,
  headers: readonly (readonly [string, string])[],
  date: string,
): Uint8Array {
  const hasDate = headers.some(([name]) => name.toLowerCase() === "date");
  const parsed = encodeResponseHead(status, [
    ...headers,
    ...(hasDate ? [] : [["Date", date] as const]),
    ["Connection", "close"],
  ]);
  // The shared encoder has judged every octet; only the status moves, from the last line to the first.
  const statusLine = status.length + 2;
  const headersEnd = parsed.length - statusFieldOctets - statusLine - 2;
  const version = [72, 84, 84, 80, 47, 49, 46, 49, 32]; // "HTTP/1.1 "
  const out = new Uint8Array(version.length + statusLine + headersEnd + 2);
  out.set(version);
  out.set(parsed.subarray(headersEnd + statusFieldOctets, parsed.length - 2), version.length);
  out.set(parsed.subarray(0, headersEnd), version.length + statusLine);
  out.set([13, 10], out.length - 2);
  return out;
}
