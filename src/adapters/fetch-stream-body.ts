/**
 * A ReadableStream as the body of an application: read as fast as the client takes it, cancelled when it has gone.
 * @module
 */
import type { Environ } from "../bridge/index.ts";

/** Reads one stream; its own iterator. */
export class StreamBody implements AsyncIterableIterator<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #environ: Environ;
  readonly #closed: () => void | Promise<void>;
  #over = false;

  /** @param closed - called by `close()`; a server that stops waits for its promise */
  constructor(stream: ReadableStream<Uint8Array>, environ: Environ, closed: () => void | Promise<void>) {
    this.#reader = stream.getReader();
    this.#environ = environ;
    this.#closed = closed;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.#reader.read().then(
      (step) => {
        if (!step.done) {
          // undici lets any chunk into a stream, and frameworks (Elysia, h3) yield texts.
          return step.value instanceof Uint8Array ? step : { done: false, value: octetsOf(step.value) };
        }
        this.#over = true;
        return { done: true, value: undefined };
      },
      (error: unknown) => {
        this.#over = true;
        throw error;
      },
    );
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#cancel();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    // Where the client had gone before there was an answer, nobody has begun to iterate.
    await this.#cancel();
    await this.#closed();
  }

  /** Cancels what has not been read; the reason is that of `tsgi.signal`, where it has fired. */
  async #cancel(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#reader.cancel(this.#environ["tsgi.signal"].reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A text in UTF-8, a buffer or a view of one as octets; anything else as it is, for the gateway to refuse. */
function octetsOf(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return chunk as Uint8Array;
}
