/**
 * Sends the body that an application returned, chunk by chunk, and closes it.
 *
 * PEP 3333 S9, S13, S16, S70, S76, S77. Arrays and other synchronous iterables are sent without a promise as long as
 * the sink has room. What may be in a chunk is answer.ts; what follows the end is the host's affair.
 * @module
 */
import { RequestAbortedError } from "../errors/index.ts";
import { flushHead, requireOctets, type Answer } from "./answer.ts";
import type { ResponseSink } from "./exchange-types.ts";
import { closeBody, iterate, type BodyIterator } from "./response-body.ts";

/** Who is told how it went. */
export interface BodyRunnerHost {
  /** All of the body has been sent, or as much of it as the answer may have. */
  bodySent(): void;
  /** The body, or the sink, has thrown. */
  bodyFailed(error: unknown): void;
  /** The sink says that the peer has gone. */
  abort(reason: RequestAbortedError): void;
  /** `close()`, or the end of the iterator, has thrown or rejected. */
  closeFailed(error: unknown): void;
  /** What was still settling after `close` has settled. */
  bodyClosed(): void;
}

/** Runs one body at most. */
export class BodyRunner {
  readonly #answer: Answer;
  readonly #sink: ResponseSink;
  readonly #host: BodyRunnerHost;
  #body: unknown = undefined;
  #iterator: BodyIterator | undefined = undefined;
  #closing = false;

  constructor(answer: Answer, sink: ResponseSink, host: BodyRunnerHost) {
    this.#answer = answer;
    this.#sink = sink;
    this.#host = host;
  }

  /** True while a promise of `close()` has not settled. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Takes what the application returned, to be closed by `close` whatever becomes of it. */
  hold(body: unknown): void {
    this.#body = body;
  }

  /** Sends what is held. */
  run(): void {
    try {
      const body = this.#body;
      if (Array.isArray(body)) {
        this.#sendArray(body);
        return;
      }
      const { kind, iterator } = iterate(body);
      this.#iterator = iterator;
      if (kind === "sync") this.#pull(iterator);
      else void this.#pullAsync(iterator);
    } catch (error) {
      this.#host.bodyFailed(error);
    }
  }

  /**
   * Closes what is held, once: the iterator where it has not ended, then `close()`. Both have been called when this
   * returns, even if the body is at work on a chunk.
   */
  close(): void {
    const body = this.#body;
    const iterator = this.#iterator;
    this.#body = undefined;
    this.#iterator = undefined;
    if (body === undefined || body === null) return;
    const settled = closeBody(body, iterator, (error) => this.#host.closeFailed(error));
    if (settled === undefined) return;
    this.#closing = true;
    void settled.then(() => {
      this.#closing = false;
      this.#host.bodyClosed();
    });
  }

  #sendArray(chunks: readonly unknown[]): void {
    if (chunks.length === 1) {
      this.#answer.sendSole(chunks[0]);
      this.#host.bodySent();
      return;
    }
    // All of them first: an array with a string in it is then an error page, not half an answer.
    for (let i = 0; i < chunks.length; i += 1) requireOctets(chunks[i]);
    this.#sendChunks(chunks, 0);
  }

  #sendChunks(chunks: readonly unknown[], from: number): void {
    for (let i = from; i < chunks.length; i += 1) {
      if (!this.#answer.send(chunks[i])) {
        void this.#afterDrain(() => this.#sendChunks(chunks, i + 1));
        return;
      }
    }
    this.#host.bodySent();
  }

  #pull(iterator: Iterator<unknown>): void {
    for (;;) {
      const step = this.#next(iterator);
      if (this.#answer.closed) return;
      if (step.done === true) break;
      const room = this.#sendYielded(step.value);
      if (this.#answer.satisfied) break;
      if (!room) {
        void this.#afterDrain(() => this.#pull(iterator));
        return;
      }
    }
    this.#host.bodySent();
  }

  #next(iterator: Iterator<unknown>): IteratorResult<unknown> {
    try {
      const step = iterator.next();
      if (step.done === true) this.#iterator = undefined;
      return step;
    } catch (error) {
      // It is over by itself: `return` is not called on it.
      this.#iterator = undefined;
      throw error;
    }
  }

  async #pullAsync(iterator: AsyncIterator<unknown>): Promise<void> {
    try {
      for (;;) {
        let step: IteratorResult<unknown>;
        try {
          // Here and not in a function of its own: each await of one costs as much as all else that a chunk does.
          step = await iterator.next();
        } catch (error) {
          // It is over by itself: `return` is not called on it.
          this.#iterator = undefined;
          throw error;
        }
        if (step.done === true) this.#iterator = undefined;
        if (this.#answer.closed) return;
        if (step.done === true) break;
        const room = this.#sendYielded(step.value);
        if (this.#answer.satisfied) break;
        if (!room && !(await this.#drained())) return;
      }
      this.#host.bodySent();
    } catch (error) {
      this.#host.bodyFailed(error);
    }
  }

  /** Sends a chunk and puts it on its way before the next is asked for (S9, S77). */
  #sendYielded(chunk: unknown): boolean {
    const octets = requireOctets(chunk);
    const room = this.#answer.send(octets);
    if ((octets.length > 0 || octets === flushHead) && !this.#answer.satisfied) this.#sink.flush();
    return room;
  }

  async #afterDrain(goOn: () => void): Promise<void> {
    try {
      if (await this.#drained()) goOn();
    } catch (error) {
      this.#host.bodyFailed(error);
    }
  }

  /** False when the answer has ended in the meantime. */
  async #drained(): Promise<boolean> {
    try {
      await this.#answer.drained();
    } catch (error) {
      if (this.#answer.closed) return false;
      if (!(error instanceof RequestAbortedError)) throw error;
      this.#host.abort(error);
    }
    return !this.#answer.closed;
  }
}
