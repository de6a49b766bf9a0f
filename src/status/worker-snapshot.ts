/**
 * One worker as the status pages show it: what is known of its process, and what it has last said of itself.
 * @module
 */
import type { WorkerSnapshot, WorkerStatus } from "./snapshot.ts";
import type { NamedRequest, WorkerFigures, WorkerTotals } from "./worker-figures.ts";

/** What is known of a worker without its help. */
export interface WorkerFacts {
  readonly id: number;
  readonly pid: number;
  readonly generation: number;
  readonly phase: "starting" | "ready" | "retiring" | "draining" | "stuck" | "killed";
  readonly ageMs: number;
  /** Since it was last heard of; counts while it serves or drains. */
  readonly silentMs: number;
  /** Longer than this and its event loop is blocked. */
  readonly patienceMs: number;
}

/** A worker's last report. */
export interface WorkerRecord {
  readonly totals: WorkerTotals;
  readonly figures: WorkerFigures;
  readonly at: number;
  /** The request that has blocked it since, if it is known. */
  readonly inside?: NamedRequest | null;
}

export function snapshotWorker(
  facts: WorkerFacts,
  record: WorkerRecord | undefined,
  now: number,
): WorkerSnapshot {
  const { id, pid, generation, ageMs, silentMs, patienceMs } = facts;
  const state = stateOf(facts, record);
  const figures = record?.figures;
  const isBlocked = state === "blocked";
  const oldest = figures?.oldest ?? null;
  return {
    id,
    pid,
    generation,
    state,
    ageSeconds: ageMs / 1_000,
    silentSeconds: silentMs / 1_000,
    requests: record?.totals.requests ?? null,
    open: record?.totals.running ?? null,
    connections: figures?.connections ?? null,
    idleConnections: figures?.idleConnections ?? null,
    memoryOctets: record?.totals.memoryOctets ?? null,
    heapOctets: figures?.heapOctets ?? null,
    // A worker that cannot say so is all the busier.
    utilization: isBlocked ? 1 : (figures?.utilization ?? null),
    lagMs: isBlocked ? Math.max(silentMs - patienceMs / 2, figures?.lagMs ?? 0) : (figures?.lagMs ?? null),
    oldestRequest:
      oldest === null || record === undefined
        ? null
        : {
            method: oldest.method,
            path: oldest.path,
            seconds: (oldest.ageMs + Math.max(now - record.at, 0)) / 1_000,
          },
    blockedBy: (isBlocked ? record?.inside : null) ?? null,
  };
}

function stateOf(facts: WorkerFacts, record: WorkerRecord | undefined): WorkerStatus {
  const { phase, silentMs, patienceMs } = facts;
  const isSilent = silentMs > patienceMs;
  switch (phase) {
    case "starting":
    case "draining":
    case "killed":
      return phase;
    case "stuck":
      return "blocked";
    case "ready":
      return isSilent ? "blocked" : (record?.totals.running ?? 0) > 0 ? "busy" : "idle";
    case "retiring":
      return isSilent ? "blocked" : phase;
    default:
      return phase satisfies never;
  }
}
