/**
 * Adds up what workers report, over time: totals, the last five minutes, and from both a snapshot.
 *
 * Its size is fixed: a ring of intervals, and one entry for each worker that there is. It has no clock and no
 * processes; whoever feeds it says what time it is, in ms that never go back.
 * @module
 */
import { LatencyHistogram } from "./latency.ts";
import { StatusHistory } from "./status-history.ts";
import { snapshotWorker, type WorkerFacts, type WorkerRecord } from "./worker-snapshot.ts";
import {
  statusClasses,
  type ServiceState,
  type SocketSnapshot,
  type StatusClass,
  type StatusSnapshot,
  type WorkerSnapshot,
} from "./snapshot.ts";
import type { BlockedFigures, WorkerFigures, WorkerTotals } from "./worker-figures.ts";

/** What is known besides reports, by whoever holds the workers. */
export interface ServiceFacts {
  readonly application: string;
  readonly software: string;
  readonly pid: number;
  readonly state: ServiceState;
  readonly generation: number;
  readonly wanted: number;
  readonly started: number;
  readonly crashed: number;
  readonly killed: number;
  readonly workers: readonly WorkerFacts[];
  readonly sockets: readonly SocketSnapshot[];
}

export class StatusBook {
  readonly #startedAt: number;
  readonly #history: StatusHistory;
  readonly #latency: LatencyHistogram = new LatencyHistogram();
  readonly #workers = new Map<number, WorkerRecord>();
  readonly #statuses: number[] = statusClasses.map(() => 0);
  #latencyMs = 0;
  #aborted = 0;
  #refused = 0;
  #total = 0;

  constructor(now: number) {
    this.#startedAt = now;
    this.#history = new StatusHistory(now);
  }

  /** A worker has reported. */
  report(worker: number, totals: WorkerTotals, figures: WorkerFigures, now: number): void {
    const before = this.#workers.get(worker)?.totals.requests ?? 0;
    this.#workers.set(worker, { totals, figures, at: now });
    this.#total += Math.max(totals.requests - before, 0);
    this.#aborted += figures.aborted;
    this.#refused += figures.refused;
    this.#latencyMs += figures.latencyMs;
    figures.statuses.forEach((count, place) => {
      this.#statuses[place] = (this.#statuses[place] ?? 0) + count;
    });
    this.#latency.addPairs(figures.latency);
    this.#history.report(figures, now);
  }

  /** A worker is blocked, and this has been found in it. */
  blocked(worker: number, { running, oldest, inside }: BlockedFigures, now: number): void {
    const record = this.#workers.get(worker);
    if (record === undefined) return;
    const { totals, figures } = record;
    this.#workers.set(worker, {
      totals: { ...totals, running },
      figures: { ...figures, oldest },
      at: now,
      inside,
    });
  }

  /** A worker has ended: what it has done stays counted. */
  forget(worker: number): void {
    this.#workers.delete(worker);
  }

  /** Notes how things are at this moment, for the history. To be called about once a second. */
  sample(facts: Pick<ServiceFacts, "workers" | "sockets">, now: number): void {
    const workers = this.#list(facts.workers, now);
    this.#history.sample(
      {
        open: sumOf(workers, "open"),
        memoryOctets: sumOf(workers, "memoryOctets"),
        ...busyness(workers),
        waiting: waitingOf(facts.sockets),
      },
      now,
    );
  }

  snapshot(facts: ServiceFacts, now: number, time: Date): StatusSnapshot {
    const { application, software, pid, state, generation, wanted, started, crashed, killed } = facts;
    const list = this.#list(facts.workers, now);
    const serving = list.filter(isServing);
    return {
      version: 1,
      time: time.toISOString(),
      application,
      software,
      pid,
      state,
      uptimeSeconds: secondsOf(now - this.#startedAt),
      generation,
      reloads: generation - 1,
      workers: {
        wanted,
        ready: serving.length,
        busy: serving.filter((worker) => worker.state === "blocked" || (worker.open ?? 0) > 0).length,
        started,
        crashed,
        killed,
        utilization: busyness(list).utilization,
        list,
      },
      sockets: facts.sockets,
      requests: {
        total: this.#total,
        open: sumOf(list, "open"),
        perSecond: this.#history.requestsPerSecond(now),
        aborted: this.#aborted,
        refused: this.#refused,
        statuses: this.#statusCounts(),
        oldest: oldestOf(list),
      },
      latency: {
        lastMinute: this.#history.latency(60_000, now).summary(),
        lastFiveMinutes: this.#history.latency(300_000, now).summary(),
        totalMs: this.#latencyMs,
        count: this.#latency.count,
        buckets: this.#latency.cumulative(),
      },
      history: { intervalSeconds: StatusHistory.intervalMs / 1_000, points: this.#history.points(now) },
    };
  }

  #list(workers: readonly WorkerFacts[], now: number): WorkerSnapshot[] {
    return workers.map((facts) => snapshotWorker(facts, this.#workers.get(facts.id), now));
  }

  #statusCounts(): Record<StatusClass, number> {
    const [none = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0] = this.#statuses;
    return { none, "1xx": c1, "2xx": c2, "3xx": c3, "4xx": c4, "5xx": c5 };
  }
}

/** True for a worker that accepts connections. */
function isServing({ state }: WorkerSnapshot): boolean {
  return state === "idle" || state === "busy" || state === "blocked" || state === "retiring";
}

function busyness(workers: readonly WorkerSnapshot[]): { utilization: number | null; lagMs: number | null } {
  const known = workers.filter((worker) => isServing(worker) && worker.utilization !== null);
  if (known.length === 0) return { utilization: null, lagMs: null };
  return {
    utilization: known.reduce((sum, { utilization }) => sum + (utilization ?? 0), 0) / known.length,
    lagMs: Math.max(...known.map(({ lagMs }) => lagMs ?? 0)),
  };
}

function sumOf(workers: readonly WorkerSnapshot[], name: "open" | "memoryOctets"): number {
  return workers.reduce((sum, worker) => sum + (worker[name] ?? 0), 0);
}

/** Null when no queue's length is known. */
function waitingOf(sockets: readonly SocketSnapshot[]): number | null {
  const known = sockets.flatMap(({ waiting }) => waiting ?? []);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
}

function oldestOf(workers: readonly WorkerSnapshot[]): StatusSnapshot["requests"]["oldest"] {
  let oldest: StatusSnapshot["requests"]["oldest"] = null;
  for (const { id, oldestRequest } of workers) {
    if (oldestRequest !== null && oldestRequest.seconds > (oldest?.seconds ?? -1)) {
      oldest = { ...oldestRequest, worker: id };
    }
  }
  return oldest;
}

function secondsOf(milliseconds: number): number {
  return Math.max(milliseconds, 0) / 1_000;
}
