/**
 * What the master knows of its workers, as plain data: the state that decisions.ts turns into the next one.
 *
 * No processes, no clock, no sockets. All times are milliseconds on one clock that only ever goes forward.
 * @module
 */
import type { ReloadRequest } from "./decision-types.ts";

/** What the operator has chosen. Times are in ms; `Infinity` switches a limit off. */
export interface ProcessSettings {
  /** Workers that are to be ready, 1 or more. */
  readonly workers: number;
  /** Requests after which a worker is replaced. */
  readonly maxRequests: number;
  /** Up to so many more, spread over the workers, so that they are not replaced together. */
  readonly maxRequestsJitter: number;
  /** A worker's age, counted from its readiness, at which it is replaced. */
  readonly workerLifetimeMs: number;
  /** Octets of resident memory above which a worker is replaced. */
  readonly maxMemoryOctets: number;
  /** How long requests may go on in a worker that is to end, before it is killed. */
  readonly gracefulTimeoutMs: number;
  /** How long a worker may stay silent, its event loop blocked, before it is killed. */
  readonly heartbeatTimeoutMs: number;
  /** When it is said that a worker takes long to load its application. */
  readonly slowStartMs: number;
  /** How long it may take. */
  readonly startTimeoutMs: number;
  /** What it loads, for log lines. */
  readonly application: string;
}

/** A worker serves in `ready` and in `retiring`, where its successor is not ready yet. */
export type WorkerPhase =
  | "starting"
  | "ready"
  | "retiring"
  /** Told to stop accepting, finish and end. */
  | "draining"
  /** Silent for too long: its stack has been asked for, and it is killed when that has come. */
  | "stuck"
  /** KILL has been sent. */
  | "killed";

export interface WorkerState {
  /** 1, 2, 3 ... of this master, never used twice. */
  readonly id: number;
  /** Which reload it belongs to: 1 until the first. */
  readonly generation: number;
  readonly phase: WorkerPhase;
  readonly startedAt: number;
  /** When its application had loaded, or -1. */
  readonly readyAt: number;
  /** It has been said that it takes long to load. */
  readonly toldSlow: boolean;
  /** When it was last heard of. */
  readonly heardAt: number;
  /** When its phase has to be over: a draining worker's last moment. */
  readonly deadline: number;
}

/** Where a reload stands: one worker tries the new code before the others are started. */
export interface ReloadState {
  readonly generation: number;
  readonly stage: "first" | "all";
  readonly reason: string | undefined;
  /** How many workers there were to be before: what counts again if it fails. */
  readonly before: Pick<MasterState, "wanted" | "configured">;
  /** What HUP asked for that came again meanwhile. */
  readonly again: ReloadRequest | undefined;
}

export interface MasterState {
  readonly phase: "starting" | "running" | "stopping" | "ended";
  /** How many workers are to be ready: `configured`, changed by TTIN and TTOU. */
  readonly wanted: number;
  /** How many the settings say. */
  readonly configured: number;
  /** The generation that is served. */
  readonly generation: number;
  readonly nextId: number;
  readonly workers: readonly WorkerState[];
  readonly reload: ReloadState | undefined;
  /** Workers that failed one after another without one that lived. */
  readonly failures: number;
  /** When the last of them failed. */
  readonly failedAt: number;
  /** Before this no worker is started: back-off. */
  readonly spawnAt: number;
  /** A new master is starting, and takes over when it is ready. */
  readonly upgrading: boolean;
  /** The sockets belong to a new master: they are not removed at the end. */
  readonly handedOver: boolean;
  /** What to end with. */
  readonly status: number;
}

/** The most workers one master takes. */
export const maxWorkers = 1_024;

/** So many failures in a row while no worker serves, and the master gives up (security O3): half a minute's worth. */
export const maxFailures = 10;

/** The same at the start, when nothing has ever worked: a second and a half. */
export const maxFirstFailures = 5;

/** The longest wait after a worker that had been ready, in ms. */
export const longestPauseMs = 1_000;

/** A worker that lives this long after it was ready has not failed, in ms. */
export const stableMs = 1_000;

/** How long the stack of a stuck worker is waited for, in ms. */
export const stackWaitMs = 2_000;

const firstDelayMs = 100;
const longestDelayMs = 10_000;

/** How long to wait before the next start after so many failures in a row: 0, 100, 200, 400 ... 10,000 ms. */
export function backOffMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
}

/** Workers that accept connections. */
export function serving(state: MasterState): readonly WorkerState[] {
  return state.workers.filter(isServing);
}

/** True for a worker that accepts connections. */
export function isServing({ phase }: WorkerState): boolean {
  return phase === "ready" || phase === "retiring";
}

/** How many requests this worker may serve. Spread evenly by the golden ratio: two workers hardly ever come close. */
export function requestLimit(settings: ProcessSettings, workerId: number): number {
  const spread = (workerId * 0.618_033_988_749_895) % 1;
  return settings.maxRequests + Math.floor(spread * (settings.maxRequestsJitter + 1));
}

/** The state before `start`. */
export function initialState(settings: ProcessSettings): MasterState {
  return {
    phase: "starting",
    wanted: settings.workers,
    configured: settings.workers,
    generation: 1,
    nextId: 1,
    workers: [],
    reload: undefined,
    failures: 0,
    failedAt: -1,
    spawnAt: 0,
    upgrading: false,
    handedOver: false,
    status: 0,
  };
}
