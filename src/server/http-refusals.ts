/**
 * What node:http refuses by itself, as log entries: octets that are no HTTP/1.1 request, and heads that never end.
 * @module
 */
import type { LogEntry } from "../bridge/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";

/** What is used of the error of node:http's "clientError". */
interface ParserError extends Error {
  readonly code?: unknown;
  /** llhttp's own words, such as "Invalid method encountered". */
  readonly reason?: unknown;
  readonly rawPacket?: unknown;
}

/** The first octet of a TLS handshake. */
const tlsHandshake = 0x16;

/**
 * The entry for one refusal; undefined where nothing was refused: the client has gone.
 * @param address - where the connection came in; undefined when it was handed over
 */
export function httpRefusalEntry(error: ParserError, address: Address | undefined): LogEntry | undefined {
  const { code, reason, rawPacket } = error;
  const where = address === undefined ? "http" : `http ${formatAddress(address)}`;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    const message = `${where}: the head of a request had not ended within paramsTimeoutMs`;
    return { level: "error", message, code: "ERR_LIMIT_TIME" };
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    const message = `${where}: got a request head larger than Node.js accepts (--max-http-header-size)`;
    return { level: "error", message, code: "ERR_LIMIT_PARAMS" };
  }
  // The client ended its side, or reset the connection, inside of a request: that is told by the request.
  if (typeof code !== "string" || !code.startsWith("HPE_") || code === "HPE_INVALID_EOF_STATE")
    return undefined;
  const isTls = rawPacket instanceof Uint8Array && rawPacket[0] === tlsHandshake;
  const guess = isTls ? "; is this a TLS client? HTTP is spoken in the clear" : "";
  const found = typeof reason === "string" && reason !== "" ? reason : error.message;
  const message = `${where}: got what is no HTTP/1.1 request: ${found}${guess}`;
  return { level: "error", message, code: "ERR_HTTP_REQUEST" };
}
