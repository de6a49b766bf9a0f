/**
 * All connections of one server: how many there may be, the one timer for their deadlines, and their common end.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import type { Application, LogEntry } from "../bridge/index.ts";
import type { GatewayCore } from "../protocols/gateway-core.ts";
import { timerMs } from "../protocols/timer-ms.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, ConnectionOrigin, OpenRequest } from "./connection-host.ts";
import type { ServerLimits } from "./limits.ts";
import type { Transport } from "./transport.ts";

/** Connections past `maxConnections` that are still told so; beyond those a connection is closed unheard. */
const refusedAtOnce = 64;

/** How long a connection without a request is left when the server stops, for the one that it was opened for, in ms. */
const stopQuietMs = 50;

/** The same for kept ones too, when others go on at the same sockets. */
const handOverQuietMs = 200;

/** How long kept connections may go on then at most, half of the grace time if that is less: in ms. */
const lastCallMs = 5_000;

/** When kept connections get their last call after the beginning of a hand-over, in ms. */
export function lastCallAfter(graceMs: number): number {
  return Math.min(lastCallMs, graceMs / 2);
}

/** The longest time between two looks at the deadlines, in ms. */
const maxTickMs = 500;

export class ConnectionSet {
  readonly #connections = new Set<Connection>();
  readonly #host: ConnectionHost & { now: number; lastCall: boolean };
  #refusals = 0;
  #timer: NodeJS.Timeout | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(host: ConnectionHost & { now: number; lastCall: boolean }) {
    this.#host = host;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** How many carry no request. */
  get idle(): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.idle) count++;
    return count;
  }

  /** Takes over an accepted connection. */
  accept(transport: Transport, core: GatewayCore, origin: ConnectionOrigin): void {
    const tooMany = this.#connections.size - this.#host.limits.maxConnections;
    if (tooMany >= 0) {
      this.#refusals++;
      this.#host.statistics?.refuse();
    }
    if (tooMany >= refusedAtOnce) {
      transport.destroy();
      return;
    }
    if (this.#timer === undefined) this.#start();
    const application = tooMany >= 0 ? overloaded : this.#host.application;
    const connection = new Connection(transport, core, this.#host, origin, application, this);
    this.#connections.add(connection);
    transport.attach(connection);
  }

  /**
   * Ends each connection once it is idle; after `graceMs` aborts what is left. Resolves when no connection is, and no
   * body's `close` is at work, or the time is over for those.
   */
  async drain(graceMs: number, handOver: boolean): Promise<void> {
    // The tick's clock may lag behind by half a second: a connection that is in use would look quiet.
    this.#host.now = performance.now();
    for (const connection of this.#connections) connection.drain();
    const quiet = this.#closeQuiet(handOver, lastCallAfter(graceMs));
    let deadline: NodeJS.Timeout | undefined;
    const overdue = new Promise<void>((resolve) => {
      deadline = setTimeout(() => {
        for (const connection of this.#connections) connection.gone("the server is stopping");
        resolve();
      }, timerMs(graceMs));
    });
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
      });
    }
    clearInterval(quiet);
    await Promise.race([this.#host.running.none(), overdue]);
    clearTimeout(deadline);
  }

  /** Every request that is open, as far as its application has been called. */
  *openRequests(): Iterable<OpenRequest> {
    for (const connection of this.#connections) {
      for (const { exchange, startedAt } of connection.slots) {
        if (startedAt >= 0) yield { method: exchange.method, path: exchange.path, startedAt };
      }
    }
  }

  /**
   * Closes idle connections, but not at once: what the web server has sent already must be read first. A connection
   * that has just been accepted is about to bring its request. Where others go on listening, a kept one that is in use
   * waits for a pause: a web server that was sending its next request meanwhile may not repeat it.
   */
  #closeQuiet(handOver: boolean, busyMs: number): NodeJS.Timeout {
    const keptMs = handOver ? handOverQuietMs : 0;
    const freshMs = handOver ? handOverQuietMs : stopQuietMs;
    const lastCall = performance.now() + (handOver ? busyMs : 0);
    this.#host.lastCall = !handOver;
    const look = (): void => {
      if (this.#host.now >= lastCall) this.#host.lastCall = true;
      for (const connection of this.#connections) connection.closeIfQuiet(keptMs, freshMs);
    };
    // Timers come before reads: after a stall of the process every connection looks quiet, and what has come meanwhile
    // is still unread. Twice through the event loop: more may be readable than one turn takes.
    const lookAfterReads = (): void => {
      this.#host.now = performance.now();
      setImmediate(() => setImmediate(look));
    };
    if (!handOver) lookAfterReads();
    return setInterval(lookAfterReads, stopQuietMs / 2);
  }

  /** A connection is closed for good. */
  forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#tick();
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#whenEmpty?.();
  }

  #start(): void {
    this.#host.now = performance.now();
    this.#timer = setInterval(() => this.#tick(), tickMs(this.#host.limits));
    this.#timer.unref();
  }

  #tick(): void {
    this.#host.now = performance.now();
    if (this.#refusals > 0) {
      this.#host.settings.log(refusalEntry(this.#refusals, this.#host.limits.maxConnections));
      this.#refusals = 0;
    }
    for (const connection of this.#connections) connection.checkDeadlines();
  }
}

/** One line a tick, however many were refused in it. */
function refusalEntry(count: number, allowed: number): LogEntry {
  return {
    level: "error",
    code: "ERR_LIMIT_CONNECTIONS",
    message: `${count} connection(s) refused with 503: maxConnections is ${allowed} and all are in use`,
  };
}

/** Often enough for the shortest time limit, and never a busy loop. */
function tickMs(limits: ServerLimits): number {
  const shortest = Math.min(
    limits.paramsTimeoutMs,
    limits.bodyTimeoutMs,
    limits.writeTimeoutMs,
    limits.idleTimeoutMs,
    limits.stallTimeoutMs,
    limits.requestTimeoutMs,
    limits.halfCloseMs,
  );
  return Math.min(Math.max(shortest / 4, 10), maxTickMs);
}

/** Overload is a real answer: END_REQUEST with FCGI_OVERLOADED alone is an empty 200 behind Apache (W6). */
const overloaded: Application = (_environ, startResponse) => {
  startResponse("503 Service Unavailable", [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Retry-After", "1"],
  ]);
  return [Buffer.from("Service Unavailable: too many connections.\n")];
};
