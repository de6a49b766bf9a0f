/**
 * A body made of pieces of an open file: one range, or several with the parts' heads of multipart/byteranges between.
 *
 * One block is read at a time, when it is asked for: that is the back-pressure and the bound on memory. `close()`
 * closes the file, whether all, some or nothing of it has been read.
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import type { ByteRange } from "./byte-ranges.ts";

/** Octets read at a time. */
export const fileBlockOctets = 65_536;

/** What is sent: octets as they stand here, or a range of the file. */
export type FilePiece = Uint8Array | ByteRange;

/** Iterated once, closed once or more. */
export class FileBody implements AsyncIterableIterator<Uint8Array> {
  readonly #pieces: readonly FilePiece[];
  #handle: FileHandle | undefined;
  #next = 0;
  /** Where the range that is being sent stands, and where it ends. */
  #position = 0;
  #left = 0;

  constructor(handle: FileHandle, pieces: readonly FilePiece[]) {
    this.#handle = handle;
    this.#pieces = pieces;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#left === 0) {
      const piece = this.#pieces[this.#next];
      if (piece === undefined || this.#handle === undefined) return ended;
      this.#next += 1;
      if (piece instanceof Uint8Array) return { done: false, value: piece };
      this.#position = piece.start;
      this.#left = piece.end - piece.start + 1;
    }
    return this.#readBlock();
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    return Promise.resolve(this.close()).then(() => ended);
  }

  /** Closes the file, after a read that is under way. */
  close(): Promise<void> | void {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#left = 0;
    this.#next = this.#pieces.length;
    return handle?.close();
  }

  async #readBlock(): Promise<IteratorResult<Uint8Array>> {
    const handle = this.#handle;
    if (handle === undefined) return ended;
    // A block of its own for each chunk: middleware may keep one while it asks for the next.
    const buffer = Buffer.allocUnsafeSlow(Math.min(fileBlockOctets, this.#left));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#position);
    // Closed meanwhile, or shorter than it was: Content-Length tells the gateway that the answer is incomplete.
    if (bytesRead === 0 || this.#handle === undefined) return ended;
    this.#position += bytesRead;
    this.#left -= bytesRead;
    return { done: false, value: bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead) };
  }
}

const ended: IteratorResult<Uint8Array> = { done: true, value: undefined };
