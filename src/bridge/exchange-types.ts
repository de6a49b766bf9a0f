/**
 * What the bridge and whatever carries its requests (a socket's connection driver, CGI's stdin and stdout, a test)
 * need of each other. The carrier gives an Exchange a request and a sink; the Exchange drives the application.
 * @module
 */
import type { ErrorCode } from "../errors/index.ts";
import type { GatewayRole } from "../protocols/gateway-core.ts";
import type { ParamsBlock } from "../protocols/params-block.ts";
import type { AccessLogEntry } from "./access-log-format.ts";
import type { HeaderList, ProtocolName } from "./types.ts";

/** One request as a protocol core decoded it. */
export interface GatewayRequest {
  readonly protocol: ProtocolName;
  readonly role: GatewayRole;
  /** Read at once: the block need not outlive the Exchange's constructor. */
  readonly params: ParamsBlock;
}

/** Where an Exchange puts the answer. All calls are made in order and none after `end`. */
export interface ResponseSink {
  /** The response head, once, before any body. */
  head(status: string, headers: Readonly<HeaderList>): void;
  /**
   * A chunk of the body. It must stay as it is until the sink has room again: large chunks are not copied.
   * False: at the high-water mark, await `drained()`.
   */
  body(octets: Uint8Array): boolean;
  /** What was given so far must be on its way before the application makes the next chunk (PEP 3333 S9, S77). */
  flush(): void;
  /** Resolves below the high-water mark; rejects with RequestAbortedError once the peer has gone. */
  drained(): Promise<void>;
  /** Text for FCGI_STDERR or its like; a no-op where the protocol has none. Bounded by dropping. */
  errors(text: string): void;
  /** The answer is over. Incomplete: the web server must be able to see that it was cut short. */
  end(complete: boolean): void;
}

/** A line (or a few, when it carries a stack) for the error log. Never holds raw control characters of a request. */
export interface LogEntry {
  readonly level: "error" | "warning" | "info" | "debug";
  readonly message: string;
  readonly code?: ErrorCode;
  /** The thrown value, when an application's exception is being reported. */
  readonly error?: unknown;
  /** Where the application's JavaScript was, a line a call, when that is what is reported. */
  readonly stack?: string;
}

/** How one request was answered, as its access log entry says it; time is the watcher's business. */
export type AnswerFacts = Omit<AccessLogEntry, "startedAt" | "durationMs" | "user">;

/** A request that is watched. */
export interface NamedRequest {
  /** Both safe to print. */
  readonly method: string;
  readonly path: string;
}

/** Watches one request. */
export interface RequestWatch {
  /** What the application may find at `tsgi.access_log`, and tell the access log by. */
  readonly notes: { user?: string };
  /** The answer has ended, or will never: called once. */
  ended(facts: AnswerFacts): void;
}

/** Told of every request, for access and slow logs. None of its methods throws. */
export interface RequestObserver {
  /** A request has come. It may be asked for its name from the end of this call on. */
  began(request: NamedRequest): RequestWatch;
}

/** What all requests of one server share. */
export interface ExchangeSettings {
  /** Unset: SCRIPT_NAME and PATH_INFO as sent. A string: SCRIPT_NAME + PATH_INFO is split again at this mount. */
  readonly scriptName?: string;
  /** Name-value pairs put over the web server's variables (PEP 3333 S97; flup's `environ` option). */
  readonly environ?: Readonly<Record<string, string>>;
  readonly multithread: boolean;
  readonly multiprocess: boolean;
  readonly runOnce: boolean;
  /** Error pages show the stack. Off unless switched on. */
  readonly debug: boolean;
  /** The largest request body in octets; 413 beyond. Infinity: as much as the web server sends. */
  readonly maxBodyOctets: number;
  /** Octets of unread body held before the socket is left unread. */
  readonly bodyHighWaterOctets: number;
  /** Undefined where nobody logs requests: then they cost nothing. */
  readonly observer?: RequestObserver;
  /** The error log. */
  log(entry: LogEntry): void;
  /** Where `wsgi.errors` goes besides the protocol's own error stream. */
  writeErrors(text: string): void;
}
