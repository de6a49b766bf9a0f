/**
 * `wsgi.input` over a BodyQueue: PEP 3333 "Input and Error Streams", S42-S55, with every read a promise.
 *
 * It never gives an octet past CONTENT_LENGTH, because the queue holds none. It has no methods but those of the
 * convention. A line has no bound of its own: `readline()` without a size is bounded as `read()` is, by the body's
 * declared length or `maxBodyOctets`.
 * @module
 */
import { emptyOctets, type BodyQueue } from "./body-queue.ts";
import type { InputStream } from "./types.ts";

/** The application's end of a BodyQueue. Reads that are started together are served in their order. */
export class QueueInputStream implements InputStream {
  readonly #queue: BodyQueue;
  /** The read that was started last and has not settled; undefined when none is under way. */
  #last: Promise<unknown> | undefined = undefined;

  constructor(queue: BodyQueue) {
    this.#queue = queue;
  }

  read(size?: number): Promise<Uint8Array> {
    const max = toLimit(size);
    return this.#inOrder(() => this.#gather(max));
  }

  readline(size?: number): Promise<Uint8Array> {
    const max = toLimit(size);
    return this.#inOrder(() => this.#gatherLine(max));
  }

  readlines(hint?: number): Promise<Uint8Array[]> {
    // As Python's files do: 0 is no hint.
    const enough = hint === 0 ? Infinity : toLimit(hint);
    return this.#inOrder(() => this.#gatherLines(enough));
  }

  async *chunks(): AsyncIterableIterator<Uint8Array> {
    for (;;) {
      const chunk = await this.#inOrder(() => this.#next());
      if (chunk.length === 0) return;
      yield chunk;
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    for (;;) {
      const line = await this.readline();
      if (line.length === 0) return;
      yield line;
    }
  }

  /** Starts `read` behind the reads under way. */
  #inOrder<Result>(read: () => Promise<Result>): Promise<Result> {
    const result = this.#last === undefined ? read() : this.#last.then(read, read);
    const done = (): void => {
      if (this.#last === result) this.#last = undefined;
    };
    this.#last = result;
    // The caller has `result` and sees it reject. A caller that dropped it must not end the process when a client
    // goes away, which an unhandled rejection would: `done` counts as its handler.
    result.then(done, done);
    return result;
  }

  async #next(): Promise<Buffer> {
    for (;;) {
      const chunk = this.#queue.take(Infinity);
      if (chunk !== undefined) return chunk;
      await this.#queue.ready(1);
    }
  }

  async #gather(max: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let gathered = 0;
    while (gathered < max) {
      const piece = this.#queue.take(max - gathered);
      if (piece === undefined) {
        await this.#queue.ready(max - gathered);
      } else {
        if (piece.length === 0) break;
        pieces.push(piece);
        gathered += piece.length;
      }
    }
    return join(pieces, gathered);
  }

  async #gatherLine(max: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let gathered = 0;
    while (gathered < max) {
      const piece = this.#queue.takeLine(max - gathered);
      if (piece === undefined) {
        await this.#queue.ready(1);
      } else {
        if (piece.length === 0) break;
        pieces.push(piece);
        gathered += piece.length;
        if (piece[piece.length - 1] === 10) break;
      }
    }
    return join(pieces, gathered);
  }

  async #gatherLines(enough: number): Promise<Buffer[]> {
    const lines: Buffer[] = [];
    let gathered = 0;
    while (gathered < enough) {
      const line = await this.#gatherLine(Infinity);
      if (line.length === 0) break;
      lines.push(line);
      gathered += line.length;
    }
    return lines;
  }
}

/** A size as Python's files take it: absent, negative or no number means all. */
function toLimit(size: number | undefined): number {
  return typeof size === "number" && size >= 0 ? Math.floor(size) : Infinity;
}

function join(pieces: readonly Buffer[], octets: number): Buffer {
  if (pieces.length === 1) return pieces[0]!;
  return pieces.length === 0 ? emptyOctets : Buffer.concat(pieces, octets);
}
