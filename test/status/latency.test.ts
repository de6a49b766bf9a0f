/** Times in buckets: every time is within its bucket, histograms add up, percentiles are as right as promised. */
import { array, assert, double, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { latencyBucketCount, latencyBucketOf, latencyBucketStart } from "../../src/server/statistics.ts";
import { LatencyHistogram } from "../../src/status/latency.ts";

function histogramOf(times: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const time of times) histogram.addPairs([latencyBucketOf(time), 1]);
  return histogram;
}

const time = double({ min: 0, max: 2_000_000, noNaN: true });

describe("buckets", () => {
  it("hold the times that they say they hold, and are an eighth of those wide at most", () => {
    assert(
      property(time, (milliseconds) => {
        const bucket = latencyBucketOf(milliseconds);
        const [from, to] = [latencyBucketStart(bucket), latencyBucketStart(bucket + 1)];
        expect(from).toBeLessThanOrEqual(milliseconds);
        expect(milliseconds).toBeLessThan(to + 1e-9);
        expect(to - from).toBeLessThanOrEqual(Math.max(from / 8, 0.001) + 1e-9);
      }),
    );
  });

  it.each([-1, Number.NaN, 0, 0.0001])("take %f for nothing", (milliseconds) => {
    expect(latencyBucketOf(milliseconds)).toBe(0);
  });

  it.each([2 ** 31, 1e300, Infinity])("take %f for the longest", (milliseconds) => {
    expect(latencyBucketOf(milliseconds)).toBe(latencyBucketCount - 1);
  });
});

describe("histograms", () => {
  it("tell percentiles to within a sixteenth", () => {
    assert(
      property(array(double({ min: 0.1, max: 100_000, noNaN: true }), { minLength: 1 }), (times) => {
        const sorted = times.toSorted((a, b) => a - b);
        for (const part of [0.5, 0.9, 0.99, 1]) {
          const exact = sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
          const told = histogramOf(times).percentile(part) ?? -1;
          expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact / 15);
        }
      }),
    );
  });

  it("add up to what one of all times is", () => {
    assert(
      property(array(time), array(time), (a, b) => {
        const sum = histogramOf(a);
        sum.add(histogramOf(b));
        const whole = histogramOf([...a, ...b]);
        expect(sum.summary()).toEqual(whole.summary());
        expect(sum.cumulative()).toEqual(whole.cumulative());
      }),
    );
  });

  it("count below each bound what is below it", () => {
    const times = [0.1, 0.3, 1, 1.1, 50, 5_000, 500_000];
    for (const { belowMs, count } of histogramOf(times).cumulative()) {
      expect([belowMs, count]).toEqual([belowMs, times.filter((each) => each < belowMs).length]);
    }
    expect(histogramOf(times).cumulative().length).toBeGreaterThan(15);
  });

  it("know nothing when there is nothing", () => {
    expect(histogramOf([]).summary()).toBeNull();
    expect(histogramOf([]).percentile(0.5)).toBeNull();
  });
});
