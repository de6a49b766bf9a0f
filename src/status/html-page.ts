/**
 * The status as a page: drawn here, whole, so that it shows the same without scripts. Its script (html-script.ts) only
 * asks for it again and takes over what has changed.
 * @module
 */
import { createHash } from "node:crypto";
import { htmlChart, type ChartLine } from "./html-chart.ts";
import { pageScript } from "./html-script.ts";
import { pageStyle } from "./html-style.ts";
import { escapeHtml } from "./html-text.ts";
import { workerSection } from "./html-workers.ts";
import {
  formatCount,
  formatMilliseconds,
  formatOctets,
  formatPart,
  formatRate,
  formatSeconds,
} from "./quantities.ts";
import type { HistoryPoint, LatencySummary, StatusSnapshot } from "./snapshot.ts";

/** Allows the page its own style, its own script and asking for itself again; nothing else, from nowhere. */
export const pagePolicy: string = [
  "default-src 'none'",
  `style-src '${digest(pageStyle)}'`,
  `script-src '${digest(pageScript)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const shownIntervals = 60;

/** The page. */
export function htmlPage(status: StatusSnapshot): string {
  const name = escapeHtml(status.application);
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${name}: ${status.state}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<style>${pageStyle}</style>`,
    '<noscript><meta http-equiv="refresh" content="5"></noscript></head>',
    `<body><main>${header(status)}${tiles(status)}${charts(status)}${workerSection(status)}${details(status)}</main>`,
    '<p id="lost" role="status"></p>',
    `<script>${pageScript}</script></body></html>`,
    "",
  ].join("\n");
}

function header(status: StatusSnapshot): string {
  const { application, state, uptimeSeconds, pid, generation, software, time } = status;
  const facts = [`up ${formatSeconds(uptimeSeconds)}`, `pid ${pid}`, `generation ${generation}`, software];
  return (
    `<header><h1>${escapeHtml(application)} <span class="badge ${state}">${state}</span></h1>` +
    `<p>${escapeHtml(facts.join(" · "))} · <time datetime="${escapeHtml(time)}">${escapeHtml(time.slice(11, 19))} UTC</time></p></header>`
  );
}

function tiles({ workers, requests, latency, sockets }: StatusSnapshot): string {
  const known = sockets.flatMap(({ waiting }) => waiting ?? []);
  const waiting = known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
  const { oldest } = requests;
  const isSaturated = (workers.utilization ?? 0) > 0.9;
  const last = latency.lastMinute;
  const rows: ReadonlyArray<readonly [title: string, value: string, note: string, isBad?: boolean]> = [
    ["Requests a second", formatRate(requests.perSecond), `${formatCount(requests.total)} in all`],
    ["Open requests", formatCount(requests.open), `${workers.busy} of ${workers.ready} workers busy`],
    [
      "Load",
      formatPart(workers.utilization),
      isSaturated ? "saturated: the event loops have no time left" : "of the event loops' time",
      isSaturated,
    ],
    [
      "Accept queue",
      waiting === null ? "unknown" : formatCount(waiting),
      "connections that wait",
      (waiting ?? 0) > 0,
    ],
    [
      "Latency, last minute",
      last === null ? "-" : formatMilliseconds(last.p50Ms),
      last === null ? "no answers" : `p99 ${formatMilliseconds(last.p99Ms)}`,
    ],
    [
      "Oldest request",
      oldest === null ? "-" : formatSeconds(oldest.seconds),
      oldest === null ? "none is open" : `${oldest.method} ${oldest.path}, worker ${oldest.worker}`,
    ],
  ];
  const items = rows.map(
    ([title, value, note, isBad]) =>
      `<div${isBad === true ? ' class="bad"' : ""}><dt>${escapeHtml(title)}</dt><dd><b>${escapeHtml(value)}</b> <span>${escapeHtml(note)}</span></dd></div>`,
  );
  return `<dl class="tiles">${items.join("")}</dl>`;
}

