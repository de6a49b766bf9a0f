/**
 * The status as text, for terminals and for curl: at most 100 columns, no colours.
 * @module
 */
import {
  formatCount,
  formatMilliseconds,
  formatOctets,
  formatPart,
  formatRate,
  formatSeconds,
} from "./quantities.ts";
import type { LatencySummary, StatusSnapshot, WorkerSnapshot } from "./snapshot.ts";

const widest = 100;

/** The whole status in lines, the last one ended too. */
export function textPage(status: StatusSnapshot): string {
  const { workers, requests, latency, sockets } = status;
  const oldest = requests.oldest;
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["workers", workerLine(status)],
    [
      "load",
      `${formatPart(workers.utilization)} of the event loops' time, ${workers.busy} of ${workers.ready} workers busy`,
    ],
    ["requests", requestLine(status)],
    ["answers", answerLine(status)],
    ["latency", `last minute ${latencyLine(latency.lastMinute)}`],
    ["", `5 minutes   ${latencyLine(latency.lastFiveMinutes)}`],
    [
      "oldest",
      oldest === null
        ? "no request is open"
        : `${formatSeconds(oldest.seconds)} in worker ${oldest.worker}: ${oldest.method} ${oldest.path}`,
    ],
    ...sockets.map(({ protocol, address, waiting }, index): [string, string] => [
      index === 0 ? "waiting" : "",
      `${waiting === null ? "unknown" : formatCount(waiting)} at ${protocol}:${address}`,
    ]),
  ];
  return [
    cut(
      `${status.application}: ${status.state}, up ${formatSeconds(status.uptimeSeconds)}, pid ${status.pid}, generation ${status.generation} (${status.software})`,
    ),
    "",
    ...rows.map(([name, text]) => cut(`${name.padEnd(10)}${text}`)),
    "",
    ...workerTable(workers.list),
    "",
  ].join("\n");
}

function workerLine({ workers }: StatusSnapshot): string {
  const { ready, wanted, started, crashed, killed } = workers;
  return `${ready} of ${wanted} ready; ${started} started, ${crashed} crashed, ${killed} killed`;
}

function requestLine({ requests }: StatusSnapshot): string {
  const { perSecond, open, total, aborted, refused } = requests;
  return `${formatRate(perSecond)}/s, ${formatCount(open)} open, ${formatCount(total)} in all, ${formatCount(aborted)} aborted, ${formatCount(refused)} refused`;
}

function answerLine({ requests }: StatusSnapshot): string {
  return Object.entries(requests.statuses)
    .filter(([name, count]) => count > 0 || name === "2xx")
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join(", ");
}

function latencyLine(summary: LatencySummary | null): string {
  if (summary === null) return "no answers";
  const { p50Ms, p90Ms, p99Ms, longestMs, count } = summary;
  const parts = [
    ["p50", p50Ms],
    ["p90", p90Ms],
    ["p99", p99Ms],
    ["longest", longestMs],
  ] as const;
  const times = parts.map(([name, time]) => `${name} ${formatMilliseconds(time)}`);
  return `${times.join(", ")} of ${formatCount(count)}`;
}

function workerTable(list: readonly WorkerSnapshot[]): string[] {
  const heads = [
    "worker",
    "pid",
    "gen",
    "state",
    "age",
    "requests",
    "open",
    "memory",
    "loop",
    "lag",
    "oldest request",
  ];
  const rows = list.map((worker) => [
    String(worker.id),
    String(worker.pid),
    String(worker.generation),
    worker.state,
    formatSeconds(worker.ageSeconds),
    formatCount(worker.requests),
    formatCount(worker.open),
    formatOctets(worker.memoryOctets),
    formatPart(worker.utilization),
    formatMilliseconds(worker.lagMs),
    oldestOf(worker),
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  // Words to the left, figures to the right.
  const align = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 3 || column === 10 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [heads, ...rows].map((row) => cut(align(row)));
}

/** The oldest request of a worker, and the one that blocks it if that is another. */
export function oldestOf({ oldestRequest, blockedBy }: WorkerSnapshot): string {
  if (oldestRequest === null) return "";
  const { method, path, seconds } = oldestRequest;
  const oldest = `${formatSeconds(seconds)} ${method} ${path}`;
  if (blockedBy === null || (blockedBy.method === method && blockedBy.path === path)) return oldest;
  // Beside a state that says `blocked`, and first: lines are cut.
  return `by ${blockedBy.method} ${blockedBy.path}; ${oldest}`;
}

function cut(line: string): string {
  return line.length <= widest ? line : `${line.slice(0, widest - 3)}...`;
}
