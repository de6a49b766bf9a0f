/**
 * `wsgi.file_wrapper`: a body made of a file. PEP 3333 "Optional Platform-Specific File Handling", S99-S108.
 *
 * Nothing is read before the gateway iterates. It opens nothing and seeks nowhere: reading begins where the file stands.
 * @module
 */
import { ResponseError } from "../errors/index.ts";
import { describeValue } from "./log-line.ts";
import type { FileLike, FileWrapper as FileWrapperFunction, ResponseBody } from "./types.ts";

const defaultBlockOctets = 65_536;

/** The part of a node:fs/promises FileHandle that is used: its `read` takes a buffer where others take a size. */
interface HandleLike {
  read(options: { buffer: Uint8Array }): Promise<{ bytesRead: number }>;
}

interface Closable {
  close?: () => unknown;
  destroy?: () => unknown;
}

/**
 * Wraps a FileHandle, a Readable or another async iterable, or an object whose `read(size)` gives octets, a promise of
 * them, and at its end nothing, null or an empty array.
 * @throws ResponseError ERR_RESPONSE_BODY when it is none of these
 */
export const fileWrapper: FileWrapperFunction = (file, blockSize) => {
  const block = typeof blockSize === "number" && blockSize >= 1 ? Math.floor(blockSize) : defaultBlockOctets;
  return new FileBody(chunksOf(file, block), file as Closable);
};

/** The body: iterated once, closed once. */
class FileBody implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterable<Uint8Array>;
  #file: Closable | undefined;

  constructor(chunks: AsyncIterable<Uint8Array>, file: Closable) {
    this.#chunks = chunks;
    this.#file = file;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#chunks[Symbol.asyncIterator]();
  }

  /** Closes the file (S103); a Readable without `close` is destroyed. */
  close(): Promise<void> | void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    if (typeof file.close === "function") return file.close() as Promise<void> | void;
    if (typeof file.destroy === "function") file.destroy();
  }
}

/** What `wsgi.file_wrapper` is: the type of the function. */
export type FileWrapper = FileWrapperFunction;

/** wsgiref.util's class: a body of a file, with `new` or without, also where the gateway has no `wsgi.file_wrapper`. */
export const FileWrapper: FileWrapperFunction & {
  new (...given: Parameters<FileWrapperFunction>): ResponseBody;
  readonly prototype: ResponseBody;
} = Object.assign(
  // A function, since a class cannot be called without `new`, which is how `wsgi.file_wrapper` is.
  function (...given: Parameters<FileWrapperFunction>): ResponseBody {
    return fileWrapper(...given);
  },
  { prototype: FileBody.prototype },
) as never;

function chunksOf(file: Parameters<FileWrapperFunction>[0], block: number): AsyncIterable<Uint8Array> {
  // First of all: a Readable has `read` as well, which gives null while nothing has come yet.
  if (isAsyncIterable(file)) return file;
  if (file === null || typeof file !== "object" || typeof file.read !== "function") {
    throw new ResponseError(
      "ERR_RESPONSE_BODY",
      `wsgi.file_wrapper was given ${describeValue(file)}; expected a FileHandle, a Readable, or an object with read(size)`,
    );
  }
  return isFileHandle(file) ? readHandle(file, block) : readFileLike(file, block);
}

async function* readHandle(handle: HandleLike, block: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    // A block of its own for each chunk: middleware may keep one while it asks for the next.
    const buffer = Buffer.allocUnsafeSlow(block);
    const { bytesRead } = await handle.read({ buffer });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* readFileLike(file: FileLike, block: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = (await file.read(block)) as Uint8Array | null | undefined;
    // Not by truth alone: a chunk of a wrong type goes on, to be refused with a message that says so.
    if (chunk === null || chunk === undefined || chunk.length === 0) return;
    yield chunk;
  }
}

function isAsyncIterable(file: unknown): file is AsyncIterable<Uint8Array> {
  return typeof (file as Partial<AsyncIterable<Uint8Array>> | null)?.[Symbol.asyncIterator] === "function";
}

/** S104: what has a file descriptor and `stat` reads like a FileHandle. */
function isFileHandle(file: object): file is HandleLike {
  const { fd, stat } = file as { fd?: unknown; stat?: unknown };
  return typeof fd === "number" && typeof stat === "function";
}
