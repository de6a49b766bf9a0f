/**
 * Access log and slow log of one server: an entry for each answered request, and one line for each that takes too long.
 *
 * It formats and writes nothing itself. A server without either has no RequestLog, and its requests are not watched.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import type {
  AccessLogEntry,
  AnswerFacts,
  LogEntry,
  NamedRequest,
  RequestObserver,
  RequestWatch,
} from "../bridge/index.ts";

/** The longest time between two looks at requests that may have become slow, in ms. */
const longestLookMs = 500;

export interface RequestLogOptions {
  /** Takes the entry of an answered request. */
  readonly accessLog: ((entry: AccessLogEntry) => void) | undefined;
  /** A request that takes longer is logged; Infinity: none is. */
  readonly slowRequestMs: number;
  readonly log: (entry: LogEntry) => void;
}

export class RequestLog implements RequestObserver {
  readonly #options: RequestLogOptions;
  /** In the order in which they came. Empty where slow requests are not looked for. */
  readonly #open = new Set<Watch>();
  #timer: NodeJS.Timeout | undefined;
  #complained = false;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  began(request: NamedRequest): RequestWatch {
    const watch = new Watch(this, request);
    if (this.#options.slowRequestMs !== Infinity) this.#await(watch);
    return watch;
  }

  /**
   * Logs each open request that has become slow, once.
   * @param stack - where the application's JavaScript is, a line a call, when it is known
   * @param inside - the request that it is there for, when it is known: others just wait for it
   */
  reportSlow(stack?: string, inside?: NamedRequest): void {
    const now = performance.now();
    for (const watch of this.#open) {
      const took = now - watch.startTicks;
      // Those behind it came later.
      if (took < this.#options.slowRequestMs) return;
      if (watch.reported) continue;
      const { method, path } = watch.request;
      const isThere = inside === undefined || (inside.method === method && inside.path === path);
      this.#report(
        watch,
        `slow request: no answer after ${Math.round(took)} ms`,
        isThere ? stack : undefined,
      );
    }
  }

  /** @internal */
  ended(watch: Watch, facts: AnswerFacts): void {
    const durationMs = performance.now() - watch.startTicks;
    const { accessLog, slowRequestMs } = this.#options;
    if (slowRequestMs !== Infinity) {
      this.#open.delete(watch);
      if (durationMs >= slowRequestMs && !watch.reported) {
        this.#report(watch, `slow request: it took ${Math.round(durationMs)} ms`, undefined);
      }
      if (this.#open.size === 0) this.#stopLooking();
    }
    try {
      if (accessLog === undefined) return;
      const { environ, status, headers, octets, aborted } = facts;
      const { startedAt } = watch;
      // Measured: `{ ...facts }` costs 3 us.
      accessLog({ environ, status, headers, octets, startedAt, durationMs, aborted, user: watch.notes.user });
    } catch (error) {
      // Once: it would be a line for each request.
      if (!this.#complained) this.#say({ level: "error", message: "the access log threw", error });
      this.#complained = true;
    }
  }

  #await(watch: Watch): void {
    this.#open.add(watch);
    if (this.#timer !== undefined) return;
    const every = Math.min(Math.max(this.#options.slowRequestMs / 4, 10), longestLookMs);
    this.#timer = setInterval(() => this.reportSlow(), every);
    this.#timer.unref();
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #report(watch: Watch, text: string, stack: string | undefined): void {
    watch.reported = true;
    const { method, path } = watch.request;
    const entry: LogEntry = { level: "warning", message: `${method} ${path}: ${text}` };
    this.#say(stack === undefined ? entry : { ...entry, stack });
  }

  #say(entry: LogEntry): void {
    try {
      this.#options.log(entry);
    } catch {
      // A log that fails must not leave a client without an answer, and there is nowhere to say so.
    }
  }
}

/** One open request. */
class Watch implements RequestWatch {
  readonly notes: { user?: string } = {};
  readonly request: NamedRequest;
  readonly startedAt: number = Date.now();
  readonly startTicks: number = performance.now();
  reported = false;
  readonly #log: RequestLog;

  constructor(log: RequestLog, request: NamedRequest) {
    this.#log = log;
    this.request = request;
  }

  ended(facts: AnswerFacts): void {
    this.#log.ended(this, facts);
  }
}
