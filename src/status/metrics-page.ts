/**
 * The status for Prometheus and all that read its format, written by prom-client.
 *
 * The figures are a snapshot's, so each page has a registry of its own, filled and forgotten.
 * @module
 */
import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  type RegistryContentType,
  type MetricObjectWithValues,
  type MetricValueWithName,
  type MetricType,
} from "prom-client";
import { workerStates, type StatusSnapshot, type WorkerSnapshot } from "./snapshot.ts";

export interface MetricsPage {
  readonly type: string;
  readonly text: string;
}

/** `openMetrics`: OpenMetrics 1.0 instead of Prometheus' own text format. */
export async function metricsPage(status: StatusSnapshot, openMetrics: boolean): Promise<MetricsPage> {
  const registry = new Registry() as Registry<RegistryContentType>;
  registry.setContentType(openMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE);
  const metrics = new MetricWriter(registry);
  const { workers, requests, sockets } = status;

  metrics.gauge("tsgi_info", "What is running: always 1", [
    [{ application: status.application, software: status.software, state: status.state }, 1],
  ]);
  metrics.gauge("tsgi_uptime_seconds", "Time since the start", [[{}, status.uptimeSeconds]]);
  metrics.gauge("tsgi_generation", "1, and one more with each reload", [[{}, status.generation]]);
  metrics.gauge("tsgi_workers_wanted", "Workers that there are to be", [[{}, workers.wanted]]);
  metrics.gauge("tsgi_workers", "Workers by state", countStates(workers.list));
  metrics.gauge("tsgi_workers_ready", "Workers that accept connections", [[{}, workers.ready]]);
  metrics.gauge("tsgi_workers_busy", "Of those, that are busy or blocked", [[{}, workers.busy]]);
  metrics.counter("tsgi_workers_started_total", "Workers started", [[{}, workers.started]]);
  metrics.counter("tsgi_workers_crashed_total", "Workers that ended by themselves", [[{}, workers.crashed]]);
  metrics.counter("tsgi_workers_killed_total", "Workers ended by force", [[{}, workers.killed]]);
  metrics.gauge("tsgi_utilization_ratio", "Part of the time in which event loops are at work", [
    [{}, workers.utilization],
  ]);

  metrics.counter("tsgi_requests_total", "Requests begun", [[{}, requests.total]]);
  metrics.gauge("tsgi_requests_open", "Requests open", [[{}, requests.open]]);
  metrics.counter("tsgi_requests_aborted_total", "Requests without a whole answer", [[{}, requests.aborted]]);
  metrics.counter(
    "tsgi_answers_total",
    "Answers by the class of their status",
    Object.entries(requests.statuses).map(([name, count]) => [{ status: name }, count]),
  );
  metrics.counter("tsgi_connections_refused_total", "Connections refused with 503", [[{}, requests.refused]]);
  metrics.gauge("tsgi_oldest_request_seconds", "Age of the request that has been open for longest", [
    [{}, requests.oldest?.seconds ?? 0],
  ]);
  metrics.histogram(
    "tsgi_request_duration_seconds",
    "From the application's call to the end of the answer",
    status,
  );
  metrics.gauge(
    "tsgi_accept_queue",
    "Connections that wait to be accepted",
    sockets.map(({ protocol, address, waiting }) => [{ protocol, address }, waiting]),
  );

  const perWorker = [
    ["tsgi_worker_requests", "Requests begun since the worker was started", "requests"],
    ["tsgi_worker_open_requests", "Requests open in the worker", "open"],
    ["tsgi_worker_connections", "Connections open to the worker", "connections"],
    ["tsgi_worker_idle_connections", "Of those, without a request", "idleConnections"],
    ["tsgi_worker_memory_bytes", "Resident memory of the worker", "memoryOctets"],
    ["tsgi_worker_heap_bytes", "Used JavaScript heap of the worker", "heapOctets"],
    ["tsgi_worker_utilization_ratio", "Part of the time in which its event loop is at work", "utilization"],
    ["tsgi_worker_silence_seconds", "Time since the worker was last heard of", "silentSeconds"],
  ] as const;
  for (const [name, help, field] of perWorker) {
    metrics.gauge(
      name,
      help,
      workers.list.map((worker) => [{ worker: String(worker.id) }, worker[field]]),
    );
  }
  metrics.gauge(
    "tsgi_worker_lag_seconds",
    "The longest that the worker's event loop was held up in the last second",
    workers.list.map(({ id, lagMs }) => [{ worker: String(id) }, lagMs === null ? null : lagMs / 1_000]),
  );
  return { type: registry.contentType, text: await registry.metrics() };
}

type Labels = Readonly<Record<string, string>>;
/** Values with null are not known, and left out. */
type Values = ReadonlyArray<readonly [labels: Labels, value: number | null]>;

class MetricWriter {
  readonly #registers: [Registry<RegistryContentType>];

  constructor(registry: Registry<RegistryContentType>) {
    this.#registers = [registry];
  }

  gauge(name: string, help: string, values: Values): void {
    const gauge = new Gauge({ name, help, labelNames: labelNames(values), registers: this.#registers });
    for (const [labels, value] of values) if (value !== null) gauge.set(labels, value);
  }

  counter(name: string, help: string, values: Values): void {
    const counter = new Counter({ name, help, labelNames: labelNames(values), registers: this.#registers });
    for (const [labels, value] of values) if (value !== null) counter.inc(labels, value);
  }

  histogram(name: string, help: string, status: StatusSnapshot): void {
    this.#registers[0].registerMetric(new SnapshotHistogram(name, help, status.latency));
  }
}

/** A histogram whose counts come from elsewhere: prom-client's own only takes one observation at a time. */
class SnapshotHistogram extends Histogram {
  readonly #metric: MetricObjectWithValues<MetricValueWithName<string>>;

  constructor(name: string, help: string, { buckets, count, totalMs }: StatusSnapshot["latency"]) {
    super({ name, help, registers: [] });
    const value = (suffix: string, amount: number, labels: Record<string, string | number> = {}) => ({
      metricName: `${name}_${suffix}`,
      exemplar: null,
      labels,
      value: amount,
    });
    this.#metric = {
      name,
      help,
      // Its types have an enum here that is not there when it runs: what it writes is this word.
      type: "histogram" as unknown as MetricType,
      aggregator: "sum",
      collect: () => {},
      values: [
        ...buckets.map((bucket) => value("bucket", bucket.count, { le: bucket.belowMs / 1_000 })),
        value("bucket", count, { le: "+Inf" }),
        value("sum", totalMs / 1_000),
        value("count", count),
      ],
    };
  }

  override get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    return Promise.resolve(this.#metric);
  }

  /** What a registry asks for where a metric has it, and this one inherits it. */
  getForPromString(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    return this.get();
  }
}

function labelNames(values: Values): string[] {
  return Object.keys(values[0]?.[0] ?? {});
}

/** Every state, also those that no worker is in: an alert on a series that comes and goes finds nothing to compare. */
function countStates(workers: readonly WorkerSnapshot[]): Values {
  return workerStates.map((state) => [{ state }, workers.filter((worker) => worker.state === state).length]);
}
