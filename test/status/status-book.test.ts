/** What reports add up to, over time: totals that no worker's end takes back, intervals, states. */
import { describe, expect, it } from "vitest";
import { latencyBucketOf } from "../../src/server/statistics.ts";
import { StatusBook, type ServiceFacts } from "../../src/status/status-book.ts";
import type { WorkerFigures } from "../../src/status/worker-figures.ts";
import type { WorkerFacts } from "../../src/status/worker-snapshot.ts";

const quiet: WorkerFigures = {
  heapOctets: 10,
  connections: 1,
  idleConnections: 1,
  utilization: 0,
  lagMs: 0,
  statuses: [0, 0, 0, 0, 0, 0],
  aborted: 0,
  refused: 0,
  latency: [],
  latencyMs: 0,
  oldest: null,
};

function answered(count: number, milliseconds: number, status = 2): WorkerFigures {
  const statuses = [0, 0, 0, 0, 0, 0].map((_, place) => (place === status ? count : 0));
  return {
    ...quiet,
    statuses,
    latency: [latencyBucketOf(milliseconds), count],
    latencyMs: count * milliseconds,
  };
}

function worker(id: number, change: Partial<WorkerFacts> = {}): WorkerFacts {
  const known = { id, pid: 100 + id, generation: 1, phase: "ready", ageMs: 1_000 } as const;
  return { ...known, silentMs: 0, patienceMs: 2_000, ...change };
}

function facts(workers: readonly WorkerFacts[]): ServiceFacts {
  return {
    application: "app.ts",
    software: "",
    pid: 1,
    state: "running",
    generation: 1,
    wanted: 2,
    started: 2,
    crashed: 0,
    killed: 0,
    workers,
    sockets: [
      { protocol: "fastcgi", address: "unix:/a", waiting: 3 },
      { protocol: "http", address: ":1", waiting: null },
    ],
  };
}

const totals = { requests: 0, running: 0, memoryOctets: 1_000 };
const time = new Date(0);

describe("totals", () => {
  it("add up over workers, and stay when one ends", () => {
    const book = new StatusBook(0);
    book.report(1, { ...totals, requests: 5 }, answered(5, 10), 1_000);
    book.report(2, { ...totals, requests: 2 }, { ...answered(2, 10, 5), aborted: 1, refused: 4 }, 1_000);
    book.report(1, { ...totals, requests: 8 }, answered(3, 10), 2_000);
    book.forget(1);
    book.report(3, { ...totals, requests: 1 }, answered(1, 10), 3_000);
    const { requests, latency } = book.snapshot(facts([worker(2), worker(3)]), 3_000, time);
    expect(requests).toMatchObject({ total: 11, aborted: 1, refused: 4 });
    expect(requests.statuses).toEqual({ none: 0, "1xx": 0, "2xx": 9, "3xx": 0, "4xx": 0, "5xx": 2 });
    expect(latency).toMatchObject({ count: 11, totalMs: 110 });
  });

  it("do not shrink when a worker counts backwards", () => {
    const book = new StatusBook(0);
    book.report(1, { ...totals, requests: 5 }, quiet, 1_000);
    book.report(1, { ...totals, requests: 1 }, quiet, 2_000);
    expect(book.snapshot(facts([worker(1)]), 2_000, time).requests.total).toBe(5);
  });
});

