/**
 * The errors that a request brings with it: its body is too large, was cut short, or its client has gone.
 * @module
 */
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
