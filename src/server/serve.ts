/**
 * `serve`: listens at any number of addresses and hosts one application there.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import {
  checkExtraPairs,
  createBlockPool,
  formatLogEntry,
  parseScriptName,
  type AccessLogEntry,
  type Application,
  type LogEntry,
  type NamedRequest,
} from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { chooseLimits } from "../protocols/choose-limits.ts";
import { formatAddress, parseAddress, type Address } from "../protocols/address.ts";
import type { GatewayRole } from "../protocols/gateway-core.ts";
import { applicationCores, type CoreSettings, type ServerProtocol } from "./application-cores.ts";
import type { ConnectionHost, ConnectionOrigin, OpenRequest } from "./connection-host.ts";
import { ConnectionSet, lastCallAfter } from "./connection-set.ts";
import { HttpHost } from "./http-host.ts";
import { inheritedAddresses } from "./inherited-sockets.ts";
import { serverLimits, type ServerLimits } from "./limits.ts";
import { createPeerGuards } from "./peer-guard.ts";
import { RequestLog } from "./request-log.ts";
import { RunningExchanges } from "./running-exchanges.ts";
import { listen, type Listener, type ListenOptions } from "./listen.ts";
import type { RequestStatistics } from "./statistics.ts";
import type { Transport } from "./transport.ts";

/**
 * Blocks kept for reuse: 256 of 64 KiB bound the pool to 16 MiB, what 64 answers at their high-water mark hold. Measured:
 * with 32, eight streams at once freed and made blocks all the time, 17 % of their CPU.
 */
const keptBlocks = 256;

/** One address or several, as text (`unix:/path`, `host:port`, `:port`, `[::1]:port`, `fd:N`, `systemd:NAME`). */
export type Addresses = string | Address | ReadonlyArray<string | Address>;

export interface ServeOptions extends Partial<ServerLimits>, ListenOptions {
  /** Where to listen for FastCGI. */
  readonly fastcgi?: Addresses;
  /** Where to listen for SCGI. */
  readonly scgi?: Addresses;
  /** Where to listen for HTTP/1.1: for development, tests and embedding, as wsgiref.simple_server is for Python. */
  readonly http?: Addresses;
  /** FastCGI roles to accept; others are answered FCGI_UNKNOWN_ROLE. Default: responder, authorizer, filter. */
  readonly roles?: readonly GatewayRole[];
  /** Unset: SCRIPT_NAME and PATH_INFO as sent. A string: both are split again at this mount ("" or "/app"). */
  readonly scriptName?: string;
  /** Pairs put over the web server's variables in every environ. */
  readonly environ?: Readonly<Record<string, string>>;
  /** Error pages show the stack. Default false. */
  readonly debug?: boolean;
  /** Not here: `serve` has a function, workers load a module. `tsgi serve MODULE --workers N` is for that. */
  readonly workers?: undefined;
  /** `wsgi.multiprocess`: other processes serve the same application. Default false. */
  readonly multiprocess?: boolean;
  /** `call` is called once, when the request of that number has begun. */
  readonly afterRequests?: { readonly count: number; call(): void };
  /** Counts requests and times their answers from here on. Default: nothing is counted. */
  readonly statistics?: RequestStatistics;
  /** The error log. Default: a line on standard error. */
  readonly log?: (entry: LogEntry) => void;
  /** Told of every answered request, once its answer has ended. Default: nobody, which costs nothing. */
  readonly accessLog?: (entry: AccessLogEntry) => void;
  /** A request that takes longer, in ms, is logged as a warning, once. Default: none is. */
  readonly slowRequestMs?: number;
  /** Where `wsgi.errors` goes besides FCGI_STDERR. Default: standard error. */
  readonly writeErrors?: (text: string) => void;
}

export type { OpenRequest };

/** A running server. */
export interface GatewayServer {
  /** Where it listens, FastCGI first, then SCGI and HTTP, each in the order of its option, with the ports chosen for port 0. */
  readonly addresses: ReadonlyArray<{
    readonly protocol: ServerProtocol | "http";
    readonly address: Address;
  }>;
  /** Connections open now. */
  readonly connections: number;
  /** Those of them that carry no request. HTTP connections are counted as long as they are open, so not here. */
  readonly idleConnections: number;
  /**
   * Stops listening, lets requests that have begun finish for up to `graceMs` (default 30,000), aborts the rest.
   * Kept connections without a request are closed at once. Resolves when everything is closed.
   */
  close(options?: CloseOptions): Promise<void>;
  /** Requests that have begun since it was started. */
  readonly requests: number;
  /** Those that are open now, in no particular order. */
  openRequests(): OpenRequest[];
  /**
   * Logs each open request that takes longer than `slowRequestMs` and has not been logged. A timer does it as well; this
   * is for who knows where the application's JavaScript is: `stack`, a line a call, and the request that it is there for
   * (all of them, if that is not known).
   */
  reportSlow(stack?: string, request?: NamedRequest): void;
}

export interface CloseOptions {
  /** How long requests that have begun may go on, in ms. Default 30,000. */
  readonly graceMs?: number;
  /**
   * Others go on listening at the same sockets: a connection that the web server has kept goes on until it can be
   * closed without losing a request that is just being sent. That is when it has been silent for a moment; at once
   * where the web server can be told; after 5 seconds, or half of `graceMs`, in any case. One that is kept over HTTP
   * stays as long for one more request, whose answer says that it was the last. Default false: at once.
   */
  readonly handOver?: boolean;
}

