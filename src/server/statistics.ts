/**
 * What a server counts about its requests when somebody asks for it: outcomes, and how long answers took.
 *
 * A request costs two readings of the clock and three additions, and allocates nothing. Times go into a histogram of
 * fixed size, as HdrHistogram lays it out: eight buckets for each power of two, so that a bucket is at most an eighth
 * of its value wide. Two servers' histograms add up bucket by bucket.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";

/** Buckets for one power of two, and its exponent. */
const subBuckets = 8;
const subBits = 3;

/** The longest time that is told apart, in microseconds: 35 minutes. */
const longestMicroseconds = 2 ** 31 - 1;

/** How many buckets a histogram of times has. */
export const latencyBucketCount: number = (31 - subBits) * subBuckets + subBuckets;

/** The bucket of a time in ms. */
export function latencyBucketOf(milliseconds: number): number {
  const microseconds = milliseconds * 1_000;
  // Written so that NaN and times before zero land in the first bucket.
  if (!(microseconds >= 1)) return 0;
  const whole = microseconds >= longestMicroseconds ? longestMicroseconds : Math.trunc(microseconds);
  if (whole < subBuckets) return whole;
  const shift = 31 - Math.clz32(whole) - subBits;
  return (shift + 1) * subBuckets + ((whole >> shift) & (subBuckets - 1));
}

/** Where a bucket begins, in ms; it ends where the next one begins. */
export function latencyBucketStart(bucket: number): number {
  if (bucket < subBuckets) return bucket / 1_000;
  const shift = Math.floor(bucket / subBuckets) - 1;
  return ((subBuckets + (bucket % subBuckets)) * 2 ** shift) / 1_000;
}

/** The counters of one server. Give it to `serve` and read it at any time; nothing is ever taken out of it. */
export class RequestStatistics {
  /** Answers by the first digit of their status; the first place is for those without one. */
  readonly statuses: Float64Array = new Float64Array(6);
  /** Answers by the time from the application's call to the answer's end. */
  readonly latency: Float64Array = new Float64Array(latencyBucketCount);
  /** All those times together, in ms. */
  latencyMs = 0;
  /** Requests whose answer did not come to its end: the peer had gone, or the application failed in its midst. */
  aborted = 0;
  /** Connections past `maxConnections`. */
  refused = 0;

  /** An answer has ended. `startedAt`: when its application was called, on the clock of `performance.now()`. */
  ended(
    { status, startedAt }: { readonly status: string; readonly startedAt: number },
    complete: boolean,
  ): void {
    const milliseconds = performance.now() - startedAt;
    const digit = status.charCodeAt(0) - 48;
    const place = digit >= 1 && digit <= 5 ? digit : 0;
    this.statuses[place] = (this.statuses[place] ?? 0) + 1;
    const bucket = latencyBucketOf(milliseconds);
    this.latency[bucket] = (this.latency[bucket] ?? 0) + 1;
    this.latencyMs += milliseconds;
    if (!complete) this.aborted++;
  }

  /** A request was given up before its answer had ended. */
  abort(): void {
    this.aborted++;
  }

  /** A connection was one too many. */
  refuse(): void {
    this.refused++;
  }
}
