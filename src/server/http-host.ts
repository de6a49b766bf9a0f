/**
 * HTTP/1.1 straight to an application, on node:http: what wsgiref.simple_server is to Python.
 *
 * For development, tests and embedding. It has no TLS, no HTTP/2 and serves no files; what faces the internet is the
 * web server's job. One request is the bridge's HttpExchange.
 * @module
 */
import { Server, ServerResponse, type IncomingMessage } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import { HttpExchange, httpRefusalEntry, refuseHttpRequest, type HttpExchangeHost } from "../bridge/index.ts";
import { LimitExceededError } from "../errors/index.ts";
import type { Address } from "../protocols/address.ts";
import { timerMs } from "../protocols/timer-ms.ts";
import type { ConnectionHost, OpenRequest } from "./connection-host.ts";
import { requestTooLong } from "./deadlines.ts";
import { listenWith, type Listener, type ListenOptions } from "./listen.ts";
import type { PeerGuard } from "./peer-guard.ts";
import { RefusalCount } from "./refusal-count.ts";
import type { RequestStatistics } from "./statistics.ts";

/** The longest time between two looks at requests whose head does not come, in ms. */
const maxCheckMs = 500;

/** Whose `close` leaves idle connections alone: node:http closes them at once, also when a request is on its way. */
class HttpServer extends Server {
  /** Hears what node:http refuses by itself. It still answers that as it does without a listener. */
  onRefusal: (error: Error, socket: unknown) => void = () => {};

  override emit(event: string, ...values: unknown[]): boolean {
    if (event === "clientError" && values[0] instanceof Error) this.onRefusal(values[0], values[1]);
    return super.emit(event, ...values);
  }

  override close(callback?: (error?: Error) => void): this {
    NetServer.prototype.close.call(this, callback);
    return this;
  }

  /** Closes idle connections, and ends the timer that node:http checks connections by. */
  closeIdle(): void {
    super.close();
  }
}

/** Every HTTP listener of one server, and the requests that came in there. */
export class HttpHost {
  readonly #host: ConnectionHost;
  readonly #exchangeHost: HttpExchangeHost;
  readonly #guard: PeerGuard | undefined;
  readonly #servers: HttpServer[] = [];
  readonly #listeners: Listener[] = [];
  /** What is open, and since when. */
  readonly #requests = new Map<HttpExchange, number>();
  #connections = 0;
  #closing = false;
  /** Idle connections are closed, and no more waited for. */
  #quiet = false;
  #whenEmpty: () => void = () => {};
  /** What node:net has closed. */
  readonly #dropped: RefusalCount;

