/**
 * What write() was given and was still being made into something else when the application returned.
 *
 * The gateway's write() is not to be called any more by then (A28): these chunks are the beginning of the body instead.
 * @module
 */

interface Late {
  readonly chunk: Uint8Array;
  readonly taken: () => void;
}

/** Chunks on their way from calls of write() to the body: each call waits until the body has been asked for more. */
export class LateWrites {
  readonly #chunks: Late[] = [];
  #wake: (() => void) | undefined = undefined;
  #closed = false;

  /** Resolves when the chunk has been taken, or never will be. */
  push(chunk: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((taken) => {
      this.#chunks.push({ chunk, taken });
      this.#wake?.();
    });
  }

  /** The chunks, until the calls are over that `writes` stands for. */
  async *take(writes: Promise<void>): AsyncGenerator<Uint8Array> {
    let isOver = false;
    void writes.then(() => {
      isOver = true;
      this.#wake?.();
    });
    for (;;) {
      const late = this.#chunks.shift();
      if (late !== undefined) {
        yield late.chunk;
        late.taken();
      } else if (isOver || this.#closed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** Nobody takes any more. */
  close(): void {
    this.#closed = true;
    for (const { taken } of this.#chunks.splice(0)) taken();
    this.#wake?.();
  }
}
