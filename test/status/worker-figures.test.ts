/** What workers say of themselves is checked, field by field (security O4). */
import { describe, expect, it } from "vitest";
import { parseWorkerMessage } from "../../src/process/messages.ts";
import { latencyBucketCount } from "../../src/server/statistics.ts";
import { readWorkerFigures, type WorkerFigures } from "../../src/status/worker-figures.ts";

const sane: WorkerFigures = {
  heapOctets: 1,
  connections: 2,
  idleConnections: 1,
  utilization: 0.5,
  lagMs: 1.5,
  statuses: [0, 0, 3, 0, 0, 1],
  aborted: 0,
  refused: 0,
  latency: [7, 1, latencyBucketCount - 1, 3],
  latencyMs: 12.5,
  oldest: { method: "GET", path: "/a", ageMs: 3 },
};

describe("figures", () => {
  it("that are sane are taken as they are, without what nobody asked for", () => {
    expect(readWorkerFigures({ ...sane, more: "x".repeat(10_000) })).toEqual(sane);
    expect(readWorkerFigures({ ...sane, oldest: null })).toEqual({ ...sane, oldest: null });
  });

  it.each<[string, unknown]>([
    ["no object", 7],
    ["null", null],
    ["an empty object", {}],
    ["a negative amount", { ...sane, heapOctets: -1 }],
    ["an amount beyond all sense", { ...sane, latencyMs: 1e300 }],
    ["NaN, which JSON makes null", { ...sane, lagMs: null }],
    ["more than all of the time", { ...sane, utilization: 1.01 }],
    ["half a connection", { ...sane, connections: 1.5 }],
    ["a class of status too many", { ...sane, statuses: [0, 0, 0, 0, 0, 0, 0] }],
    ["statuses that are none", { ...sane, statuses: "000000" }],
    ["a bucket that is not there", { ...sane, latency: [latencyBucketCount, 1] }],
    ["a bucket without its count", { ...sane, latency: [1, 1, 2] }],
    ["more buckets than there are", { ...sane, latency: Array(2 * latencyBucketCount + 2).fill(1) }],
    ["a terminal's escape sequence", { ...sane, oldest: { method: "GET", path: "/\x1b[2J", ageMs: 1 } }],
    ["a line of its own", { ...sane, oldest: { method: "GET\n", path: "/", ageMs: 1 } }],
    ["a separator of lines", { ...sane, oldest: { method: "GET", path: "/\u2028", ageMs: 1 } }],
    ["a path without end", { ...sane, oldest: { method: "GET", path: "x".repeat(2_000), ageMs: 1 } }],
    ["a request without an age", { ...sane, oldest: { method: "GET", path: "/" } }],
  ])("that are %s are refused, and the worker with them", (_name, figures) => {
    expect(readWorkerFigures(figures)).toBeUndefined();
    const report = { requests: 1, running: 1, memoryOctets: 1, figures };
    expect(parseWorkerMessage(JSON.stringify({ type: "report", report }))).toEqual({
      wrong: "a report whose figures for the status pages no worker has",
    });
  });

  it("are not asked for where there are no status pages", () => {
    const report = { requests: 1, running: 1, memoryOctets: 1 };
    expect(parseWorkerMessage(JSON.stringify({ type: "report", report }))).toEqual({
      type: "report",
      report,
    });
  });
});
