/**
 * Percentiles of histograms that add up: what the median of several workers is cannot be told from their medians.
 * @module
 */
import { latencyBucketCount, latencyBucketStart } from "../server/index.ts";
import type { LatencySummary } from "./snapshot.ts";

/** Counts by bucket; the buckets are those of server/statistics.ts. */
export class LatencyHistogram {
  readonly #counts: Float64Array = new Float64Array(latencyBucketCount);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds a bucket and its count, and so on. */
  addPairs(pairs: readonly number[]): void {
    for (let index = 0; index + 1 < pairs.length; index += 2)
      this.#add(pairs[index] ?? 0, pairs[index + 1] ?? 0);
  }

  add(other: LatencyHistogram): void {
    if (other.#count === 0) return;
    for (let bucket = 0; bucket < latencyBucketCount; bucket++) this.#add(bucket, other.#counts[bucket] ?? 0);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
  }

  /** The time in ms that this part of all stayed within, 0 to 1, right to a sixteenth; null when there is none. */
  percentile(part: number): number | null {
    if (this.#count === 0) return null;
    let rest = Math.max(Math.ceil(part * this.#count), 1);
    for (let bucket = 0; bucket < latencyBucketCount; bucket++) {
      rest -= this.#counts[bucket] ?? 0;
      if (rest <= 0) return (latencyBucketStart(bucket) + latencyBucketStart(bucket + 1)) / 2;
    }
    return null;
  }

  summary(): LatencySummary | null {
    const [p50Ms, p90Ms, p99Ms, longestMs] = [0.5, 0.9, 0.99, 1].map((part) => this.percentile(part) ?? 0);
    if (this.#count === 0) return null;
    return {
      count: this.#count,
      p50Ms: p50Ms ?? 0,
      p90Ms: p90Ms ?? 0,
      p99Ms: p99Ms ?? 0,
      longestMs: longestMs ?? 0,
    };
  }

  /** How many were below each power of two, from a quarter of a millisecond to a minute: the bounds are exact. */
  cumulative(): Array<{ readonly belowMs: number; readonly count: number }> {
    const bounds: Array<{ belowMs: number; count: number }> = [];
    let count = 0;
    for (let bucket = 0; bucket < latencyBucketCount; bucket++) {
      count += this.#counts[bucket] ?? 0;
      const belowMs = latencyBucketStart(bucket + 1);
      const isBound = (bucket + 1) % 8 === 0 && belowMs >= firstBoundMs && belowMs <= lastBoundMs;
      if (isBound) bounds.push({ belowMs, count });
    }
    return bounds;
  }

  #add(bucket: number, count: number): void {
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#count += count;
  }
}

const firstBoundMs = 0.256;
const lastBoundMs = 67_109;
