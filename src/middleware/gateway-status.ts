/**
 * What a request brings with it that is no failure of the application: a body that is too large or was cut short, a
 * client that has gone.
 * @module
 */
import type { Environ } from "../bridge/index.ts";
import { LimitExceededError, RequestAbortedError } from "../errors/index.ts";

/** The status that the gateway answers such an error with; undefined for an error of the application's own. */
export function gatewayStatusOf(error: unknown): string | undefined {
  try {
    if (error instanceof LimitExceededError) return "413 Content Too Large";
    return error instanceof RequestAbortedError ? "400 Bad Request" : undefined;
  } catch {
    // What was thrown may be a proxy whose every trap throws, `instanceof` included.
    return undefined;
  }
}

/** True once the request's client has gone. Looking makes the signal (2.5 us): once a request, not once a chunk. */
export function isAborted(environ: Environ): boolean {
  // Another gateway's environ may have none.
  const signal = environ["tsgi.signal"] as AbortSignal | undefined;
  return signal?.aborted === true;
}
