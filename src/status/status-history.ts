/**
 * The last five minutes in intervals of five seconds: a ring whose places are used again and again.
 * @module
 */
import { LatencyHistogram } from "./latency.ts";
import type { HistoryPoint } from "./snapshot.ts";
import type { WorkerFigures } from "./worker-figures.ts";

const intervalMs = 5_000;
const shownIntervals = 60;

/** How things were at one moment. */
export interface Sample {
  readonly open: number;
  readonly waiting: number | null;
  readonly utilization: number | null;
  readonly lagMs: number | null;
  readonly memoryOctets: number;
}

interface Interval {
  /** Its place since the start; -1 while it was never used. */
  number: number;
  readonly latency: LatencyHistogram;
  failures: number;
  open: number;
  waiting: number | null;
  lagMs: number | null;
  memoryOctets: number;
  utilizations: number;
  samples: number;
}

export class StatusHistory {
  static readonly intervalMs: number = intervalMs;
  readonly #startedAt: number;
  /** One more than is shown: the one that is being filled. */
  readonly #ring: readonly Interval[] = Array.from({ length: shownIntervals + 1 }, emptyInterval);

  constructor(now: number) {
    this.#startedAt = now;
  }

  report({ latency, statuses }: WorkerFigures, now: number): void {
    const interval = this.#at(this.#numberOf(now));
    interval.latency.addPairs(latency);
    interval.failures += statuses[5] ?? 0;
  }

  sample({ open, waiting, utilization, lagMs, memoryOctets }: Sample, now: number): void {
    const interval = this.#at(this.#numberOf(now));
    interval.open = Math.max(interval.open, open);
    interval.waiting = greater(interval.waiting, waiting);
    interval.lagMs = greater(interval.lagMs, lagMs);
    interval.memoryOctets = Math.max(interval.memoryOctets, memoryOctets);
    if (utilization === null) return;
    interval.utilizations += utilization;
    interval.samples++;
  }

  /** All answers of about the last so many ms. */
  latency(milliseconds: number, now: number): LatencyHistogram {
    const last = this.#numberOf(now);
    const all = new LatencyHistogram();
    for (let number = Math.max(last - milliseconds / intervalMs, 0); number <= last; number++) {
      const interval = this.#find(number);
      if (interval !== undefined) all.add(interval.latency);
    }
    return all;
  }

  /** Answers a second over the last two whole intervals, or since the start. */
  requestsPerSecond(now: number): number {
    const last = this.#numberOf(now);
    const first = Math.max(last - 2, 0);
    let count = 0;
    for (let number = first; number <= last; number++) count += this.#find(number)?.latency.count ?? 0;
    const milliseconds = now - this.#startedAt - first * intervalMs;
    return milliseconds <= 0 ? 0 : (1_000 * count) / Math.max(milliseconds, 1_000);
  }

  /** The whole intervals that there are, the oldest first. */
  points(now: number): HistoryPoint[] {
    const current = this.#numberOf(now);
    const sinceMs = now - this.#startedAt;
    const points: HistoryPoint[] = [];
    for (let number = Math.max(current - shownIntervals, 0); number < current; number++) {
      const interval = this.#find(number) ?? emptyInterval();
      points.push({
        secondsAgo: (sinceMs - (number + 1) * intervalMs) / 1_000,
        requestsPerSecond: (1_000 * interval.latency.count) / intervalMs,
        failuresPerSecond: (1_000 * interval.failures) / intervalMs,
        p50Ms: interval.latency.percentile(0.5),
        p90Ms: interval.latency.percentile(0.9),
        p99Ms: interval.latency.percentile(0.99),
        open: interval.open,
        waiting: interval.waiting,
        utilization: interval.samples === 0 ? null : interval.utilizations / interval.samples,
        lagMs: interval.lagMs,
        memoryOctets: interval.memoryOctets,
      });
    }
    return points;
  }

  #numberOf(now: number): number {
    return Math.floor(Math.max(now - this.#startedAt, 0) / intervalMs);
  }

  #find(number: number): Interval | undefined {
    const interval = this.#ring[number % this.#ring.length];
    return interval?.number === number ? interval : undefined;
  }

  #at(number: number): Interval {
    const interval = this.#ring[number % this.#ring.length] ?? emptyInterval();
    if (interval.number !== number) {
      interval.latency.clear();
      Object.assign(interval, { number, ...nothing });
    }
    return interval;
  }
}

const nothing = {
  failures: 0,
  open: 0,
  waiting: null,
  lagMs: null,
  memoryOctets: 0,
  utilizations: 0,
  samples: 0,
} as const;

function emptyInterval(): Interval {
  return { number: -1, latency: new LatencyHistogram(), ...nothing };
}

function greater(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
