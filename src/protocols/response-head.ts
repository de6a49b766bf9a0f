/**
 * The head of an answer as FastCGI, SCGI and CGI share it: header lines, `Status` the last of them, a blank line.
 *
 * The encoder stands here, the reader in response-head-reader.ts. It is not an HTTP head (there is no status line),
 * and what an application may send is not judged: the bridge has done that before anything is encoded.
 * RFC 3875 section 6.3; rules W1 and W10 of the servers' measured behaviour.
 * @module
 */
import { LocalProtocolError } from "../errors/index.ts";

export {
  defaultMaxHeadOctets,
  ResponseHeadReader,
  type HeaderPair,
  type ResponseHead,
} from "./response-head-reader.ts";

const carriageReturn = 13;
const lineFeed = 10;

/**
 * Octets of a slab that heads are cut from. A typed array of its own for each head doubles the cost (1.2 against
 * 0.6 microseconds for five headers of 230 octets on a slow, busy core; Buffer.from takes 0.75). A slab is given up when full and never written twice.
 */
const slabOctets = 32_768;
let slab = new Uint8Array(slabOctets);
let slabUsed = 0;

/**
 * Encodes a head: `Name: value` lines ended by CRLF, `Status` the last of them, a blank line.
 *
 * Status goes last because HAProxy 2.6.12 answers 302 whenever a Location follows it (W1).
 * @param status - code and reason, such as `404 Not Found`
 * @throws LocalProtocolError ERR_LOCAL_VALUE for a code point above U+00FF, CR, LF or NUL
 */
export function encodeResponseHead(
  status: string,
  headers: readonly (readonly [string, string])[],
): Uint8Array {
  // "Status: " and the two line ends; a header adds ": " and its line end.
  let octets = 12 + status.length;
  for (const [name, value] of headers) octets += name.length + value.length + 4;
  let out: Uint8Array = slab;
  let start = 0;
  if (octets > slabOctets >> 2) {
    out = new Uint8Array(octets);
  } else {
    if (slabUsed + octets > slabOctets) {
      out = slab = new Uint8Array(slabOctets);
      slabUsed = 0;
    }
    start = slabUsed;
    slabUsed += octets;
  }
  let at = start;
  for (const [name, value] of headers) at = writeLine(out, at, name, value);
  at = writeLine(out, at, "Status", status);
  out[at] = carriageReturn;
  out[at + 1] = lineFeed;
  return out.subarray(start, at + 2);
}

/**
 * Encodes the head of an Authorizer's answer, `Status` the first of its lines: lighttpd 1.4.69 takes only Variable-
 * headers as long as it has not read that the answer is a refusal. HAProxy (W1) has no Authorizers.
 * @throws LocalProtocolError ERR_LOCAL_VALUE as `encodeResponseHead`
 */
export function encodeAuthorizerHead(
  status: string,
  headers: readonly (readonly [string, string])[],
): Uint8Array {
  const lines = [["Status", status] as const, ...headers];
  const out = new Uint8Array(
    lines.reduce((octets, [name, value]) => octets + name.length + value.length + 4, 2),
  );
  let at = 0;
  for (const [name, value] of lines) at = writeLine(out, at, name, value);
  out[at] = carriageReturn;
  out[at + 1] = lineFeed;
  return out;
}

function writeLine(out: Uint8Array, start: number, name: string, value: string): number {
  let at = writeText(out, start, name);
  out[at] = 58; // ":"
  out[at + 1] = 32;
  at = writeText(out, at + 2, value);
  out[at] = carriageReturn;
  out[at + 1] = lineFeed;
  return at + 2;
}

function writeText(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // One comparison for both ends: what is below 14 wraps around to far above 241.
    if ((code - 14) >>> 0 > 241) requireHarmless(code, text);
    out[at++] = code;
  }
  return at;
}

/** The bridge has refused these; whatever else calls the encoder must not be able to smuggle a second head (H8). */
function requireHarmless(code: number, text: string): void {
  if (code <= 255 && code !== carriageReturn && code !== lineFeed && code !== 0) return;
  throw new LocalProtocolError(
    "ERR_LOCAL_VALUE",
    `a response head holds ${JSON.stringify(text)}; expected code points up to U+00FF without CR, LF and NUL`,
  );
}
