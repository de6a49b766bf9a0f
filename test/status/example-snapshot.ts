/** A service in every state that the pages show, and what hostile clients put into it. */
import type { HistoryPoint, StatusSnapshot, WorkerSnapshot } from "../../src/status/snapshot.ts";

export const hostilePath = '/<script>alert("1")</script>&\'';

const unknown = {
  requests: null,
  open: null,
  connections: null,
  idleConnections: null,
  memoryOctets: null,
  heapOctets: null,
  utilization: null,
  lagMs: null,
  oldestRequest: null,
  blockedBy: null,
} as const;

function worker(id: number, change: Partial<WorkerSnapshot>): WorkerSnapshot {
  const known = {
    id,
    pid: 1_000 + id,
    generation: 1,
    state: "idle",
    ageSeconds: 3_725,
    silentSeconds: 0.4,
  } as const;
  return { ...known, ...unknown, ...change };
}

const served = {
  requests: 12_345,
  connections: 9,
  idleConnections: 7,
  memoryOctets: 73_400_320,
  heapOctets: 12_582_912,
} as const;

const list: readonly WorkerSnapshot[] = [
  worker(1, {
    ...served,
    state: "busy",
    open: 2,
    utilization: 0.37,
    lagMs: 4.25,
    oldestRequest: { method: "GET", path: hostilePath, seconds: 12.5 },
  }),
  worker(2, { ...served, state: "blocked", open: 1, utilization: 1, lagMs: 4_200, silentSeconds: 5.2 }),
  worker(3, { ...served, state: "draining", open: 1, utilization: 0.02, lagMs: 0, ageSeconds: 90_000 }),
  worker(4, { generation: 2, state: "starting", ageSeconds: 0.35 }),
];

function point(secondsAgo: number, rate: number): HistoryPoint {
  const isQuiet = rate === 0;
  return {
    secondsAgo,
    requestsPerSecond: rate,
    failuresPerSecond: rate / 10,
    p50Ms: isQuiet ? null : 2,
    p90Ms: isQuiet ? null : 20,
    p99Ms: isQuiet ? null : 200,
    open: 3,
    waiting: 1,
    utilization: 0.5,
    lagMs: 12,
    memoryOctets: 220_200_960,
  };
}

export const exampleSnapshot: StatusSnapshot = {
  version: 1,
  time: "2026-03-04T05:06:07.890Z",
  application: "app.ts",
  software: "tsgi 1.2.3, Node.js 20.20.0",
  pid: 1_000,
  state: "reloading",
  uptimeSeconds: 3_725.5,
  generation: 1,
  reloads: 0,
  workers: { wanted: 2, ready: 2, busy: 2, started: 4, crashed: 1, killed: 0, utilization: 0.685, list },
  sockets: [
    { protocol: "fastcgi", address: "unix:/run/app.sock", waiting: 17 },
    { protocol: "http", address: "127.0.0.1:8000", waiting: null },
  ],
  requests: {
    total: 37_035,
    open: 4,
    perSecond: 83.2,
    aborted: 3,
    refused: 0,
    statuses: { none: 1, "1xx": 0, "2xx": 36_000, "3xx": 20, "4xx": 1_000, "5xx": 10 },
    oldest: { method: "GET", path: hostilePath, seconds: 12.5, worker: 1 },
  },
  latency: {
    lastMinute: { count: 4_992, p50Ms: 2.1, p90Ms: 20.4, p99Ms: 201, longestMs: 4_200 },
    lastFiveMinutes: null,
    totalMs: 148_140,
    count: 37_031,
    buckets: [
      { belowMs: 1.024, count: 1_000 },
      { belowMs: 1_048.576, count: 37_030 },
    ],
  },
  history: { intervalSeconds: 5, points: [point(13, 40), point(8, 0), point(3, 80)] },
};
