/**
 * Measures a server and its process for the status pages: once a report, so that a request pays for none of it.
 * @module
 */
import {
  monitorEventLoopDelay,
  performance,
  type EventLoopUtilization,
  type IntervalHistogram,
} from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { GatewayServer, RequestStatistics } from "../server/index.ts";
import type { WorkerFigures } from "./worker-figures.ts";

/** How often the event loop is looked at, in ms. Node.js counts this time as delay too. */
const lagResolutionMs = 20;

/** Gives, each time, what has changed since the last time. */
export class WorkerProbe {
  readonly #statistics: RequestStatistics;
  readonly #lag: IntervalHistogram;
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();
  #statuses: Float64Array;
  #latency: Float64Array;
  #latencyMs: number;
  #aborted: number;
  #refused: number;

  constructor(statistics: RequestStatistics) {
    this.#statistics = statistics;
    this.#statuses = statistics.statuses.slice();
    this.#latency = statistics.latency.slice();
    this.#latencyMs = statistics.latencyMs;
    this.#aborted = statistics.aborted;
    this.#refused = statistics.refused;
    this.#lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
    this.#lag.enable();
  }

  take(server: GatewayServer): WorkerFigures {
    const { statuses, latency, latencyMs, aborted, refused } = this.#statistics;
    const utilization = performance.eventLoopUtilization();
    const figures: WorkerFigures = {
      heapOctets: getHeapStatistics().used_heap_size,
      connections: server.connections,
      idleConnections: server.idleConnections,
      utilization: performance.eventLoopUtilization(utilization, this.#utilization).utilization,
      lagMs: this.#takeLag(),
      statuses: Array.from(statuses, (count, place) => count - (this.#statuses[place] ?? 0)),
      aborted: aborted - this.#aborted,
      refused: refused - this.#refused,
      latency: changes(latency, this.#latency),
      latencyMs: Math.max(latencyMs - this.#latencyMs, 0),
      oldest: oldestOf(server),
    };
    this.#utilization = utilization;
    this.#statuses = statuses.slice();
    this.#latency = latency.slice();
    this.#latencyMs = latencyMs;
    this.#aborted = aborted;
    this.#refused = refused;
    return figures;
  }

  #takeLag(): number {
    const { max, count } = this.#lag;
    this.#lag.reset();
    return count === 0 ? 0 : Math.max(max / 1e6 - lagResolutionMs, 0);
  }
}

function changes(now: Float64Array, before: Float64Array): number[] {
  const pairs: number[] = [];
  for (let bucket = 0; bucket < now.length; bucket++) {
    const count = (now[bucket] ?? 0) - (before[bucket] ?? 0);
    if (count > 0) pairs.push(bucket, count);
  }
  return pairs;
}

/** The request that has been open for longest, without its query. */
export function oldestOf(server: GatewayServer): WorkerFigures["oldest"] {
  const [first, ...others] = server.openRequests();
  if (first === undefined) return null;
  const oldest = others.reduce((found, each) => (each.startedAt < found.startedAt ? each : found), first);
  // A request that was refused is named as it came, with its query: that is nobody's business here.
  const [path = ""] = oldest.path.split("?", 1);
  return { method: oldest.method, path, ageMs: Math.max(performance.now() - oldest.startedAt, 0) };
}
