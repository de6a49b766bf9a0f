/**
 * Which of a connection's deadlines has passed. A pure look at its state, made once a tick: no timer a request.
 * @module
 */
import { LimitExceededError } from "../errors/index.ts";
import type { ConnectionHost } from "./connection-host.ts";
import type { ServerLimits } from "./limits.ts";
import type { RequestSlot } from "./request-slot.ts";

/** The state that the deadlines look at. */
export interface Watched {
  readonly slots: Iterable<RequestSlot> & { readonly size: number };
  readonly idle: boolean;
  /** It carries one request and then closes: while idle it still owes that one. */
  readonly carriesOne: boolean;
  readonly quietSince: number;
  readonly receivingSince: number;
  readonly wroteAt: number;
  readonly peerEnded: boolean;
  readonly origin: { readonly unix: boolean };
}

/** What has to end, and why. Without `error` there is nothing to log; without `slot` it is the whole connection. */
export interface Overdue {
  readonly reason: string;
  readonly error?: LimitExceededError;
  readonly slot?: RequestSlot;
  /** The request is answered 504, its connection goes on. */
  readonly expires?: true;
}

type TimeLimit = Extract<keyof ServerLimits, `${string}Ms`>;

export function findOverdue(
  connection: Watched,
  host: Pick<ConnectionHost, "now" | "limits">,
): Overdue | undefined {
  const { now, limits } = host;
  const { slots } = connection;
  const past = (since: number, limit: TimeLimit): boolean => since >= 0 && now - since > limits[limit];

  if (connection.idle) {
    const limit = connection.carriesOne ? "paramsTimeoutMs" : "idleTimeoutMs";
    return past(connection.quietSince, limit) ? { reason: "idle" } : undefined;
  }
  if (past(connection.receivingSince, "paramsTimeoutMs")) {
    return tooLong(
      "paramsTimeoutMs",
      limits,
      now - connection.receivingSince,
      "the request's parameters have not ended",
    );
  }
  if (connection.peerEnded && !connection.origin.unix && past(connection.quietSince, "halfCloseMs")) {
    return { reason: "the web server closed the connection" };
  }
  for (const slot of slots) {
    if (!slot.expired && past(slot.startedAt, "requestTimeoutMs") && slot.drain === undefined) {
      return expired(slot, limits.requestTimeoutMs, now - slot.startedAt);
    }
    if (slot.bodyFull) {
      if (slots.size > 1 && past(slot.bodyFullSince, "stallTimeoutMs")) {
        return stalled(slot, limits, now - slot.bodyFullSince);
      }
    } else if (slot.waiting) {
      if (past(connection.wroteAt, "writeTimeoutMs")) {
        return tooLong(
          "writeTimeoutMs",
          limits,
          now - connection.wroteAt,
          "the web server does not read the answer",
        );
      }
    } else if (!slot.bodyEnded && slot.drain === undefined && past(connection.quietSince, "bodyTimeoutMs")) {
      return tooLong(
        "bodyTimeoutMs",
        limits,
        now - connection.quietSince,
        "the request body has not ended and nothing comes",
      );
    }
  }
  return undefined;
}

function tooLong(limit: TimeLimit, limits: ServerLimits, took: number, what: string): Overdue {
  const reason = `${what} after ${Math.round(took)} ms (${limit} is ${limits[limit]}): the connection was closed`;
  return { reason, error: new LimitExceededError("ERR_LIMIT_TIME", limit, limits[limit], took, reason) };
}

function expired(slot: RequestSlot, allowed: number, took: number): Overdue {
  const reason = requestTooLong(took, allowed);
  const error = new LimitExceededError("ERR_LIMIT_REQUEST_TIME", "requestTimeoutMs", allowed, took, reason);
  return { reason, slot, error, expires: true };
}

/** What is said of a request that has taken too long. */
export function requestTooLong(took: number, allowed: number): string {
  return (
    `the application has not answered after ${Math.round(took)} ms (requestTimeoutMs is ${allowed}): the request was ` +
    "given up. Its event loop is not blocked: it waits for something that does not come"
  );
}

function stalled(slot: RequestSlot, limits: ServerLimits, took: number): Overdue {
  const reason =
    `${slot.exchange.method} ${slot.exchange.path}: its body was left unread for ${Math.round(took)} ms and held up ` +
    `other requests of the connection (stallTimeoutMs is ${limits.stallTimeoutMs}): the request was given up`;
  return {
    reason,
    slot,
    error: new LimitExceededError("ERR_LIMIT_STALL", "stallTimeoutMs", limits.stallTimeoutMs, took, reason),
  };
}
