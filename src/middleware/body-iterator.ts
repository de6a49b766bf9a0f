/**
 * Going through the body of the application that is wrapped: either kind of iterable by one kind of iterator, ended
 * once, at once.
 * @module
 */
import type { ResponseBody } from "../bridge/index.ts";

/** Either kind of iterator. */
export type ChunkIterator = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

/** The body of an application, iterated and closed by a middleware in the gateway's place. */
export class BodyIterator {
  readonly #body: ResponseBody;
  #iterator: ChunkIterator | undefined = undefined;
  #over = false;
  #closed = false;

  constructor(body: ResponseBody) {
    this.#body = body;
  }

  /** The next chunk, or undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#over) return undefined;
    const iterator = (this.#iterator ??= iteratorOf(this.#body));
    try {
      const step = await iterator.next();
      if (step.done !== true) return step.value;
    } catch (error) {
      // It is over by itself: `return` is not called on it.
      this.#over = true;
      throw error;
    }
    this.#over = true;
    return undefined;
  }

  /** Ends the iteration early where it has begun and not ended, so that `finally` blocks run. */
  async return(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#iterator?.return?.();
  }

  /** Hands `close()` on, once (M12). */
  close(): void | Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    return this.#body.close?.();
  }
}

/** Begins to iterate a body that is one (`bodyKind`). */
export function iteratorOf(body: ResponseBody): ChunkIterator {
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}

/** The array, with the `close()` of another body if that has one. */
export function withCloseOf(chunks: Uint8Array[], body: ResponseBody): ResponseBody {
  return typeof body.close === "function" ? Object.assign(chunks, { close: () => body.close?.() }) : chunks;
}
