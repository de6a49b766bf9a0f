/**
 * What an HTTP listener refuses before any application hears of it: octets that are no HTTP/1.1 request and heads that
 * never end, which node:http has answered, and requests that it would answer or drop without a word. RFC 9112 section
 * 3.2 (Host), RFC 9110 sections 9.3.6 (CONNECT) and 10.1.1 (Expect).
 * @module
 */
import { LimitExceededError, RemoteProtocolError, type TsgiError } from "../errors/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { quoted } from "../protocols/quoted.ts";
import { gatewayStatus } from "./error-page.ts";
import type { LogEntry } from "./exchange-types.ts";

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

/** What is used of a node:http IncomingMessage. */
export interface RefusableRequest {
  readonly method?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  readonly headers: { readonly host?: string | undefined; readonly expect?: string | undefined };
}

/** Why a request is not for the application. */
export interface HttpRefusal {
  /** What it is answered; the connection ends with that. */
  readonly status: string;
  readonly error: TsgiError;
}

/** The expectation that node:http knows, by its own measure. */
const continues = /(?:^|\W)100-continue(?:$|\W)/i;

/**
 * Looks at what node:http would otherwise refuse in silence.
 * @param maxHeaders - header lines that a request may have; node:http drops what is beyond its own maximum
 */
export function refuseHttpRequest(
  { method, httpVersion, rawHeaders, headers }: RefusableRequest,
  maxHeaders: number = Infinity,
): HttpRefusal | undefined {
  if (method === "CONNECT") {
    const text = "got CONNECT, which asks for a tunnel; expected a request for a path";
    return refusal(gatewayStatus.notImplemented, "ERR_HTTP_REQUEST", text);
  }
  const count = rawHeaders.length / 2;
  if (count > maxHeaders) {
    const text = `got more than ${maxHeaders} headers (maxParams)`;
    const error = new LimitExceededError("ERR_LIMIT_PARAMS", "maxParams", maxHeaders, count, text);
    return { status: gatewayStatus.headersTooLarge, error };
  }
  // What HTTP/1.0 expects of neither.
  if (httpVersion !== "1.1") return undefined;
  const { host, expect } = headers;
  if (host === undefined) {
    const text = "got no Host header; HTTP/1.1 has one in every request";
    return refusal(gatewayStatus.badRequest, "ERR_REQUEST_PARAMS", text);
  }
  if (expect !== undefined && !continues.test(expect)) {
    const text = `got Expect: ${quoted(expect)}; expected 100-continue, or none`;
    return refusal(gatewayStatus.expectationFailed, "ERR_HTTP_REQUEST", text);
  }
  return undefined;
}

function refusal(status: string, code: "ERR_HTTP_REQUEST" | "ERR_REQUEST_PARAMS", text: string): HttpRefusal {
  return { status, error: new RemoteProtocolError(code, text) };
}
