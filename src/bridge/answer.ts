/**
 * The answer of one request: start_response, write(), and what leaves for the sink in which order.
 *
 * PEP 3333 "The start_response() Callable", "Handling the Content-Length Header", S56-S84. It does not call the
 * application and does not iterate: that is exchange.ts.
 * @module
 */
import { ResponseError, type RequestAbortedError } from "../errors/index.ts";
import type { ResponseSink } from "./exchange-types.ts";
import { checkHeaders, checkStatus, type CheckedHeaders } from "./header-checks.ts";
import { describeValue } from "./log-line.ts";
import type { RequestReport } from "./request-report.ts";
import type { HeaderList, StartResponse, Write } from "./types.ts";

const resolved = Promise.resolve();
const ignore = (): void => {};

/**
 * A chunk that is empty and yet sends the head, which otherwise waits for the first octet of the body: for streams whose
 * first event may be minutes away. It is known by identity, so it passes through middleware that hands chunks on, and is
 * an ordinary empty chunk to everything else.
 */
export const flushHead: Uint8Array = new Uint8Array(0);

/** Holds the head until the body begins, keeps the body to its Content-Length. */
export class Answer {
  /** What the application is given. */
  // An initialiser: V8 allocates a closure that is assigned to a property in the old generation, where each one keeps
  // its request alive until the next full collection (docs/decisions/0005-node-objects.md).
  readonly startResponse: StartResponse = (status, headers, excInfo) => this.#start(status, headers, excInfo);
  /** The sink has the head: from now on it cannot be replaced. */
  headSent = false;
  /** The sink said that it is full: await `drained` before the next chunk and before the end. */
  full = false;
  /** No more is taken: the answer has ended, or the peer has gone. */
  closed = false;
  /** Content-Length is met, or the answer has no body: more chunks would not be sent. */
  satisfied = false;
  readonly #sink: ResponseSink;
  readonly #isHead: boolean;
  readonly #report: RequestReport;
  #startCalled = false;
  #status: string | undefined = undefined;
  #code = 0;
  #checked: CheckedHeaders | undefined = undefined;
  #write: Write | undefined = undefined;
  #writeUsed = false;
  /** Octets that may still be sent; Infinity without a Content-Length. */
  #left = Infinity;
  #sent = 0;
  #excessReported = false;
  #abortReason: RequestAbortedError | undefined = undefined;

  constructor(sink: ResponseSink, isHead: boolean, report: RequestReport) {
    this.#sink = sink;
    this.#isHead = isHead;
    this.#report = report;
  }

  /** True once start_response has taken a head. */
  get started(): boolean {
    return this.#status !== undefined;
  }

  /** The status line that has been sent, or is to be. */
  get status(): string | undefined {
    return this.#status;
  }

  /** The headers that have been sent, or are to be. */
  get headers(): Readonly<HeaderList> {
    return this.#checked?.headers ?? [];
  }

  /** Octets of the body that the sink has been given. */
  get sentOctets(): number {
    return this.#sent;
  }

  /** All that the head promises has been sent: whatever fails now, the client has a whole answer. */
  get whole(): boolean {
    return this.headSent && this.satisfied;
  }

  /**
   * Sends one chunk, the head before it if need be. An empty one sends nothing (S57), but for `flushHead`.
   * @returns false when `drained` must be awaited before the next
   * @throws ResponseError ERR_RESPONSE_CHUNK, ERR_RESPONSE_NOT_STARTED
   */
  send(chunk: unknown): boolean {
    const octets = requireOctets(chunk);
    if (octets.length === 0 && octets !== flushHead) return !this.full;
    if (!this.headSent) this.#sendHead(-1);
    return this.#sendBody(octets);
  }

  /** Sends the only chunk of a body whose length is known by that (S73). */
  sendSole(chunk: unknown): boolean {
    const octets = requireOctets(chunk);
    if (!this.headSent && !this.#writeUsed && !(this.#isHead && octets.length === 0)) {
      this.#sendHead(octets.length);
    }
    return this.send(octets);
  }

