/**
 * What a peer can do wrong, as errors whose messages say what came and what was expected. Shared by both sides.
 * @module
 */
import { LimitExceededError, RemoteProtocolError } from "../../errors/index.ts";
import type { GatewayRole } from "../gateway-core.ts";
import { fcgiVersion, recordTypeNames } from "./constants.ts";

/** `STDIN`, or `type 42` where the specification has no name. */
export function recordName(type: number): string {
  return recordTypeNames[type] ?? `type ${type}`;
}

/** The error for a record whose version octet is not 1: nearly always a peer that speaks something else. */
export function wrongVersion(octet: number): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_FCGI_VERSION",
    `a FastCGI record began with version ${describeOctet(octet)}, expected ${fcgiVersion}${guessProtocol(octet)}`,
  );
}

/** The error for a record that has no place here: wrong direction, or a request id where none belongs. */
export function unexpectedRecord(type: number, id: number, why: string): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_FCGI_UNEXPECTED_RECORD",
    `got a ${recordName(type)} record with request id ${id}: ${why}`,
  );
}

/** The error for stream content out of its turn. */
export function streamOrder(type: number, id: number, why: string): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_FCGI_STREAM_ORDER",
    `got ${recordName(type)} content for request ${id} ${why}`,
  );
}

/** The error for a BEGIN_REQUEST or END_REQUEST whose body has another length than the specification gives it. */
export function wrongBody(
  code: "ERR_FCGI_BEGIN_BODY" | "ERR_FCGI_END_BODY",
  type: number,
  contentLength: number,
  expected: number,
): RemoteProtocolError {
  return new RemoteProtocolError(
    code,
    `got ${recordName(type)} with ${contentLength} octets of content, expected ${expected}`,
  );
}

/** The error for a BEGIN_REQUEST on the id of a request that has not been answered. */
export function idInUse(id: number): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_FCGI_REQUEST_ID",
    `got a BEGIN_REQUEST for request id ${id}, which is open: its END_REQUEST has not been sent`,
  );
}

/** The error for PARAMS that pass the limit `maxParamsOctets`. */
export function tooManyParams(id: number, maxParamsOctets: number, total: number): LimitExceededError {
  return new LimitExceededError(
    "ERR_LIMIT_PARAMS",
    "maxParamsOctets",
    maxParamsOctets,
    total,
    `got ${total} octets of PARAMS or more for request ${id}, at most ${maxParamsOctets} are accepted`,
  );
}

/** The error for a connection that ended in the middle of something. */
export function truncated(where: string): RemoteProtocolError {
  return new RemoteProtocolError("ERR_FCGI_TRUNCATED", `the peer ended the connection ${where}`);
}

/** Why a request with a role that is unknown, or not among the accepted `roles`, was answered UNKNOWN_ROLE. */
export function refusedRole(
  id: number,
  number: number,
  name: GatewayRole | undefined,
  roles: readonly GatewayRole[],
): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_FCGI_REFUSED",
    `refused request ${id}: got role ${number} (${name ?? "unknown"}), accepted here: ${roles.join(", ")}`,
  );
}

/** Why a request was answered CANT_MPX_CONN or OVERLOADED. */
export function tooManyRequests(id: number, maxRequests: number, openRequests: number): LimitExceededError {
  return new LimitExceededError(
    "ERR_LIMIT_REQUESTS",
    "maxRequests",
    maxRequests,
    openRequests + 1,
    `refused request ${id}: ${openRequests} open on this connection, at most ${maxRequests} are accepted; ` +
      "switch multiplexing off in the web server or allow more: maxRequestsPerConnection of the server",
  );
}

function describeOctet(octet: number): string {
  const isPrintable = octet > 0x20 && octet < 0x7f;
  return isPrintable ? `${octet} ("${String.fromCharCode(octet)}")` : `${octet}`;
}

function guessProtocol(octet: number): string {
  if (octet === 0x16) return "; is this a TLS client? FastCGI is spoken in the clear";
  // An SCGI request begins with the decimal length of its netstring, an HTTP request with its method.
  if (octet >= 0x30 && octet <= 0x39) return "; is this an SCGI client? Give it an scgi address";
  if (/[A-Za-z]/.test(String.fromCharCode(octet))) {
    return "; is this an HTTP client? Put a web server that speaks FastCGI in between";
  }
  return "";
}