  /** @param guard - decides who may connect over TCP; undefined: everybody */
  constructor(host: ConnectionHost, guard?: PeerGuard) {
    this.#host = host;
    const { application, settings, limits, statistics } = host;
    const shared = { application, settings, limits };
    this.#exchangeHost = statistics === undefined ? shared : { ...shared, ended: this.#count(statistics) };
    this.#guard = guard;
    this.#dropped = new RefusalCount((count) => {
      const message = `http: ${count} connection(s) closed unheard: maxConnections is ${limits.maxConnections} and all are in use`;
      settings.log({ level: "error", code: "ERR_LIMIT_CONNECTIONS", message });
    });
  }

  /** Where it listens, in the order of the calls. */
  get addresses(): Address[] {
    return this.#listeners.map(({ address }) => address);
  }

  /** Connections open now. */
  get connections(): number {
    return this.#connections;
  }

  /** @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on */
  async listen(address: Address, options: ListenOptions): Promise<void> {
    const server = this.#createServer();
    const listener = await listenWith(server, address, options);
    server.onRefusal = this.#logRefusal(listener.address);
    if (this.#guard !== undefined && listener.address.kind !== "unix")
      refuseStrangers(server, this.#guard, listener.address);
    this.#listeners.push(listener);
    this.#servers.push(server);
  }

  /** Takes over a connection that nobody listened for. */
  accept(socket: Socket): void {
    let [server] = this.#servers;
    if (server === undefined) this.#servers.push((server = this.#createServer()));
    server.emit("connection", socket);
  }

  #createServer(): HttpServer {
    const { limits } = this.#host;
    const server = new HttpServer({
      noDelay: true,
      headersTimeout: limits.paramsTimeoutMs,
      // A body may take as long as it likes as long as it comes: `bodyTimeoutMs` bounds its silence.
      requestTimeout: 0,
      keepAliveTimeout: limits.idleTimeoutMs,
      // What it would refuse by this is refused in a way that is logged.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(Math.max(Math.ceil(limits.paramsTimeoutMs / 4), 10), maxCheckMs),
    });
    server.onRefusal = this.#logRefusal(undefined);
    server.maxConnections = limits.maxConnections;
    // One more, so that it can be told from what is allowed.
    server.maxHeadersCount = limits.maxParams + 1;
    server.on("connection", (socket) => {
      this.#connections++;
      socket.once("close", () => {
        if (--this.#connections === 0) this.#whenEmpty();
      });
    });
    server.on("request", (request, response) => this.#open(server, request, response, false));
    server.on("checkContinue", (request, response) => this.#open(server, request, response, true));
    server.on("checkExpectation", (request, response) => this.#open(server, request, response, false));
    server.on("connect", (request, socket) =>
      this.#open(server, request, responseOn(socket as Socket, request), false),
    );
    server.on("drop", () => {
      this.#host.statistics?.refuse();
      this.#dropped.add();
    });
    return server;
  }

  #logRefusal(address: Address | undefined): HttpServer["onRefusal"] {
    return (error, socket) => {
      const entry = httpRefusalEntry(error, address);
      if (entry === undefined) return;
      const hit = [...this.#requests.keys()].filter((request) => request.cameOver(socket));
      const [first] = hit.flatMap(({ label }) => label ?? []);
      const consequence = first === undefined ? "" : `; this ends ${first.method} ${first.path}`;
      this.#host.settings.log({ ...entry, message: `${entry.message}${consequence}` });
      for (const request of hit) request.blame(error);
    };
  }

  /** Every request that is open. */
  openRequests(): OpenRequest[] {
    return [...this.#requests].flatMap(([{ label }, startedAt]) =>
      label === undefined ? [] : { method: label.method, path: label.path, startedAt },
    );
  }

  /**
   * Takes no more requests, lets those that have begun finish for up to `graceMs`, aborts the rest.
   * @param keptMs - how long kept connections may stay for one more request, which is answered `Connection: close`
   */
  async close(graceMs: number, keptMs: number = 0): Promise<void> {
    this.#closing = true;
    const closed = this.#listeners.map((listener) => listener.close());
    const closeIdle = (): void => {
      this.#quiet = true;
      for (const server of this.#servers) server.closeIdle();
    };
    // Timers come before reads: what came during a stall of the process is read first.
    const afterReads = (): void => void setImmediate(() => setImmediate(closeIdle));
    const quiet = keptMs > 0 ? setTimeout(afterReads, keptMs) : undefined;
    if (quiet === undefined) closeIdle();
    const deadline = setTimeout(() => {
      for (const request of this.#requests.keys()) request.abort("the server is stopping");
      for (const server of this.#servers) server.closeAllConnections();
    }, timerMs(graceMs));
    await Promise.all(closed);
    // A server has closed as soon as its sockets are about to.
    if (this.#connections > 0) await new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    clearTimeout(deadline);
    clearTimeout(quiet);
    if (!this.#quiet) closeIdle();
    this.#dropped.flush();
  }

  #open(server: Server, request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    if (this.#closing) response.shouldKeepAlive = false;
    const open = new HttpExchange(request, response, expectsContinue, this.#exchangeHost);
    this.#requests.set(open, performance.now());
    // A body's close() may still be at work when its answer has ended.
    this.#host.running.began();
    open.onFinished = this.#host.running.finished;
    const refused = refuseHttpRequest(request, this.#host.limits.maxParams);
    const timer = refused === undefined ? this.#limitTime(open) : undefined;
    response.once("close", () => {
      clearTimeout(timer);
      this.#requests.delete(open);
      // node:http closes what is idle when asked to close, not what becomes idle afterwards.
      if (this.#quiet) setImmediate(() => server.closeIdleConnections());
    });
    if (refused === undefined) return open.start();
    response.shouldKeepAlive = false;
    open.refuse(refused.error, refused.status);
  }

  #count(statistics: RequestStatistics): NonNullable<HttpExchangeHost["ended"]> {
    return (exchange, status, complete) => {
      if (status === undefined) statistics.abort();
      else
        statistics.ended({ status, startedAt: this.#requests.get(exchange) ?? performance.now() }, complete);
    };
  }

  #limitTime(request: HttpExchange): NodeJS.Timeout | undefined {
    const allowed = this.#host.limits.requestTimeoutMs;
    if (allowed === Infinity) return undefined;
    return setTimeout(() => {
      const took = performance.now() - (this.#requests.get(request) ?? 0);
      const text = requestTooLong(took, allowed);
      request.expire(
        new LimitExceededError("ERR_LIMIT_REQUEST_TIME", "requestTimeoutMs", allowed, took, text),
      );
    }, allowed);
  }
}

/** What answers a CONNECT, which node:http leaves alone. */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  socket.on("error", () => {});
  response.assignSocket(socket);
  response.once("finish", () => socket.destroySoon());
  return response;
}

/** Before node:http looks at a connection. */
function refuseStrangers(server: Server, guard: PeerGuard, address: Address): void {
  server.prependListener("connection", (socket: Socket) => {
    if (!guard.admits(socket.remoteAddress, address)) socket.destroy();
  });
}