  /**
   * Sends what is still owed at the end of the body: the head of an empty one.
   * @returns undefined when the answer is complete, else what is wrong with it (S71)
   * @throws ResponseError ERR_RESPONSE_NOT_STARTED
   */
  finish(): ResponseError | undefined {
    if (!this.headSent) this.#sendHead(this.#isHead ? -1 : 0);
    if (this.satisfied || this.#left === Infinity) return undefined;
    return new ResponseError(
      "ERR_RESPONSE_LENGTH",
      `the body has ${this.#sent} octets and Content-Length says ${this.#sent + this.#left}: the answer was cut short`,
    );
  }

  /** Resolves when the sink has room again; rejects when the peer has gone. */
  async drained(): Promise<void> {
    await this.#sink.drained();
    this.full = false;
  }

  /** Takes nothing more; with a reason because the peer has gone. */
  close(reason?: RequestAbortedError): void {
    this.closed = true;
    this.#abortReason = reason;
  }

  #start(status: string, headers: unknown, excInfo: unknown): Write {
    // Python's None and a parameter left out are both `undefined` here; null is what JSON-minded code passes.
    if (excInfo !== undefined && excInfo !== null) {
      // S66: the very value, so that its stack is the original one.
      if (this.headSent) throw excInfo;
    } else if (this.#startCalled) {
      throw new ResponseError(
        "ERR_RESPONSE_STARTED",
        "start_response was called a second time without excInfo; only an error handler may replace what was started, " +
          "and passes the thrown value as third argument",
      );
    }
    if (this.closed && this.#abortReason === undefined) {
      throw new ResponseError("ERR_RESPONSE_ENDED", "start_response was called after the answer had ended");
    }
    // Before the checks: a call that throws counts as one (S67), and leaves nothing of the head it was to replace.
    this.#startCalled = true;
    this.#status = undefined;
    this.#code = checkStatus(status);
    this.#checked = checkHeaders(headers);
    this.#status = status;
    if (this.#write !== undefined) return this.#write;
    // In a variable first, for the reason that startResponse is an initialiser.
    const write: Write = (chunk) => this.#writeChunk(chunk);
    this.#write = write;
    return write;
  }

  #writeChunk(chunk: Uint8Array): Promise<void> {
    // Thrown, not rejected: an application that does not await write() must not lose it.
    const octets = requireOctets(chunk);
    if (this.closed) return rejected(this.#abortReason ?? endedError());
    this.#writeUsed = true;
    if (octets.length === 0 && octets !== flushHead) return resolved;
    if (!this.headSent) this.#sendHead(-1);
    const allowed = this.#left;
    const room = this.#sendBody(octets);
    this.#sink.flush();
    if (octets.length > allowed && !this.#hasNoBody()) return rejected(this.#excessError());
    if (room) return resolved;
    return handled(this.drained());
  }

  #sendBody(octets: Uint8Array): boolean {
    if (this.#hasNoBody() || octets.length === 0) return !this.full;
    let more = octets;
    if (more.length > this.#left) {
      more = more.subarray(0, this.#left);
      this.#reportExcess();
      if (more.length === 0) return !this.full;
    }
    this.#left -= more.length;
    this.#sent += more.length;
    if (this.#left === 0) this.satisfied = true;
    if (!this.#sink.body(more)) this.full = true;
    return !this.full;
  }

  /** @param impliedLength - what the body is known to be long, or -1; used when there is no Content-Length */
  #sendHead(impliedLength: number): void {
    if (this.#status === undefined || this.#checked === undefined) {
      throw new ResponseError(
        "ERR_RESPONSE_NOT_STARTED",
        "the body began before start_response had been called with a status and headers that are valid",
      );
    }
    const { headers, lengthIndex, contentLength } = this.#checked;
    if (this.#code === 204) {
      // RFC 9110 section 8.6: never on a 204.
      if (lengthIndex !== -1) headers.splice(lengthIndex, 1);
    } else if (contentLength === -1 && impliedLength !== -1 && this.#code !== 304) {
      headers.push(["Content-Length", String(impliedLength)]);
    }
    this.#sink.head(this.#status, headers);
    // Behind the call: a head that the sink refuses (too large for a record) has not been sent.
    this.headSent = true;
    this.#report.headSent(this.#checked.octets);
    if (this.#hasNoBody()) this.satisfied = true;
    else if (contentLength !== -1) {
      this.#left = contentLength;
      this.satisfied = contentLength === 0;
    }
  }

  /** W7: HAProxy answers 502 and h2o loses its framing when these have a body. */
  #hasNoBody(): boolean {
    return this.#isHead || this.#code === 204 || this.#code === 304;
  }

  #reportExcess(): void {
    if (this.#excessReported) return;
    this.#excessReported = true;
    this.#report.problem("warning", this.#excessError());
  }

  #excessError(): ResponseError {
    return new ResponseError(
      "ERR_RESPONSE_LENGTH",
      `the body is longer than the ${this.#checked?.contentLength} octets of its Content-Length: the rest was not sent`,
    );
  }
}

const uint8ArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get;

/** True for a Uint8Array of any realm: test runners and vm contexts have one of their own, and Buffers of the main. */
export function isOctets(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || uint8ArrayTag?.call(value) === "Uint8Array";
}

/** @throws ResponseError ERR_RESPONSE_CHUNK */
export function requireOctets(chunk: unknown): Uint8Array {
  if (isOctets(chunk)) return chunk;
  let remedy = "expected a Uint8Array";
  if (typeof chunk === "string") remedy += ": encode text with new TextEncoder().encode(text)";
  else if (chunk instanceof Promise) remedy += ": await it, or return an async iterable";
  throw new ResponseError("ERR_RESPONSE_CHUNK", `a chunk of the body is ${describeValue(chunk)}; ${remedy}`);
}

function endedError(): ResponseError {
  return new ResponseError(
    "ERR_RESPONSE_ENDED",
    "write() was called after the answer had ended: the chunk was dropped",
  );
}

function rejected(error: Error): Promise<never> {
  return handled(Promise.reject(error));
}

/** A write() that nobody awaits must not end the process when the client goes away. */
function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(ignore);
  return promise;
}
