/**
 * The body that `compress` returns where it could not be compressed as a whole: one chunk in, one or more out.
 * @module
 */
import type { BodyIterator } from "./body-iterator.ts";

/** What makes of the application's chunks those that are sent. */
export interface ChunkEncoder {
  /** What to send for a chunk, or undefined: itself. */
  encode(chunk: Uint8Array): AsyncIterable<Uint8Array> | undefined;
  /** Nothing that comes now would be sent. */
  readonly satisfied: boolean;
  /** What write() was given before the application returned, as far as it has not left. */
  lateWrites(): AsyncIterable<Uint8Array>;
  /** Resolves when what write() was given has been handed on. */
  readonly writesDone: Promise<void>;
  /** The octets that end the body. */
  finish(): Promise<Uint8Array | undefined>;
  /** Lets go of what it holds. Safe to call again. */
  close(): void;
}

/** Iterated once. The application's iterator is ended, and its `close()` called, as soon as this one's are. */
export class CompressedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #encoder: ChunkEncoder;
  readonly #source: BodyIterator;
  readonly #chunks: AsyncGenerator<Uint8Array>;
  #stopped = false;

  constructor(encoder: ChunkEncoder, source: BodyIterator) {
    this.#encoder = encoder;
    this.#source = source;
    this.#chunks = this.#run();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return this.#chunks.next();
  }

  /** Not by way of the generator alone: that would wait for the chunk that the application is at work on. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#stop();
    await this.#source.return();
    return this.#chunks.return(undefined);
  }

  close(): void | Promise<void> {
    this.#stop();
    return this.#source.close();
  }

  #stop(): void {
    this.#stopped = true;
    this.#encoder.close();
  }

  async *#run(): AsyncGenerator<Uint8Array> {
    yield* this.#encoder.lateWrites();
    for (;;) {
      const chunk = await this.#source.next();
      if (this.#stopped) return;
      if (chunk === undefined) break;
      // What write() was given comes before what is yielded after it (S79).
      await this.#encoder.writesDone;
      const encoded = this.#encoder.encode(chunk);
      if (encoded === undefined) yield chunk;
      else yield* encoded;
      if (this.#stopped) return;
      if (this.#encoder.satisfied) {
        await this.#source.return();
        break;
      }
    }
    await this.#encoder.writesDone;
    const last = await this.#encoder.finish();
    if (last !== undefined && last.length > 0 && !this.#stopped) yield last;
  }
}
