/**
 * The errors of the SCGI codec: what came, what was expected.
 * @module
 */
import { LimitExceededError, RemoteProtocolError } from "../../errors/index.ts";

/** Octets of a name that an error shows. */
const shownOctets = 60;

/** The error for an octet that cannot stand where a netstring's length is read. */
export function notALength(octet: number, digitsBefore: number): RemoteProtocolError {
  const where = digitsBefore === 0 ? "as the first octet of a request" : "in a netstring's length";
  const expected = digitsBefore === 0 ? "a digit" : "a digit or a colon";
  const guess = digitsBefore === 0 ? guessProtocol(octet) : "";
  return netstringError(`got octet ${describeOctet(octet)} ${where}, expected ${expected}${guess}`);
}

/** The error for a netstring's length that is written with a zero before it. */
export function leadingZero(): RemoteProtocolError {
  return netstringError("got a netstring's length with a leading zero, expected its digits alone");
}

/** The error for a netstring that goes on where it should end. */
export function noComma(octet: number, length: number): RemoteProtocolError {
  return netstringError(
    `got octet ${describeOctet(octet)} after a netstring of ${length} octets, expected a comma`,
  );
}

/** The error for a netstring whose length passes the limit `maxParamsOctets`. */
export function tooManyOctets(maxParamsOctets: number, total: number): LimitExceededError {
  return new LimitExceededError(
    "ERR_LIMIT_PARAMS",
    "maxParamsOctets",
    maxParamsOctets,
    total,
    `got a netstring of ${total} octets of headers or more, at most ${maxParamsOctets} are accepted`,
  );
}

/** The error for more headers than the limit `maxParams`. */
export function tooManyHeaders(maxParams: number): LimitExceededError {
  return new LimitExceededError(
    "ERR_LIMIT_PARAMS",
    "maxParams",
    maxParams,
    maxParams + 1,
    `got more than ${maxParams} headers in one request; raise maxParams if they are real`,
  );
}

/** The error for headers that are no list of names and values, or not those of SCGI. */
export function malformedHeaders(why: string): RemoteProtocolError {
  return new RemoteProtocolError("ERR_SCGI_HEADERS", `malformed SCGI headers: ${why}`);
}

/** The error for a name that came before. */
export function duplicateHeader(name: string): RemoteProtocolError {
  return malformedHeaders(
    `${quotedName(name)} came twice, expected each name once (where the web server's own configuration sets it ` +
      "twice, for instance beside an included scgi_params, remove one)",
  );
}

/** The error for a connection that ended in the middle of something. */
export function truncated(where: string): RemoteProtocolError {
  return new RemoteProtocolError("ERR_SCGI_TRUNCATED", `the peer ended the connection ${where}`);
}

/** A name as an error shows it: printable, bounded. */
export function quotedName(name: string): string {
  const shown = name.length > shownOctets ? `${name.slice(0, shownOctets)}...` : name;
  return JSON.stringify(shown).replace(/[\x7f-\xff]/g, (octet) => `\\x${octet.charCodeAt(0).toString(16)}`);
}

function netstringError(message: string): RemoteProtocolError {
  return new RemoteProtocolError("ERR_SCGI_NETSTRING", message);
}

function describeOctet(octet: number): string {
  const isPrintable = octet > 0x20 && octet < 0x7f;
  return isPrintable ? `${octet} ("${String.fromCharCode(octet)}")` : `${octet}`;
}

function guessProtocol(octet: number): string {
  if (octet === 0x16) return "; is this a TLS client? SCGI is spoken in the clear";
  // A FastCGI record begins with the version of its protocol, an HTTP request with its method.
  if (octet === 1) return "; is this a FastCGI client? Give it a fastcgi address";
  if (/[A-Za-z]/.test(String.fromCharCode(octet))) {
    return "; is this an HTTP client? Put a web server that speaks SCGI in between";
  }
  return "";
}
