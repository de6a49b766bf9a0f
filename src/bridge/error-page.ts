/**
 * The answers that the gateway gives by itself: plain text, nothing of the application in them unless `debug` is on.
 * @module
 */
import { LimitExceededError, RemoteProtocolError, RequestAbortedError } from "../errors/index.ts";
import type { HeaderList } from "./types.ts";

/** A status with its page. */
export interface ErrorPage {
  readonly status: string;
  readonly headers: HeaderList;
  readonly octets: Uint8Array;
}

/** What the gateway answers with when there is no application's answer to give. */
export const gatewayStatus = {
  badRequest: "400 Bad Request",
  contentTooLarge: "413 Content Too Large",
  expectationFailed: "417 Expectation Failed",
  headersTooLarge: "431 Request Header Fields Too Large",
  internalServerError: "500 Internal Server Error",
  notImplemented: "501 Not Implemented",
  gatewayTimeout: "504 Gateway Timeout",
} as const;

/** True for the errors that a request brings with it, whatever the application does. */
export function isPeersError(error: unknown): boolean {
  return (
    error instanceof RemoteProtocolError ||
    error instanceof LimitExceededError ||
    error instanceof RequestAbortedError
  );
}

/** What an error of the peer's is answered with. */
export function peersErrorStatus(error: unknown): string {
  return error instanceof LimitExceededError ? gatewayStatus.contentTooLarge : gatewayStatus.badRequest;
}

/**
 * Makes the page for a status: its reason, and under `debug` the details.
 * @param status - one of `gatewayStatus`
 * @param details - shown as it is, as text/plain that no browser takes for HTML
 */
export function errorPage(status: string, details?: string): ErrorPage {
  const text = details === undefined ? `${status.slice(4)}\n` : `${status.slice(4)}\n\n${details}\n`;
  const octets = Buffer.from(text, "utf8");
  const headers: HeaderList = [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Length", String(octets.length)],
  ];
  if (details !== undefined) headers.push(["X-Content-Type-Options", "nosniff"]);
  return { status, headers, octets };
}
