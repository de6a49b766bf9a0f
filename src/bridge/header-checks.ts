/**
 * What an application may put into the head of an answer: the checks that make start_response throw.
 *
 * PEP 3333 A16-A20, A29, A30; security H3; W8. It does not know what was started before: that is answer.ts. Names and
 * values are tested octet by octet without regular expressions: measured, a head of five headers costs 0.2 us.
 * @module
 */
import { ResponseError } from "../errors/index.ts";
import { hopByHopNames } from "../protocols/hop-by-hop.ts";
import { isHopByHop } from "./hop-by-hop.ts";
import { describeValue } from "./log-line.ts";
import type { HeaderList } from "./types.ts";

/** A head that has been checked, and is this side's own copy. */
export interface CheckedHeaders {
  readonly headers: HeaderList;
  /** Where Content-Length stands in `headers`, or -1. */
  readonly lengthIndex: number;
  /** What Content-Length says, or -1. */
  readonly contentLength: number;
  /** About how many octets they take on the wire. */
  readonly octets: number;
}

/** Lengths that a name with rules of its own can have: most names need no lower-casing and no look-up. */
const watchedLengths: ReadonlyArray<boolean> = [...hopByHopNames, "status", "content-length"].reduce<
  boolean[]
>((lengths, name) => {
  lengths[name.length] = true;
  return lengths;
}, []);

/** 1 for each octet that a field name may have: RFC 9110 section 5.6.2, `token`. */
const tokenOctets = new Uint8Array(256);
for (const octet of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  tokenOctets[octet.charCodeAt(0)] = 1;
}

/**
 * Checks a status such as `404 Not Found` and returns its code, 200 to 999.
 * @throws ResponseError ERR_RESPONSE_STATUS
 */
export function checkStatus(status: unknown): number {
  if (typeof status !== "string") refuseStatus(status, "it is no string");
  if (status.length < 5 || status.charCodeAt(3) !== 32) {
    refuseStatus(status, "a three-digit code, one space and a reason were expected");
  }
  const hundreds = status.charCodeAt(0) - 48;
  const tens = status.charCodeAt(1) - 48;
  const ones = status.charCodeAt(2) - 48;
  if (hundreds >>> 0 > 9 || tens >>> 0 > 9 || ones >>> 0 > 9) {
    refuseStatus(status, "its first three characters are not digits");
  }
  if (hundreds < 2) {
    refuseStatus(status, "codes go from 200 to 999: an interim (1xx) answer is the web server's to give");
  }
  if (status.charCodeAt(4) === 32 || status.charCodeAt(status.length - 1) === 32) {
    refuseStatus(status, "there is more space than the one behind the code");
  }
  const bad = findForbidden(status);
  if (bad !== -1) refuseStatus(status, forbiddenReason(status, bad));
  return hundreds * 100 + tens * 10 + ones;
}

/**
 * Checks a header list and copies it, pairs and all: the application may go on using its own (S59).
 * @throws ResponseError ERR_RESPONSE_HEADERS, ERR_RESPONSE_HOP_BY_HOP
 */
export function checkHeaders(list: unknown): CheckedHeaders {
  if (!Array.isArray(list)) {
    refuse(`the response headers are ${describeValue(list)}; expected an array of [name, value] pairs`);
  }
  const headers: HeaderList = [];
  let lengthIndex = -1;
  let contentLength = -1;
  let octets = 0;
  for (let i = 0; i < list.length; i += 1) {
    const pair: unknown = list[i];
    if (!Array.isArray(pair) || pair.length !== 2) {
      refuse(`response header ${i} is ${describePair(pair)}; expected a [name, value] pair`);
    }
    const name: unknown = pair[0];
    const value: unknown = pair[1];
    checkName(name, i);
    checkValue(name, value);
    if (watchedLengths[name.length] === true && isContentLength(name)) {
      if (lengthIndex !== -1) refuse("Content-Length stands twice in the response headers; expected it once");
      lengthIndex = headers.length;
      contentLength = parseLength(value);
    }
    octets += name.length + value.length + 4;
    headers.push([name, value]);
  }
  return { headers, lengthIndex, contentLength, octets };
}

/**
 * Checks that a name is a token; `index` is where it stands, for the message.
 * @throws ResponseError ERR_RESPONSE_HEADERS
 */
export function checkName(name: unknown, index?: number): asserts name is string {
  if (typeof name !== "string") {
    refuse(
      `the name of ${index === undefined ? "a response header" : `response header ${index}`} is ${describeValue(name)}; expected a string`,
    );
  }
  let valid = name.length > 0;
  for (let i = 0; i < name.length; i += 1) {
    // Past the table is undefined, which is not 1 either.
    if (tokenOctets[name.charCodeAt(i)] !== 1) valid = false;
  }
  if (!valid) {
    refuse(
      `${describeValue(name)} is no name for a response header; ` +
        "expected letters, digits and !#$%&'*+-.^_`|~ only, without colon or space",
    );
  }
}

/**
 * Checks that a value is a native string without control characters.
 * @throws ResponseError ERR_RESPONSE_HEADERS
 */
export function checkValue(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    refuse(`the value of the response header ${name} is ${describeValue(value)}; expected a string`);
  }
  const bad = findForbidden(value);
  if (bad !== -1) refuse(`the value of the response header ${name}: ${forbiddenReason(value, bad)}`);
}

/** Refuses names with rules of their own; true for the one that only has to be remembered. */
function isContentLength(name: string): boolean {
  const lower = name.toLowerCase();
  if (lower === "content-length") return true;
  if (lower === "status") {
    refuse("the response header Status is refused: the status is start_response's first argument");
  }
  if (isHopByHop(lower)) {
    throw new ResponseError(
      "ERR_RESPONSE_HOP_BY_HOP",
      `the response header ${name} is hop-by-hop: connections and transfer encodings are the web server's affair`,
    );
  }
  return false;
}

function parseLength(value: string): number {
  let length = value.length === 0 ? NaN : 0;
  for (let i = 0; i < value.length; i += 1) {
    const digit = value.charCodeAt(i) - 48;
    length = digit >>> 0 > 9 ? NaN : length * 10 + digit;
  }
  if (Number.isSafeInteger(length)) return length;
  refuse(`Content-Length is ${describeValue(value)}; expected decimal digits up to 9007199254740991`);
}

/** The index of the first control character or code point past U+00FF, or -1. */
function findForbidden(text: string): number {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    // C1 (U+0080 to U+009F) stays allowed: there these are octets of a text in UTF-8.
    if (code < 32 || code === 127 || code > 255) return i;
  }
  return -1;
}

function forbiddenReason(text: string, index: number): string {
  const code = text.charCodeAt(index);
  const shown = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code <= 127)
    return `it holds the control character ${shown} at ${index}; expected none, CR, LF and TAB included`;
  return (
    `it holds ${shown} at ${index}; expected one character up to U+00FF for each octet: ` +
    `encode it, for example with encodeURIComponent(text) or Buffer.from(text).toString("latin1")`
  );
}

function describePair(pair: unknown): string {
  return Array.isArray(pair) ? `an array of ${pair.length}` : describeValue(pair);
}

function refuseStatus(status: unknown, reason: string): never {
  throw new ResponseError(
    "ERR_RESPONSE_STATUS",
    `the status is ${describeValue(status)}: ${reason}; a status looks like "200 OK"`,
  );
}

function refuse(message: string): never {
  throw new ResponseError("ERR_RESPONSE_HEADERS", message);
}
