/**
 * A request body on its way out: pulled one chunk at a time, and kept intact while a request is tried again.
 * @module
 */
import { LocalProtocolError } from "../errors/index.ts";
import type { BodySource } from "./types.ts";

/** The next chunk of a body, or undefined at its end. */
export type UploadChunk = Uint8Array | undefined;

export class UploadSource {
  #whole: Uint8Array | undefined;
  readonly #chunks: AsyncIterator<Uint8Array> | undefined;
  #next: Promise<UploadChunk> | undefined;
  #hasSent = false;
  #isClosed = false;

  /** @throws LocalProtocolError ERR_LOCAL_VALUE when the source is neither octets nor an async iterable */
  constructor(source: BodySource | undefined) {
    if (source instanceof Uint8Array) {
      this.#whole = source;
    } else if (source !== undefined) {
      if (typeof source[Symbol.asyncIterator] !== "function") throw notOctets("a request body is", source);
      this.#chunks = source[Symbol.asyncIterator]();
    }
  }

  /** True once a chunk has been taken: the body can then not be sent from its beginning again. */
  get hasSent(): boolean {
    return this.#hasSent;
  }

  /**
   * The chunk to send next, the same one until it is taken; at once where it is at hand.
   * @throws LocalProtocolError ERR_LOCAL_VALUE when the iterable gives something else than octets
   */
  peek(): UploadChunk | Promise<UploadChunk> {
    if (this.#chunks === undefined) return this.#whole;
    return (this.#next ??= this.#pull(this.#chunks));
  }

  /** Counts the peeked chunk as sent. */
  take(): void {
    this.#hasSent = true;
    this.#whole = undefined;
    this.#next = undefined;
  }

  /** Tells the iterable that no more is wanted. Not awaited: it may be waiting for a client that has gone. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#return().catch(() => {
      // The answer is over; what its body's source has to say then changes nothing.
    });
  }

  async #pull(chunks: AsyncIterator<Uint8Array>): Promise<UploadChunk> {
    const next = await chunks.next();
    if (next.done === true) {
      this.#isClosed = true;
      return undefined;
    }
    if (next.value instanceof Uint8Array) return next.value;
    throw notOctets("a request body gave", next.value);
  }

  async #return(): Promise<void> {
    await this.#chunks?.return?.();
  }
}

function notOctets(what: string, value: unknown): LocalProtocolError {
  return new LocalProtocolError(
    "ERR_LOCAL_VALUE",
    `${what} a ${typeof value}; expected Uint8Array or an async iterable of it; encode text with TextEncoder`,
  );
}
