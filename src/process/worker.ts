/**
 * A worker: loads the application, then accepts on the sockets that the master holds, until it is told to stop.
 *
 * It listens only once the application has loaded, so nobody waits for that. When the master has gone, it finishes
 * what it has begun and ends: nothing would restart it, and its sockets may be somebody else's next.
 * @module
 */
import { Socket } from "node:net";
import { RequestStatistics, serve, type GatewayServer, type ServeOptions } from "../server/index.ts";
import { oldestOf, WorkerProbe, type BlockedFigures } from "../status/index.ts";
import type { FailureCause } from "./decision-types.ts";
import { LineChannel } from "./line-channel.ts";
import { workerDescriptor, type MasterMessage, type StartMessage, type WorkerMessage } from "./messages.ts";
import { startWatchdog } from "./watchdog.ts";

/** What a worker hosts. */
export interface WorkerApplication {
  readonly application: Parameters<typeof serve>[0];
  /** All but the addresses. */
  readonly options: Omit<ServeOptions, "fastcgi" | "scgi" | "http"> & Required<Pick<ServeOptions, "log">>;
  /** Its log files. */
  readonly logs?: WorkerLogs;
}

export interface WorkerLogs {
  /** USR1: they have been moved away. */
  reopen(): void;
  /** The worker ends: writes what waits. */
  close(): Promise<void>;
}

export interface WorkerDuties {
  /** Loads the application. What it rejects with is reported as the reason why it did not load. */
  load(start: StartMessage): Promise<WorkerApplication>;
  /** How a load that failed is told, in one line; lines below it may hold a stack. */
  describeFailure(error: unknown, start: StartMessage): string;
}

/** How long requests may go on when the master has died without a word, in ms. */
const orphanGraceMs = 30_000;

/** Is the worker of this process. Never returns to the caller: the process ends. */
export function runWorker(duties: WorkerDuties): void {
  const worker = new Worker(duties);
  worker.listenToMaster();
}

class Worker {
  readonly #duties: WorkerDuties;
  readonly #channel: LineChannel;
  #server: GatewayServer | undefined;
  #hosted: WorkerApplication | undefined;
  #probe: WorkerProbe | undefined;
  #stopping = false;
  #retired = false;

  constructor(duties: WorkerDuties) {
    this.#duties = duties;
    const socket = new Socket({ fd: workerDescriptor.channel });
    this.#channel = new LineChannel(socket, {
      line: (text) => this.#receive(JSON.parse(text) as MasterMessage),
      end: () => void this.#stop(false, orphanGraceMs),
    });
  }

  listenToMaster(): void {
    // A terminal sends these to master and workers alike, and the master then tells the workers what to do.
    for (const name of ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)
      process.on(name, () => {});
    process.on("SIGTERM", () => this.#retire("somebody sent it TERM"));
  }

  #receive(message: MasterMessage): void {
    switch (message.type) {
      case "start":
        void this.#load(message);
        break;
      case "drain":
        void this.#stop(message.handOver, message.graceMs);
        break;
      case "reopen":
        this.#hosted?.logs?.reopen();
        break;
      default:
        message satisfies never;
    }
  }

  async #load(start: StartMessage): Promise<void> {
    startWatchdog(
      {
        openRequests: () => this.#openRequests(),
        slow: (stack, inside) => this.#server?.reportSlow(stack, inside),
        blocked: () => this.#blocked(),
      },
      // As the status pages see it: two reports have not come.
      { slowMs: start.slowRequestMs ?? Infinity, blockedMs: start.figures ? 2 * start.reportMs : Infinity },
    );
    let cause: FailureCause = "application";
    const begun = performance.now();
    try {
      this.#hosted = await this.#duties.load(start);
      cause = "worker";
      this.#server = await this.#listen(start, this.#hosted);
    } catch (error) {
      this.#send({ type: "load-failed", cause, message: this.#duties.describeFailure(error, start) });
      await this.#channel.flushed();
      process.exit(1);
    }
    const took = Math.round(performance.now() - begun);
    this.#hosted.options.log({ level: "debug", message: `serves, ${took} ms after it was told to` });
    this.#send({ type: "ready" });
    setInterval(() => this.#report(), start.reportMs);
    this.#report();
  }

  #listen(start: StartMessage, { application, options }: WorkerApplication): Promise<GatewayServer> {
    const addresses: Record<string, Array<{ kind: "fd"; fd: number; of: never }>> = {};
    const statistics = start.figures ? new RequestStatistics() : undefined;
    if (statistics !== undefined) this.#probe = new WorkerProbe(statistics);
    for (const { protocol, fd, address } of start.sockets) {
      (addresses[protocol] ??= []).push({ kind: "fd", fd, of: address as never });
    }
    return serve(application, {
      ...options,
      ...addresses,
      multiprocess: start.multiprocess,
      ...(statistics === undefined ? {} : { statistics }),
      ...(start.maxRequests === null
        ? {}
        : { afterRequests: { count: start.maxRequests, call: () => this.#report() } }),
      log: (entry) => {
        options.log(entry);
        // What it waits for may be held by this process for ever.
        if (entry.code === "ERR_LIMIT_REQUEST_TIME")
          this.#retire("a request took longer than the request timeout");
      },
    });
  }

  #retire(reason: string): void {
    if (this.#retired || this.#stopping) return;
    this.#retired = true;
    this.#send({ type: "retire", reason });
  }

  #report(): void {
    const server = this.#server;
    // One that stops is only reported for the pages that show it.
    if (server === undefined || (this.#stopping && this.#probe === undefined)) return;
    const report = {
      requests: server.requests,
      running: server.openRequests().length,
      memoryOctets: process.memoryUsage.rss(),
      ...(this.#probe === undefined ? {} : { figures: this.#probe.take(server) }),
    };
    this.#send({ type: "report", report });
  }

  async #stop(handOver: boolean, graceMs: number): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const open = this.#server?.openRequests().length ?? 0;
    const { connections = 0 } = this.#server ?? {};
    this.#hosted?.options.log({
      level: "debug",
      message: `stops, with ${open} open request(s) on ${connections} connection(s)`,
    });
    await this.#server?.close({ graceMs, handOver });
    if (this.#probe !== undefined) {
      this.#report();
      await this.#channel.flushed();
    }
    await this.#hosted?.logs?.close();
    // The application's own timers and sockets must not keep a stopped worker alive.
    process.exit(0);
  }

  #openRequests(): string {
    const now = performance.now();
    const open = this.#server?.openRequests() ?? [];
    const newest = open.toSorted((a, b) => b.startedAt - a.startedAt).slice(0, maxNamed);
    const named = newest.map(
      ({ method, path, startedAt }) => `${method} ${path} (${Math.round(now - startedAt)} ms)`,
    );
    if (open.length > named.length) named.push(`and ${open.length - named.length} more`);
    return named.join(", ");
  }

  #blocked(): Omit<BlockedFigures, "inside"> {
    const server = this.#server;
    if (server === undefined) return { running: 0, oldest: null };
    return { running: server.openRequests().length, oldest: oldestOf(server) };
  }

  #send(message: WorkerMessage): void {
    this.#channel.send(message);
  }
}

/** So many open requests are named beside a stack. */
const maxNamed = 8;
