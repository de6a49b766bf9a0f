/**
 * What master and workers say to each other: a JSON object a line, over a socket pair of their own.
 *
 * It is not Node.js's IPC channel, which belongs to the application (`process.send`). A worker runs code that the
 * master does not trust to be sane, so what comes from there is checked, field by field (security O4, CVE-2021-21703).
 * @module
 */
import type { FailureCause, WorkerReport } from "./decision-types.ts";
import { readBlockedFigures, readWorkerFigures, type BlockedFigures } from "../status/index.ts";

/** Descriptors of a worker. Standard input is /dev/null; what it prints, the master reads. */
export const workerDescriptor = { channel: 3, watchdog: 4, stdout: 5, stderr: 6, firstSocket: 7 } as const;

/** In a worker: the standard streams of its master, for a log that is to go there. */
export const workerStreams: { readonly stdout: number; readonly stderr: number } = workerDescriptor;

/** A listening socket, as a worker inherits it. */
export interface WorkerSocket {
  readonly protocol: "fastcgi" | "scgi" | "http";
  /** The descriptor in the worker. */
  readonly fd: number;
  /** Where it is, for log lines. */
  readonly address: unknown;
}

/** The first message to a worker: what it is to do. */
export interface StartMessage {
  readonly type: "start";
  readonly worker: number;
  readonly sockets: readonly WorkerSocket[];
  /** `wsgi.multiprocess`. */
  readonly multiprocess: boolean;
  /** How often it reports, in ms. */
  readonly reportMs: number;
  /** A report is due at once when it has had so many requests; null: no limit. */
  readonly maxRequests: number | null;
  /** A main thread that is blocked for so long, in ms, logs its slow requests with their stack; null: it does not. */
  readonly slowRequestMs: number | null;
  /** Reports are to have figures for the status pages. */
  readonly figures: boolean;
  /** Whatever the program that the workers run needs to load the application. */
  readonly program: unknown;
}

export type MasterMessage =
  | StartMessage
  | { readonly type: "drain"; readonly handOver: boolean; readonly graceMs: number }
  | { readonly type: "reopen" };

export type WorkerMessage =
  | { readonly type: "ready" }
  | { readonly type: "load-failed"; readonly cause: FailureCause; readonly message: string }
  | { readonly type: "report"; readonly report: WorkerReport }
  | { readonly type: "retire"; readonly reason: string };

/** What the watchdog thread sends, over its own socket: what it was asked for, and what a blocked worker is at. */
export type WatchdogMessage =
  | { readonly type: "stack"; readonly text: string }
  | { readonly type: "blocked"; readonly figures: BlockedFigures };

const maxTextLength = 16_384;

/**
 * Checks a line from a worker.
 * @returns the message, with texts cut to a length that may be logged; or what is wrong with it
 */
export function parseWorkerMessage(line: string): WorkerMessage | { readonly wrong: string } {
  const fields = parseObject(line);
  if (fields === undefined) return { wrong: "a line that is no JSON object" };
  switch (fields["type"]) {
    case "ready":
      return { type: "ready" };
    case "load-failed": {
      const { cause, message } = fields;
      return typeof message === "string" && (cause === "application" || cause === "worker")
        ? { type: "load-failed", cause, message: message.slice(0, maxTextLength) }
        : { wrong: "load-failed without a cause or a message" };
    }
    case "report":
      return parseReport(asObject(fields["report"]) ?? {});
    case "retire": {
      const { reason } = fields;
      return typeof reason === "string"
        ? { type: "retire", reason: reason.slice(0, maxTextLength) }
        : { wrong: "retire without a reason" };
    }
    default:
      return { wrong: "a message of an unknown type" };
  }
}

function parseReport(fields: Readonly<Record<string, unknown>>): WorkerMessage | { readonly wrong: string } {
  const { requests, running, memoryOctets } = fields;
  if (!isCount(requests) || !isCount(running) || !isCount(memoryOctets))
    return { wrong: "a report whose figures are no counts" };
  const report = { requests, running, memoryOctets };
  if (fields["figures"] === undefined) return { type: "report", report };
  const figures = readWorkerFigures(fields["figures"]);
  return figures === undefined
    ? { wrong: "a report whose figures for the status pages no worker has" }
    : { type: "report", report: { ...report, figures } };
}

/** Checks a line from a watchdog thread, as `parseWorkerMessage` does. */
export function parseWatchdogMessage(line: string): WatchdogMessage | { readonly wrong: string } {
  const fields = parseObject(line);
  if (fields?.["type"] === "blocked") {
    const figures = readBlockedFigures(asObject(fields["figures"]) ?? {});
    return figures === undefined ? { wrong: "what no blocked worker is at" } : { type: "blocked", figures };
  }
  if (fields?.["type"] !== "stack" || typeof fields["text"] !== "string") return { wrong: "no stack" };
  return { type: "stack", text: fields["text"].slice(0, maxTextLength) };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
