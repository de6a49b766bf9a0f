/**
 * What the status pages show, as plain data: `/status.json` is this, the other pages are made of it.
 *
 * docs/status.md describes every field. `null` means that it is not known: a worker that has not reported yet, a
 * queue that this system does not tell.
 * @module
 */

export type ServiceState = "starting" | "running" | "reloading" | "stopping";

/** What a worker can be, in the order of its life. */
export const workerStates = [
  "starting",
  "idle",
  /** At least one request is open. */
  "busy",
  /** Its event loop has not run for a while: it has not reported. */
  "blocked",
  /** It serves until its successor is ready. */
  "retiring",
  /** It has stopped accepting, and finishes what it has begun. */
  "draining",
  "killed",
] as const;
export type WorkerStatus = (typeof workerStates)[number];

/** The request that has been open for longest. */
export interface OldestRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly seconds: number;
}

export interface WorkerSnapshot {
  readonly id: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: WorkerStatus;
  /** Since it was started. */
  readonly ageSeconds: number;
  /** Since it was last heard of. */
  readonly silentSeconds: number;
  /** Requests that have begun since it was started. */
  readonly requests: number | null;
  /** Requests that are open. */
  readonly open: number | null;
  readonly connections: number | null;
  readonly idleConnections: number | null;
  /** Resident memory. */
  readonly memoryOctets: number | null;
  /** Used memory of the JavaScript heap. */
  readonly heapOctets: number | null;
  /** The part of the last second in which the event loop was at work, 0 to 1. */
  readonly utilization: number | null;
  /** The longest that the event loop was held up in the last second. */
  readonly lagMs: number | null;
  readonly oldestRequest: OldestRequest | null;
  /** The request that blocks its event loop; null when none does, or it cannot be told. */
  readonly blockedBy: Pick<OldestRequest, "method" | "path"> | null;
}

export interface SocketSnapshot {
  readonly protocol: string;
  readonly address: string;
  /** Connections that wait to be accepted. */
  readonly waiting: number | null;
}

/** The times that so much of the answers stayed within. */
export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** One interval of the last minutes, the oldest first. */
export interface HistoryPoint {
  /** Seconds before `time` at which it ended. */
  readonly secondsAgo: number;
  readonly requestsPerSecond: number;
  /** Answers with a status from 500 on, a second. */
  readonly failuresPerSecond: number;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  /** The most requests that were seen open. */
  readonly open: number;
  /** The most connections that were seen waiting. */
  readonly waiting: number | null;
  /** The mean of the workers that serve, 0 to 1; a blocked one counts as 1. */
  readonly utilization: number | null;
  /** The longest that any event loop was held up. */
  readonly lagMs: number | null;
  /** The most resident memory that all workers were seen to have together. */
  readonly memoryOctets: number;
}

export interface StatusSnapshot {
  /** Of this description: another number means that a field has changed its meaning or gone. */
  readonly version: 1;
  /** When it was made, ISO 8601. */
  readonly time: string;
  readonly application: string;
  /** Names and versions. */
  readonly software: string;
  /** The master; without workers, the one process. */
  readonly pid: number;
  readonly state: ServiceState;
  readonly uptimeSeconds: number;
  /** 1, and one more with each reload that has worked. */
  readonly generation: number;
  readonly reloads: number;
  readonly workers: {
    /** How many there are to be. */
    readonly wanted: number;
    /** That accept connections. */
    readonly ready: number;
    /** Of those, that are busy or blocked. */
    readonly busy: number;
    /** All that were ever started. */
    readonly started: number;
    /** That ended though nobody had told them to. */
    readonly crashed: number;
    /** That were ended by force. */
    readonly killed: number;
    /** The mean of those that serve, 0 to 1: near 1 means that the service is saturated. */
    readonly utilization: number | null;
    readonly list: readonly WorkerSnapshot[];
  };
  readonly sockets: readonly SocketSnapshot[];
  readonly requests: {
    /** All that have begun. */
    readonly total: number;
    readonly open: number;
    /** Over the last ten seconds. */
    readonly perSecond: number;
    /** Whose answer did not come to its end. */
    readonly aborted: number;
    /** Connections refused with 503: too many were open. */
    readonly refused: number;
    /** Answers by the class of their status. */
    readonly statuses: Readonly<Record<StatusClass, number>>;
    readonly oldest: (OldestRequest & { readonly worker: number }) | null;
  };
  readonly latency: {
    readonly lastMinute: LatencySummary | null;
    readonly lastFiveMinutes: LatencySummary | null;
    /** Since the start: all times together, and how many were below each bound. */
    readonly totalMs: number;
    readonly count: number;
    readonly buckets: ReadonlyArray<{ readonly belowMs: number; readonly count: number }>;
  };
  readonly history: { readonly intervalSeconds: number; readonly points: readonly HistoryPoint[] };
}

/** `none`: the answer was cut before it had a status. */
export const statusClasses = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;
export type StatusClass = (typeof statusClasses)[number];
