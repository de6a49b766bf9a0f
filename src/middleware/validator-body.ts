/**
 * The body as the validator hands it to the server: iterated, closed and checked (V52-V55 and others).
 *
 * An array stays an array, so that the server may tell its length; anything else becomes an object of its own.
 * @module
 */
import {
  bodyKind,
  closeBody,
  describeValue,
  isOctets,
  isThenable,
  type ResponseBody,
} from "../bridge/index.ts";
import type { Findings } from "./validator-findings.ts";

/** Who is told what passes. */
export interface BodyWatcher {
  /** A chunk is about to be handed on; may throw. */
  chunk(octets: Uint8Array): void;
  /** The body has ended by itself; may throw. */
  ended(): void;
  /** `close()` has been called and has settled. */
  closed(): void;
}

/** Bodies that were thrown away without `close()`. */
const unclosed = new FinalizationRegistry<Findings>((findings) => {
  try {
    findings.report("V55", "the body was thrown away without a call of its close()");
  } catch {
    // Nobody is there to catch it, and a log that fails is no reason to end the process.
  }
});

/**
 * Checks and wraps what the application returned.
 * @throws ValidationError V5, V6, A4; of an array also V53, V54, S69, S71. `close()` of the body has then been called
 */
export function checkedBody(body: unknown, findings: Findings, watcher: BodyWatcher): ResponseBody {
  try {
    return wrapped(body, findings, watcher);
  } catch (error) {
    // The server never sees it, and so cannot close it. The rule that was broken is what has to be said.
    void closeBody(body, undefined, ignore);
    throw error;
  }
}

function wrapped(body: unknown, findings: Findings, watcher: BodyWatcher): ResponseBody {
  if (body === undefined || body === null || body === false) {
    const hint = body === undefined ? " (is a return statement missing?)" : "";
    findings.report(
      "V5",
      `the application returned ${describeValue(body)}${hint}; expected a body, [] if empty`,
    );
  } else if (typeof body === "string" || isOctets(body)) {
    findings.report(
      "V6",
      `the application returned ${describeValue(body)}; expected it in an array, as octets`,
    );
  } else if (Array.isArray(body)) {
    return checkedArray(body, findings, watcher);
  } else if (bodyKind(body) === "async") {
    return new AsyncBody(body as AsyncIterable<unknown>, findings, watcher);
  } else if (bodyKind(body) === "sync") {
    return new SyncBody(body as Iterable<unknown>, findings, watcher);
  } else {
    findings.report(
      "A4",
      `the application returned ${describeValue(body)}; expected an array or an iterable`,
    );
  }
  return body as ResponseBody;
}

/** All of it is there, so all of it is checked now: an error page is possible still. */
function checkedArray(body: unknown[], findings: Findings, watcher: BodyWatcher): ResponseBody {
  const chunks = body.slice() as Uint8Array[];
  for (const chunk of chunks) checkChunk(chunk, findings, watcher);
  watcher.ended();
  const state = new BodyState(body, findings, watcher);
  // Not enumerable: the array is to look like one.
  Object.defineProperty(chunks, "close", { value: () => state.close() });
  Object.defineProperty(chunks, Symbol.iterator, {
    value: () => {
      state.begin();
      return chunks.values();
    },
  });
  unclosed.register(chunks, findings, state);
  return chunks as ResponseBody;
}

function checkChunk(chunk: unknown, findings: Findings, watcher: BodyWatcher): void {
  if (isOctets(chunk)) {
    watcher.chunk(chunk);
    return;
  }
  const hint = typeof chunk === "string" ? ": encode text with new TextEncoder().encode(text)" : "";
  findings.report("V53", `the body has ${describeValue(chunk)}; expected a Uint8Array${hint}`);
}

/** As `checkChunk`; ends the application's iterator where it throws: to the server it is the validator's that failed. */
function checkStep(
  chunk: unknown,
  iterator: Iterator<unknown> | AsyncIterator<unknown>,
  findings: Findings,
  watcher: BodyWatcher,
): void {
  try {
    checkChunk(chunk, findings, watcher);
  } catch (error) {
    void closeBody(undefined, iterator, ignore);
    throw error;
  }
}