/**
 * Hosts an application.
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS, ERR_CONFIG_LISTEN
 */
export async function serve(application: Application, options: ServeOptions): Promise<GatewayServer> {
  if (typeof application !== "function") {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `serve() got ${application === null ? "null" : typeof application} for an application: it takes a function (environ, startResponse)`,
    );
  }
  if (options.workers !== undefined) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      "serve() got `workers`, and a function cannot be passed to another process: use tsgi serve MODULE --workers N",
    );
  }
  const limits = chooseLimits(serverLimits, options);
  // Now, rather than with the first request.
  if (options.scriptName !== undefined) parseScriptName(options.scriptName);
  if (options.environ !== undefined) checkExtraPairs(options.environ);
  const protocols = Object.keys(applicationCores) as ServerProtocol[];
  const places = protocols.flatMap((protocol) =>
    toAddresses(options[protocol]).map((address) => ({ protocol, address })),
  );
  const httpAddresses = toAddresses(options.http);
  if (places.length + httpAddresses.length === 0) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      'serve() got no address: name one, for example { fastcgi: "unix:/run/app.sock" }',
    );
  }
  const host = createHost(application, options, limits);
  const connections = new ConnectionSet(host);
  const cores: CoreSettings = { pool: host.pool, limits, roles: options.roles };
  const listeners: Array<Listener & { readonly protocol: ServerProtocol }> = [];
  const guards = await createPeerGuards(options.allow, host.settings.log);
  const http = new HttpHost(host, guards.others);
  try {
    for (const { protocol, address } of places) {
      let origin = originOf(protocol, address);
      const createCore = applicationCores[protocol];
      const accept = (transport: Transport): void => connections.accept(transport, createCore(cores), origin);
      const listener = await listen(
        address,
        options,
        accept,
        protocol === "fastcgi" ? guards.fastcgi : guards.others,
      );
      // Only now is it known what an inherited descriptor is.
      origin = originOf(protocol, listener.address);
      listeners.push({ ...listener, protocol });
    }
    for (const address of httpAddresses) await http.listen(address, options);
  } catch (error) {
    await Promise.all([...listeners.map((listener) => listener.close()), http.close(0)]);
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    addresses: [
      ...listeners.map(({ protocol, address }) => ({ protocol, address })),
      ...http.addresses.map((address) => ({ protocol: "http" as const, address })),
    ],
    get connections() {
      return connections.size + http.connections;
    },
    get idleConnections() {
      return connections.idle;
    },
    get requests() {
      return host.running.total;
    },
    openRequests: () => [...connections.openRequests(), ...http.openRequests()],
    reportSlow: (stack, request) => host.requestLog?.reportSlow(stack, request),
    close: ({ graceMs = 30_000, handOver = false } = {}) => {
      host.draining = true;
      closing ??= Promise.all([
        ...listeners.map((listener) => listener.close()),
        connections.drain(graceMs, handOver),
        http.close(graceMs, handOver ? lastCallAfter(graceMs) : 0),
      ]).then(() => guards.fastcgi?.flush());
      return closing;
    },
  };
}

function originOf(protocol: ServerProtocol, address: Address): ConnectionOrigin {
  return { protocol, address: formatAddress(address), unix: address.kind === "unix" };
}

/** What the connections of a server share. */
export function createHost(
  application: Application,
  options: ServeOptions,
  limits: ServerLimits,
): ConnectionHost & {
  now: number;
  draining: boolean;
  lastCall: boolean;
  readonly requestLog: RequestLog | undefined;
} {
  const log = options.log ?? ((entry) => void process.stderr.write(formatLogEntry(entry)));
  const requestLog = createRequestLog(options, log);
  return {
    application,
    limits,
    requestLog,
    pool: createBlockPool(keptBlocks),
    running: new RunningExchanges(options.afterRequests?.count, options.afterRequests?.call),
    statistics: options.statistics,
    now: performance.now(),
    draining: false,
    lastCall: false,
    settings: {
      ...(options.scriptName === undefined ? {} : { scriptName: options.scriptName }),
      ...(options.environ === undefined ? {} : { environ: options.environ }),
      multithread: true,
      multiprocess: options.multiprocess ?? false,
      runOnce: false,
      debug: options.debug ?? false,
      maxBodyOctets: limits.maxBodyOctets,
      bodyHighWaterOctets: limits.bodyHighWaterOctets,
      ...(requestLog === undefined ? {} : { observer: requestLog }),
      log,
      writeErrors: options.writeErrors ?? ((text) => void process.stderr.write(text)),
    },
  };
}

function createRequestLog(
  { accessLog, slowRequestMs = Infinity }: ServeOptions,
  log: (entry: LogEntry) => void,
): RequestLog | undefined {
  if (!(slowRequestMs > 0)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `slowRequestMs is ${String(slowRequestMs)}: expected a number of milliseconds above 0`,
    );
  }
  if (accessLog === undefined && slowRequestMs === Infinity) return undefined;
  return new RequestLog({ accessLog, slowRequestMs, log });
}

function toAddresses(addresses: Addresses | undefined): Address[] {
  if (addresses === undefined) return [];
  const list: ReadonlyArray<string | Address> =
    typeof addresses === "string" || !Array.isArray(addresses) ? [addresses as string | Address] : addresses;
  return list
    .map((address) => (typeof address === "string" ? parseAddress(address) : address))
    .flatMap((address) => inheritedAddresses(address));
}
