/**
 * The headers of an SCGI request: names and values, each ended by a NUL, inside of one netstring.
 *
 * SCGI specification, "Protocol": CONTENT_LENGTH comes first, even when it is 0, SCGI is "1", no name is empty or
 * comes twice. A web server that repeats a request header, as nginx before 1.23 does, sends that HTTP_* name again:
 * those pass, the bridge joins them (H2).
 * @module
 */
import { scgiContentLength, plainDecimal } from "../content-length.ts";
import { readNative, writeNative } from "../native-string.ts";
import type { ParamsBlock } from "../params-block.ts";
import { duplicateHeader, malformedHeaders, quotedName, tooManyHeaders } from "./violations.ts";

/** What the headers of a request say. */
export interface DecodedHeaders {
  readonly params: ParamsBlock;
  /**
   * Octets of the body (W17), undefined when CONTENT_LENGTH is no plain decimal: no body can then be told from what
   * follows it, and the bridge answers 400 (H5).
   */
  readonly bodyOctets: number | undefined;
}

/**
 * Finds the headers of a block.
 * @param maxHeaders - the most that are accepted, the limit `maxParams`
 * @throws RemoteProtocolError ERR_SCGI_HEADERS, LimitExceededError ERR_LIMIT_PARAMS
 */
export function decodeHeaders(octets: Uint8Array, maxHeaders: number): DecodedHeaders {
  const end = octets.length;
  if (end === 0) throw malformedHeaders("got none, expected CONTENT_LENGTH and SCGI at least");
  if (octets[end - 1] !== 0) throw malformedHeaders("the last value has no NUL behind it");
  // The last octet is a NUL, so there is always one to be found.
  const first = nameAt(octets, 0, octets.indexOf(0));
  if (first !== "CONTENT_LENGTH")
    throw malformedHeaders(`the first name is ${quotedName(first)}, expected CONTENT_LENGTH`);
  const spans: number[] = [];
  const seen = new Set<string>();
  let declared = "";
  let ofClient: string | undefined;
  let software: string | undefined;
  for (let at = 0; at < end;) {
    const nameEnd = octets.indexOf(0, at);
    if (nameEnd === at) throw malformedHeaders(`the name at octet ${at} is empty`);
    const valueStart = nameEnd + 1;
    if (valueStart === end) {
      throw malformedHeaders(`${quotedName(nameAt(octets, at, nameEnd))}, the last name, has no value`);
    }
    const valueEnd = octets.indexOf(0, valueStart);
    if (spans.length === 4 * maxHeaders) throw tooManyHeaders(maxHeaders);
    spans.push(at, nameEnd, valueStart, valueEnd);
    if (isOfClient(octets, at)) {
      if (nameEnd - at === 19 && readNative(octets, at, nameEnd) === "HTTP_CONTENT_LENGTH") {
        ofClient ??= readNative(octets, valueStart, valueEnd);
      }
    } else {
      const name = readNative(octets, at, nameEnd);
      if (seen.has(name)) throw duplicateHeader(name);
      seen.add(name);
      if (at === 0) declared = readNative(octets, valueStart, valueEnd);
      else if (name === "SCGI") requireVersion(readNative(octets, valueStart, valueEnd));
      else if (name === "SERVER_SOFTWARE") software = readNative(octets, valueStart, valueEnd);
    }
    at = valueEnd + 1;
  }
  if (!seen.has("SCGI")) {
    throw malformedHeaders(
      'got no SCGI, expected SCGI "1" (nginx: include scgi_params, or scgi_param SCGI 1)',
    );
  }
  return {
    params: { octets, spans },
    bodyOctets: scgiContentLength(plainDecimal(declared), ofClient, software),
  };
}

/**
 * Encodes headers as one netstring: CONTENT_LENGTH first, then SCGI, then the others in their order.
 * @throws LocalProtocolError ERR_LOCAL_VALUE for a code point above U+00FF
 */
export function encodeHeaders(
  bodyOctets: number,
  params: Iterable<readonly [name: string, value: string]>,
): Uint8Array {
  const list: Array<readonly [string, string]> = [
    ["CONTENT_LENGTH", String(bodyOctets)],
    ["SCGI", "1"],
  ];
  for (const pair of params) if (pair[0] !== "CONTENT_LENGTH" && pair[0] !== "SCGI") list.push(pair);
  let total = 0;
  for (const [name, value] of list) total += name.length + value.length + 2;
  const length = `${total}:`;
  const octets = new Uint8Array(length.length + total + 1);
  let at = writeNative(octets, 0, length, "the length of", "headers");
  for (const [name, value] of list) {
    at = writeNative(octets, at, name, "the name", name) + 1;
    at = writeNative(octets, at, value, "the value of", name) + 1;
  }
  octets[at] = 0x2c;
  return octets;
}

/** True for a name that begins with HTTP_: what the client's request header said. */
function isOfClient(octets: Uint8Array, at: number): boolean {
  return (
    octets[at] === 0x48 &&
    octets[at + 1] === 0x54 &&
    octets[at + 2] === 0x54 &&
    octets[at + 3] === 0x50 &&
    octets[at + 4] === 0x5f
  );
}

function requireVersion(value: string): void {
  if (value !== "1") throw malformedHeaders(`SCGI is ${quotedName(value)}, expected "1"`);
}

/** A name, or as much of it as an error may show. */
function nameAt(octets: Uint8Array, start: number, end: number): string {
  return readNative(octets, start, Math.min(end, start + 100));
}