/** What is common to all bodies: iterated once, closed once. */
class BodyState {
  readonly #body: object;
  readonly #findings: Findings;
  readonly #watcher: BodyWatcher;
  #begun = false;
  #closed = false;

  constructor(body: object, findings: Findings, watcher: BodyWatcher) {
    this.#body = body;
    this.#findings = findings;
    this.#watcher = watcher;
  }

  begin(): void {
    this.requireOpen();
    if (this.#begun) this.#findings.report("S9", "the body was iterated a second time; expected once");
    this.#begun = true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  requireOpen(): void {
    if (this.#closed)
      this.#findings.report("V52", "the body was read after its close(); expected that to be last");
  }

  close(): void | Promise<void> {
    if (this.#closed) this.#findings.report("S13", "close() of the body was called twice; expected once");
    this.#closed = true;
    unclosed.unregister(this);
    const { close } = this.#body as { close?: unknown };
    const result: unknown = typeof close === "function" ? Reflect.apply(close, this.#body, []) : undefined;
    if (!isThenable(result)) {
      this.#watcher.closed();
      return undefined;
    }
    return Promise.resolve(result as Promise<void>).finally(() => this.#watcher.closed());
  }
}

class SyncBody implements Iterable<Uint8Array> {
  readonly #body: Iterable<unknown>;
  readonly #findings: Findings;
  readonly #watcher: BodyWatcher;
  readonly #state: BodyState;

  constructor(body: Iterable<unknown>, findings: Findings, watcher: BodyWatcher) {
    this.#body = body;
    this.#findings = findings;
    this.#watcher = watcher;
    this.#state = new BodyState(body, findings, watcher);
    unclosed.register(this, findings, this.#state);
  }

  [Symbol.iterator](): Iterator<Uint8Array> {
    this.#state.begin();
    const iterator = this.#body[Symbol.iterator]();
    // By name and not by `this`: the iterator must not keep the body from being collected, and noticed.
    const [state, findings, watcher] = [this.#state, this.#findings, this.#watcher];
    return {
      next: () => {
        state.requireOpen();
        const step = iterator.next();
        if (step.done === true) watcher.ended();
        else checkStep(step.value, iterator, findings, watcher);
        return step as IteratorResult<Uint8Array>;
      },
      return: () => {
        iterator.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  close(): void | Promise<void> {
    return this.#state.close();
  }
}

class AsyncBody implements AsyncIterable<Uint8Array> {
  readonly #body: AsyncIterable<unknown>;
  readonly #findings: Findings;
  readonly #watcher: BodyWatcher;
  readonly #state: BodyState;

  constructor(body: AsyncIterable<unknown>, findings: Findings, watcher: BodyWatcher) {
    this.#body = body;
    this.#findings = findings;
    this.#watcher = watcher;
    this.#state = new BodyState(body, findings, watcher);
    unclosed.register(this, findings, this.#state);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#state.begin();
    const iterator = this.#body[Symbol.asyncIterator]();
    const [state, findings, watcher] = [this.#state, this.#findings, this.#watcher];
    let isMaking = false;
    return {
      next: async () => {
        state.requireOpen();
        if (isMaking) findings.report("S9", "a chunk was asked for while the last one was still being made");
        isMaking = true;
        try {
          const step = await iterator.next();
          // Closed in the meantime, since the peer has gone: what is still made counts for nothing.
          if (state.closed) return step as IteratorResult<Uint8Array>;
          if (step.done === true) watcher.ended();
          else checkStep(step.value, iterator, findings, watcher);
          return step as IteratorResult<Uint8Array>;
        } finally {
          isMaking = false;
        }
      },
      return: async () => {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  close(): void | Promise<void> {
    return this.#state.close();
  }
}

function ignore(): void {}
