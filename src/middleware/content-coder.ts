/**
 * Content codings by node:zlib: a body at once, or chunk by chunk with nothing held back.
 *
 * RFC 9110 section 8.4.1. What is to be compressed is compress.ts's to say.
 * @module
 */
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** The content codings that can be made; zstd where Node.js has it (22.15 and newer). */
export type ContentCoding = "br" | "zstd" | "gzip" | "deflate";

interface Coder {
  /** What is used unless the options say otherwise, and the range of it. */
  readonly level: readonly [usual: number, least: number, most: number];
  encode(octets: Uint8Array, level: number): Uint8Array;
  /** `flush` is the kind of flush that puts out all that has come in. */
  open(level: number): { readonly transform: Flushable; readonly flush: number };
}

type Flushable = Transform & { flush(kind: number, done: () => void): void };

const { constants } = zlib;

/** What Node.js 22.15 added, which the types of Node.js 20 do not have. */
interface ZstdModule {
  zstdCompressSync(octets: Uint8Array, options: object): Buffer;
  createZstdCompress(options: object): Flushable;
  constants: { ZSTD_c_compressionLevel: number; ZSTD_e_flush: number };
}

const coders: Partial<Record<ContentCoding, Coder>> = {
  br: {
    level: [4, 0, 11],
    encode: (octets, level) =>
      zlib.brotliCompressSync(octets, {
        params: { ...brotliParams(level), [constants.BROTLI_PARAM_SIZE_HINT]: octets.length },
      }),
    open: (level) => ({
      transform: zlib.createBrotliCompress({ params: brotliParams(level) }),
      flush: constants.BROTLI_OPERATION_FLUSH,
    }),
  },
  gzip: {
    level: [6, 0, 9],
    encode: (octets, level) => zlib.gzipSync(octets, { level }),
    open: (level) => ({ transform: zlib.createGzip({ level }), flush: constants.Z_SYNC_FLUSH }),
  },
  deflate: {
    level: [6, 0, 9],
    encode: (octets, level) => zlib.deflateSync(octets, { level }),
    open: (level) => ({ transform: zlib.createDeflate({ level }), flush: constants.Z_SYNC_FLUSH }),
  },
};
if ("createZstdCompress" in zlib) {
  const zstd = zlib as unknown as ZstdModule;
  const params = (level: number): object => ({ params: { [zstd.constants.ZSTD_c_compressionLevel]: level } });
  coders.zstd = {
    level: [3, 1, 19],
    encode: (octets, level) => zstd.zstdCompressSync(octets, params(level)),
    open: (level) => ({
      transform: zstd.createZstdCompress(params(level)),
      flush: zstd.constants.ZSTD_e_flush,
    }),
  };
}

/** A window of 512 KiB instead of 4 MiB: with many answers at once, memory is what limits. Measured: no larger output below 1 MiB. */
function brotliParams(level: number): Record<number, number> {
  return { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: 19 };
}

/** The codings that this Node.js can make. */
export function availableCodings(): readonly ContentCoding[] {
  return (["br", "zstd", "gzip", "deflate"] as const).filter((coding) => coders[coding] !== undefined);
}

/** The usual level of a coding that is available, and the least and the most that it can have. */
export function levelsOf(coding: ContentCoding): readonly [usual: number, least: number, most: number] {
  return requireCoder(coding).level;
}

/** Compresses a whole body, in this turn. */
export function encodeWhole(octets: Uint8Array, coding: ContentCoding, level: number): Uint8Array {
  return requireCoder(coding).encode(octets, level);
}

function requireCoder(coding: ContentCoding): Coder {
  const coder = coders[coding];
  if (coder === undefined) throw new Error(`this Node.js cannot make ${coding}`);
  return coder;
}

const nothing: Uint8Array = new Uint8Array(0);

/** One compressed stream. One call at a time. */
export class ContentCoder {
  readonly #transform: Flushable;
  readonly #flush: number;
  #output: Buffer[] = [];
  #failure: Error | undefined = undefined;
  /** Ends the call that is waiting. */
  #wake: (() => void) | undefined = undefined;
  #closed = false;

  constructor(coding: ContentCoding, level: number) {
    const { transform, flush } = requireCoder(coding).open(level);
    this.#transform = transform;
    this.#flush = flush;
    transform.on("readable", () => this.#take());
    transform.on("error", (error) => {
      this.#failure = error;
      this.#wake?.();
    });
  }

  /** Compresses octets; what comes out may be empty unless `flush`: then it is all that has been put in so far. */
  encode(octets: Uint8Array, flush: boolean): Promise<Uint8Array> {
    return this.#run((done) => {
      this.#transform.write(octets, () => {
        if (!flush || this.#closed) done();
        else this.#transform.flush(this.#flush, done);
      });
    });
  }

  /** The end of the stream. */
  finish(): Promise<Uint8Array> {
    return this.#run((done) => {
      this.#transform.once("end", done).end();
    });
  }

  /** Lets go of zlib's memory; a call that is waiting resolves with nothing. */
  close(): void {
    this.#closed = true;
    this.#transform.destroy();
    this.#wake?.();
  }

  async #run(begin: (done: () => void) => void): Promise<Uint8Array> {
    if (this.#closed) return nothing;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      begin(resolve);
    });
    this.#wake = undefined;
    if (this.#closed) return nothing;
    if (this.#failure !== undefined) throw this.#failure;
    this.#take();
    const output = this.#output;
    this.#output = [];
    return output.length === 1 ? (output[0] ?? nothing) : Buffer.concat(output);
  }

  #take(): void {
    for (;;) {
      const part = this.#transform.read() as Buffer | null;
      if (part === null) return;
      this.#output.push(part);
    }
  }
}
