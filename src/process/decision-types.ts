/**
 * What happens to a master, and what it does about it: the two ends of decisions.ts.
 * @module
 */
import type { WorkerFigures } from "../status/index.ts";

/** Measurements that a worker sends with each heartbeat. */
export interface WorkerReport {
  /** Requests that have begun since it started. */
  readonly requests: number;
  /** Requests that are open now. */
  readonly running: number;
  /** Resident memory in octets. */
  readonly memoryOctets: number;
  /** For the status pages, where there are any. */
  readonly figures?: WorkerFigures;
}

/** Whose fault it is that a worker does not serve. */
export type FailureCause = "application" | "worker";

/** What a reload is to bring besides the application as it is now. */
export interface ReloadRequest {
  /** How many workers the settings say. It counts when they said something else before, and over TTIN and TTOU then. */
  readonly workers?: number | undefined;
  /** For the log: what the reload is for. Default: somebody asked for it, and learns that it has begun. */
  readonly reason?: string | undefined;
}

/** Everything that can happen. */
export type MasterEvent =
  | { readonly type: "start" }
  /** Some time has passed: `wakeAt` said when. */
  | { readonly type: "tick" }
  /** The master itself did not run for some time. */
  | { readonly type: "overslept" }
  /** TERM, INT, QUIT. The second stops at once. */
  | { readonly type: "stop" }
  /** Something without which the master cannot go on; the status that it ends with is 1 unless it says another. */
  | { readonly type: "fail"; readonly status?: number }
  | ({ readonly type: "reload" } & ReloadRequest)
  | { readonly type: "add" }
  | { readonly type: "remove" }
  | { readonly type: "reopen" }
  | { readonly type: "upgrade" }
  | { readonly type: "upgrade-ready" }
  | { readonly type: "upgrade-failed"; readonly reason: string }
  | { readonly type: "ready"; readonly worker: number }
  /** The application failed to load, or the worker to listen: no crash, and the message says why. */
  | {
      readonly type: "load-failed";
      readonly worker: number;
      readonly cause: FailureCause;
      readonly message: string;
    }
  | { readonly type: "report"; readonly worker: number; readonly report: WorkerReport }
  /** The worker itself asks to be replaced. */
  | { readonly type: "retire"; readonly worker: number; readonly reason: string }
  /** What a stuck worker was at, as lines. */
  | { readonly type: "stack"; readonly worker: number; readonly text: string }
  /** The worker sent what no worker sends (security O4). */
  | { readonly type: "bad-message"; readonly worker: number; readonly reason: string }
  | {
      readonly type: "exit";
      readonly worker: number;
      readonly status: number | null;
      readonly signal: string | null;
    };

/** Everything a master does. */
export type Command =
  | { readonly type: "spawn"; readonly worker: number; readonly generation: number }
  /** Stop accepting, finish what has begun, end. `handOver`: others go on at the same sockets. */
  | {
      readonly type: "drain";
      readonly worker: number;
      readonly handOver: boolean;
      readonly graceMs: number;
    }
  | { readonly type: "kill"; readonly worker: number }
  /** Ask the worker's watchdog what its main thread is at. */
  | { readonly type: "take-stack"; readonly worker: number }
  /** The first workers are ready: the service may be announced. */
  | { readonly type: "announce" }
  | { readonly type: "reopen"; readonly workers: readonly number[] }
  /** Nobody will accept any more: connections are refused from here on, rather than left waiting. */
  | { readonly type: "release-sockets" }
  | { readonly type: "start-upgrade" }
  /** The sockets are the new master's from here on. */
  | { readonly type: "hand-over" }
  | {
      readonly type: "log";
      readonly level: "error" | "warning" | "info";
      readonly message: string;
      readonly detail?: string;
    }
  | { readonly type: "exit"; readonly status: number; readonly handedOver: boolean };
