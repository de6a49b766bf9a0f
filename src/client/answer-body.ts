/**
 * The body of an answer: a bounded queue between the connection that fills it and the one reader that empties it.
 * @module
 */
import { LocalProtocolError, RequestAbortedError } from "../errors/index.ts";

/** Who fills a body, and what it wants to hear of the reader. */
export interface AnswerBodySource {
  /** The queue was full and has room again. */
  resume(): void;
  /** The reader does not want the rest. */
  abandon(): void;
}

/**
 * Iterates over the body's octets as they arrive; each chunk is the reader's to keep. One reader only. Rejects with
 * RemoteProtocolError ERR_FCGI_TRUNCATED or ERR_FCGI_REFUSED, LimitExceededError ERR_LIMIT_TIME or
 * RequestAbortedError when the answer does not come to its proper end: octets read before that are not the whole.
 */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  readonly #source: AnswerBodySource;
  readonly #highWaterOctets: number;
  readonly #chunks: Uint8Array[] = [];
  #octets = 0;
  #isFull = false;
  #isOver = false;
  #error: Error | undefined;
  #hasReader = false;
  #wake: (() => void) | undefined;

  constructor(source: AnswerBodySource, highWaterOctets: number) {
    this.#source = source;
    this.#highWaterOctets = highWaterOctets;
  }

  /** True once nothing more will be added: the answer has ended, failed or been cancelled. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** True when a reader would have to wait: nothing is at hand, and more is to come. */
  get isWaiting(): boolean {
    return this.#chunks.length === 0 && !this.#isOver;
  }

  /** @throws LocalProtocolError ERR_LOCAL_STATE when a reader has it already */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array, undefined> {
    if (this.#hasReader) {
      throw new LocalProtocolError("ERR_LOCAL_STATE", "this body has a reader already; it can be read once");
    }
    this.#hasReader = true;
    const chunks = this.#read();
    const iterator: AsyncIterableIterator<Uint8Array, undefined> = {
      next: () => chunks.next(),
      // A generator's own return waits for the chunk that is on its way, and does nothing before the first one.
      return: () => {
        this.cancel();
        return chunks.return(undefined);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Gives the rest of the body up and frees its connection; does nothing once the answer is over. */
  cancel(): void {
    this.#chunks.length = 0;
    this.#octets = 0;
    if (this.#isOver) return;
    this.fail(new RequestAbortedError("ERR_REQUEST_ABORTED", "the answer's body was cancelled"));
    this.#source.abandon();
  }

  /** For the source: adds octets that nobody will write to. False: full, stop until `resume`. */
  add(octets: Uint8Array): boolean {
    if (this.#isOver || octets.length === 0) return true;
    this.#chunks.push(octets);
    this.#octets += octets.length;
    this.#isFull = this.#octets >= this.#highWaterOctets;
    this.#notify();
    return !this.#isFull;
  }

  /** For the source: the body is whole. */
  end(): void {
    this.#isOver = true;
    this.#notify();
  }

  /** For the source: there will be no more, and what there was is not the whole. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.#error = error;
    this.end();
  }

  async *#read(): AsyncGenerator<Uint8Array, undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#octets -= chunk.length;
        if (this.#isFull && this.#octets * 2 <= this.#highWaterOctets) {
          this.#isFull = false;
          this.#source.resume();
        }
        yield chunk;
      } else if (this.#isOver) {
        if (this.#error !== undefined) throw this.#error;
        return undefined;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
