/**
 * The workers on the status page: a square for each, for a view of many, and a table with what is known of them.
 * @module
 */
import { escapeHtml } from "./html-text.ts";
import { formatCount, formatMilliseconds, formatOctets, formatPart, formatSeconds } from "./quantities.ts";
import type { StatusSnapshot, WorkerSnapshot } from "./snapshot.ts";
import { oldestOf } from "./text-page.ts";

export function workerSection({ workers }: StatusSnapshot): string {
  const { list, ready, wanted } = workers;
  return (
    `<section aria-labelledby="workers"><h2 id="workers">Workers <small>${ready} of ${wanted} ready</small></h2>` +
    `<ol class="fleet" aria-hidden="true">${list.map(square).join("")}</ol>` +
    `<table><thead><tr>${columns.map(([name]) => `<th scope="col">${name}</th>`).join("")}</tr></thead>` +
    `<tbody>${list.map(row).join("")}</tbody></table></section>`
  );
}

/** Filled from below as far as its event loop is at work. */
function square({ id, state, utilization }: WorkerSnapshot): string {
  const part = Math.round((utilization ?? 0) * 40);
  return (
    `<li class="${state}" title="worker ${id}: ${state}"><svg viewBox="0 0 40 40">` +
    `<rect class="frame" x="1.5" y="1.5" width="37" height="37" rx="6"/><rect class="fill" y="${40 - part}" width="40" height="${part}" rx="6"/>` +
    `<text x="20" y="26" text-anchor="middle">${id}</text></svg></li>`
  );
}

const columns: ReadonlyArray<readonly [name: string, cell: (worker: WorkerSnapshot) => string]> = [
  ["Worker", ({ id }) => String(id)],
  ["State", ({ state }) => `<span class="badge ${state}">${state}</span>`],
  ["Process", ({ pid }) => String(pid)],
  ["Generation", ({ generation }) => String(generation)],
  ["Age", ({ ageSeconds }) => formatSeconds(ageSeconds)],
  ["Requests", ({ requests }) => formatCount(requests)],
  ["Open", ({ open }) => formatCount(open)],
  ["Connections", ({ connections, idleConnections }) => connectionText(connections, idleConnections)],
  ["Memory", ({ memoryOctets }) => formatOctets(memoryOctets)],
  ["Heap", ({ heapOctets }) => formatOctets(heapOctets)],
  ["Loop", ({ utilization }) => formatPart(utilization)],
  ["Lag", ({ lagMs }) => formatMilliseconds(lagMs)],
  ["Oldest request", oldestText],
];

function row(worker: WorkerSnapshot): string {
  const cells = columns.map(([name, cell]) => `<td data-name="${name}">${cell(worker)}</td>`);
  return `<tr>${cells.join("")}</tr>`;
}

function connectionText(connections: number | null, idle: number | null): string {
  return connections === null ? "-" : `${formatCount(connections)}, ${formatCount(idle)} idle`;
}

function oldestText(worker: WorkerSnapshot): string {
  return worker.oldestRequest === null ? "-" : escapeHtml(oldestOf(worker));
}
