/**
 * `--status` where there is no master: the one process serves its own pages, and is silent while it is blocked.
 * @module
 */
import { performance } from "node:perf_hooks";
import { formatAddress, type Address } from "../protocols/address.ts";
import type { GatewayServer, RequestStatistics } from "../server/index.ts";
import {
  serveStatus,
  StatusBook,
  WorkerProbe,
  type ServiceFacts,
  type StatusServer,
  type StatusSource,
} from "../status/index.ts";
import { softwareName } from "./package-version.ts";

const reportMs = 1_000;

/** The one process, shown as a worker. */
export class ProcessStatus implements StatusSource {
  /** The server is about to stop. */
  stopping = false;
  readonly #server: GatewayServer;
  readonly #application: string;
  readonly #probe: WorkerProbe;
  readonly #book: StatusBook = new StatusBook(performance.now());
  readonly #startedAt: number = performance.now();
  readonly #timer: NodeJS.Timeout;
  #pages: StatusServer | undefined;

  constructor(server: GatewayServer, statistics: RequestStatistics, application: string) {
    this.#server = server;
    this.#application = application;
    this.#probe = new WorkerProbe(statistics);
    this.#report();
    this.#timer = setInterval(() => this.#report(), reportMs);
  }

  /**
   * Serves the pages.
   * @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on
   */
  async open(address: Address): Promise<Address> {
    this.#pages = await serveStatus(this, address);
    return this.#pages.address;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#pages?.close();
  }

  isAvailable(): boolean {
    return !this.stopping;
  }

  snapshot(): Promise<ReturnType<StatusBook["snapshot"]>> {
    return Promise.resolve(this.#book.snapshot(this.#facts(), performance.now(), new Date()));
  }

  #report(): void {
    const server = this.#server;
    const totals = {
      requests: server.requests,
      running: server.openRequests().length,
      memoryOctets: process.memoryUsage.rss(),
    };
    const now = performance.now();
    this.#book.report(1, totals, this.#probe.take(server), now);
    this.#book.sample(this.#facts(), now);
  }

  #facts(): ServiceFacts {
    return {
      application: this.#application,
      software: softwareName(),
      pid: process.pid,
      state: this.stopping ? "stopping" : "running",
      generation: 1,
      wanted: 1,
      started: 1,
      crashed: 0,
      killed: 0,
      workers: [
        {
          id: 1,
          pid: process.pid,
          generation: 1,
          phase: this.stopping ? "draining" : "ready",
          ageMs: performance.now() - this.#startedAt,
          silentMs: 0,
          patienceMs: 2 * reportMs,
        },
      ],
      // Whoever asks is answered by the event loop that accepts: it has just done so.
      sockets: this.#server.addresses.map(({ protocol, address }) => ({
        protocol,
        address: formatAddress(address),
        waiting: null,
      })),
    };
  }
}