function charts({ history }: StatusSnapshot): string {
  const { points, intervalSeconds } = history;
  const line = (
    name: string,
    colour: ChartLine["colour"],
    pick: (point: HistoryPoint) => number | null,
  ): ChartLine => ({ name, colour, values: points.map(pick) });
  const time = { intervalSeconds, intervals: shownIntervals };
  const drawn = [
    htmlChart({
      title: "Requests a second",
      lines: [
        line("answered", "first", (point) => point.requestsPerSecond),
        line("failed (5xx)", "third", (point) => point.failuresPerSecond),
      ],
      format: formatRate,
      leastTop: 1,
      ...time,
    }),
    htmlChart({
      title: "Latency",
      lines: [
        line("p50", "first", ({ p50Ms }) => p50Ms),
        line("p90", "second", ({ p90Ms }) => p90Ms),
        line("p99", "third", ({ p99Ms }) => p99Ms),
      ],
      format: formatMilliseconds,
      leastTop: 1,
      logarithmicFrom: 0.1,
      ...time,
    }),
    htmlChart({
      title: "Open and waiting",
      lines: [
        line("open requests", "first", ({ open }) => open),
        line("accept queue", "third", ({ waiting }) => waiting),
      ],
      format: formatCount,
      leastTop: 5,
      ...time,
    }),
    htmlChart({
      title: "Event loops at work",
      lines: [line("of their time", "first", ({ utilization }) => utilization)],
      format: formatPart,
      leastTop: 1,
      ...time,
    }),
    htmlChart({
      title: "Event-loop lag",
      lines: [line("longest", "second", ({ lagMs }) => lagMs)],
      format: formatMilliseconds,
      leastTop: 10,
      ...time,
    }),
    htmlChart({
      title: "Memory of all workers",
      lines: [line("resident", "first", ({ memoryOctets }) => memoryOctets)],
      format: formatOctets,
      leastTop: 1_048_576,
      binary: true,
      ...time,
    }),
  ];
  return `<section aria-labelledby="charts"><h2 id="charts">The last five minutes</h2><div class="charts">${drawn.join("")}</div></section>`;
}

function details(status: StatusSnapshot): string {
  const { requests, latency, sockets, workers } = status;
  const answers = Object.entries(requests.statuses)
    .filter(([name, count]) => count > 0 || name === "2xx")
    .map(([name, count]) => `${name}: ${formatCount(count)}`);
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["Answers", answers.join(", ")],
    ["Aborted, refused", `${formatCount(requests.aborted)}, ${formatCount(requests.refused)}`],
    ["Latency, one minute", latencyText(latency.lastMinute)],
    ["Latency, five minutes", latencyText(latency.lastFiveMinutes)],
    ["Workers", `${workers.started} started, ${workers.crashed} crashed, ${workers.killed} killed`],
    ...sockets.map(({ protocol, address, waiting }): [string, string] => [
      `${protocol}:${address}`,
      waiting === null ? "accept queue unknown" : `${formatCount(waiting)} waiting`,
    ]),
  ];
  const items = rows.map(([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`);
  const links = ["status.txt", "status.json", "metrics"].map((name) => `<a href="${name}">${name}</a>`);
  return (
    `<section aria-labelledby="totals"><h2 id="totals">Since the start</h2><dl class="details">${items.join("")}</dl>` +
    `<p class="links">The same as ${links.join(", ")}</p></section>`
  );
}

function latencyText(summary: LatencySummary | null): string {
  if (summary === null) return "no answers";
  const { count, p50Ms, p90Ms, p99Ms, longestMs } = summary;
  const [p50, p90, p99, longest] = [p50Ms, p90Ms, p99Ms, longestMs].map(formatMilliseconds);
  return `p50 ${p50}, p90 ${p90}, p99 ${p99}, longest ${longest}, of ${formatCount(count)}`;
}

function digest(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