describe("the last minutes", () => {
  it("have percentiles of their own", () => {
    const book = new StatusBook(0);
    book.report(1, totals, answered(100, 1_000), 1_000);
    book.report(1, totals, answered(100, 10), 200_000);
    const { latency } = book.snapshot(facts([worker(1)]), 201_000, time);
    expect(latency.lastMinute).toMatchObject({ count: 100, p50Ms: expect.closeTo(10, 0) as number });
    expect(latency.lastFiveMinutes?.count).toBe(200);
    expect(latency.lastFiveMinutes?.p99Ms).toBeGreaterThan(900);
    expect(book.snapshot(facts([]), 700_000, time).latency.lastFiveMinutes).toBeNull();
  });

  it("are sixty intervals at most, each with the most that was seen", () => {
    const book = new StatusBook(0);
    for (let now = 0; now < 1_000_000; now += 1_000) {
      book.report(1, { ...totals, running: now === 996_000 ? 9 : 1 }, answered(10, 10, 5), now);
      book.sample(facts([worker(1)]), now);
    }
    const { points } = book.snapshot(facts([]), 1_000_000, time).history;
    expect(points).toHaveLength(60);
    expect(points.at(-1)).toMatchObject({
      secondsAgo: 0,
      requestsPerSecond: 10,
      failuresPerSecond: 10,
      open: 9,
      waiting: 3,
      utilization: 0,
      memoryOctets: 1_000,
    });
    expect(points.at(-2)?.open).toBe(1);
    expect(points[0]?.secondsAgo).toBe(295);
  });

  it("have gaps where nothing was heard, not old figures", () => {
    const book = new StatusBook(0);
    book.report(1, totals, answered(10, 10), 1_000);
    const { points } = book.snapshot(facts([]), 400_000, time).history;
    expect(points.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual(Array(60).fill(0));
    expect(points.every(({ p50Ms, utilization }) => p50Ms === null && utilization === null)).toBe(true);
  });

  it("give a rate from the first second on", () => {
    const book = new StatusBook(0);
    book.report(1, totals, answered(30, 10), 900);
    expect(book.snapshot(facts([]), 900, time).requests.perSecond).toBe(30);
    expect(book.snapshot(facts([]), 3_000, time).requests.perSecond).toBe(10);
  });
});

describe("a worker", () => {
  const cases: ReadonlyArray<readonly [string, Partial<WorkerFacts>, number, string]> = [
    ["without requests", {}, 0, "idle"],
    ["with one", {}, 1, "busy"],
    ["that is silent", { silentMs: 2_001 }, 0, "blocked"],
    ["whose stack is being asked for", { phase: "stuck" }, 0, "blocked"],
    ["that is to be replaced", { phase: "retiring" }, 1, "retiring"],
    ["that is to be replaced and silent", { phase: "retiring", silentMs: 9_000 }, 1, "blocked"],
    ["that stops", { phase: "draining", silentMs: 9_000 }, 1, "draining"],
    ["that loads its application", { phase: "starting", silentMs: 9_000 }, 0, "starting"],
    ["that was killed", { phase: "killed" }, 1, "killed"],
  ];
  it.each(cases)("%s is shown as such", (_name, change, running, state) => {
    const book = new StatusBook(0);
    book.report(1, { ...totals, running }, quiet, 1_000);
    expect(book.snapshot(facts([worker(1, change)]), 1_000, time).workers.list[0]?.state).toBe(state);
  });

  it("that is blocked counts as busy and as wholly at work; its request grows older", () => {
    const book = new StatusBook(0);
    const oldest = { method: "GET", path: "/a", ageMs: 500 };
    book.report(1, { ...totals, running: 1 }, { ...quiet, utilization: 0.1, oldest }, 1_000);
    book.report(2, totals, { ...quiet, utilization: 0.2 }, 6_000);
    const now = facts([worker(1, { silentMs: 5_000 }), worker(2)]);
    const { workers, requests } = book.snapshot(now, 6_000, time);
    expect(workers).toMatchObject({ ready: 2, busy: 1, utilization: 0.6 });
    expect(requests.oldest).toEqual({ method: "GET", path: "/a", seconds: 5.5, worker: 1 });
  });

  it("that is blocked shows what is found in it then, until it reports again", () => {
    const book = new StatusBook(0);
    const figures = {
      running: 3,
      oldest: { method: "GET", path: "/a", ageMs: 500 },
      inside: { method: "GET", path: "/b" },
    };
    book.blocked(1, figures, 500);
    expect(
      book.snapshot(facts([worker(1, { silentMs: 5_000 })]), 500, time).workers.list[0]?.open,
    ).toBeNull();
    book.report(1, totals, quiet, 1_000);
    book.blocked(1, figures, 3_000);
    const [shown] = book.snapshot(facts([worker(1, { silentMs: 5_000 })]), 6_000, time).workers.list;
    expect(shown).toMatchObject({
      open: 3,
      oldestRequest: { path: "/a", seconds: 3.5 },
      blockedBy: { path: "/b" },
    });
    book.report(1, totals, quiet, 7_000);
    const [now] = book.snapshot(facts([worker(1)]), 7_000, time).workers.list;
    expect(now).toMatchObject({ state: "idle", oldestRequest: null, blockedBy: null });
  });

  it("that has not reported is shown without figures", () => {
    const [shown] = new StatusBook(0).snapshot(facts([worker(1)]), 1_000, time).workers.list;
    expect(shown).toMatchObject({ state: "idle", requests: null, memoryOctets: null, utilization: null });
  });
});
