/**
 * What a worker measures of itself for the status pages, and the check of what a worker says it has measured.
 *
 * A worker runs code that the master does not trust to be sane (security O4): every field is looked at, and nothing that
 * is kept or shown is larger than it may be.
 * @module
 */
import { latencyBucketCount } from "../server/index.ts";
import { statusClasses } from "./snapshot.ts";

/** What every report of a worker has. */
export interface WorkerTotals {
  /** Requests that have begun since it was started. */
  readonly requests: number;
  /** Requests that are open now. */
  readonly running: number;
  /** Resident memory. */
  readonly memoryOctets: number;
}

/** Counts are of what has come since the last report; the rest is of now. */
export interface WorkerFigures {
  readonly heapOctets: number;
  readonly connections: number;
  readonly idleConnections: number;
  /** 0 to 1, since the last report. */
  readonly utilization: number;
  /** The longest since the last report. */
  readonly lagMs: number;
  /** Answers, in the order of `statusClasses`. */
  readonly statuses: readonly number[];
  readonly aborted: number;
  readonly refused: number;
  /** A bucket of the histogram and its count, and so on: only those that are not zero. */
  readonly latency: readonly number[];
  /** All times together. */
  readonly latencyMs: number;
  readonly oldest: { readonly method: string; readonly path: string; readonly ageMs: number } | null;
}

/** What is found in a worker whose event loop is blocked: its last report knows nothing of what came behind it. */
export interface BlockedFigures {
  /** Requests that are open now. */
  readonly running: number;
  readonly oldest: WorkerFigures["oldest"];
  /** The request whose application is being called; null when it has been resumed since, and cannot be told. */
  readonly inside: NamedRequest | null;
}

export interface NamedRequest {
  readonly method: string;
  readonly path: string;
}

/** Far more than a worker can do in the time of a report, and far less than would lose precision when added up. */
const most = 1e12;

const maxNameLength = 1_024;

/** The figures, or undefined when they are not what a worker sends. */
export function readWorkerFigures(value: unknown): WorkerFigures | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<keyof WorkerFigures, unknown>>;
  const { heapOctets, connections, idleConnections, utilization, lagMs } = fields;
  const { statuses, aborted, refused, latency, latencyMs } = fields;
  const oldest = readOldest(fields.oldest);
  const isSane =
    isAmount(heapOctets) &&
    isCount(connections) &&
    isCount(idleConnections) &&
    isAmount(utilization) &&
    utilization <= 1 &&
    isAmount(lagMs) &&
    isCount(aborted) &&
    isCount(refused) &&
    isAmount(latencyMs) &&
    isCounts(statuses) &&
    statuses.length === statusClasses.length &&
    isHistogram(latency) &&
    oldest !== undefined;
  if (!isSane) return undefined;
  return {
    heapOctets,
    connections,
    idleConnections,
    utilization,
    lagMs,
    statuses,
    aborted,
    refused,
    latency,
    latencyMs,
    oldest,
  };
}

/** The same for a worker that is blocked. */
export function readBlockedFigures(fields: Readonly<Record<string, unknown>>): BlockedFigures | undefined {
  const { running } = fields;
  const oldest = readOldest(fields["oldest"]);
  const inside = readNamed(fields["inside"]);
  if (!isCount(running) || oldest === undefined || inside === undefined) return undefined;
  return { running, oldest, inside };
}

function readNamed(value: unknown): NamedRequest | null | undefined {
  if (value === null) return null;
  if (typeof value !== "object") return undefined;
  const { method, path } = value as Readonly<Record<string, unknown>>;
  return isName(method) && isName(path) ? { method, path } : undefined;
}

function readOldest(value: unknown): WorkerFigures["oldest"] | undefined {
  if (value === null) return null;
  if (typeof value !== "object") return undefined;
  const { method, path, ageMs } = value as Readonly<Record<string, unknown>>;
  return isName(method) && isName(path) && isAmount(ageMs) ? { method, path, ageMs } : undefined;
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= most;
}

function isCount(value: unknown): value is number {
  return isAmount(value) && Number.isInteger(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

function isHistogram(value: unknown): value is readonly number[] {
  if (!isCounts(value) || value.length % 2 !== 0 || value.length > 2 * latencyBucketCount) return false;
  return value.every((each, index) => index % 2 === 1 || each < latencyBucketCount);
}

/** What is shown in terminals and logs must not move a cursor. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxNameLength && !/[\p{Cc}\u2028\u2029]/u.test(value);
}
