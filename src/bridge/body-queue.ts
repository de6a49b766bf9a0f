/**
 * The octets of a request body on their way from the carrier to the application, bounded by a high-water mark.
 *
 * The carrier pushes what comes and stops reading when told to; the application's side is input-stream.ts. What
 * CONTENT_LENGTH and `maxBodyOctets` allow is kept here, where octets come in, so that what is too much is never held
 * (security H5, P9). It decodes nothing and knows no protocol.
 * @module
 */
import { RequestAbortedError, ResponseError, type TsgiError } from "../errors/index.ts";
import { bodyTooLarge } from "./body-limits.ts";
import { toBuffer } from "./to-buffer.ts";

/** Pushes below this are copied together: 65,536 records of one octet then cost a few blocks, not 65,536 views. */
const coalesceBelowOctets = 1_024;
/** The first block that small pushes go to: most bodies that are small at all fit into it. */
const firstBlockOctets = 1_024;
const nextBlockOctets = 8_192;

/** A queue of octets with one producer and one consumer. An empty one costs about as much as an object. */
export class BodyQueue {
  /** Called once the queue has fallen below half its mark after `push` returned false: read on. */
  onDrain: (() => void) | undefined = undefined;
  /** Called when the application waits for octets that have not come: for a carrier that fetches them on demand. */
  onWait: (() => void) | undefined = undefined;
  readonly #highWaterOctets: number;
  /** Buffers, whatever came: the same methods on every chunk of a body. */
  readonly #chunks: Buffer[] = [];
  /** What of the first chunk has been taken. */
  #taken = 0;
  #buffered = 0;
  #received = 0;
  #declared: number | undefined = undefined;
  #maxOctets = Infinity;
  /** The block that small pushes are copied to; from `#blockStart` to `#blockEnd` waits behind the chunks. */
  #block: Buffer | undefined = undefined;
  #blockStart = 0;
  #blockEnd = 0;
  #full = false;
  #ended = false;
  #discarding = false;
  #error: TsgiError | undefined = undefined;
  #wake: (() => void) | undefined = undefined;
  #wakeAt = 0;

  /** @param highWaterOctets - from here on `push` says false */
  constructor(highWaterOctets: number) {
    this.#highWaterOctets = highWaterOctets;
  }

  /** Octets pushed and not yet taken. */
  get bufferedOctets(): number {
    return this.#buffered;
  }

  /** True once the producer has nothing more to push; octets may still wait. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Why the body is not whole, as `take` throws it; undefined as long as nothing is wrong. */
  get error(): TsgiError | undefined {
    return this.#error;
  }

  /**
   * Sets what may come, before the first push.
   * @param declaredOctets - CONTENT_LENGTH: more is cut, less is an error at the end; undefined when unknown
   * @param maxOctets - the most of a body of unknown length
   */
  expect(declaredOctets: number | undefined, maxOctets: number): void {
    this.#declared = declaredOctets;
    this.#maxOctets = maxOctets;
  }

  // The producer.

  /**
   * Adds octets. Fewer than 1 KiB are copied. More are kept as they are, so the caller must not write to them again,
   * unless it says `isBorrowed`: they are then copied too.
   * @returns false at or over the mark: stop until `onDrain`
   */
  push(octets: Uint8Array, isBorrowed = false): boolean {
    if (this.#discarding || this.#ended) return true;
    let more = octets;
    if (this.#declared === undefined) {
      if (this.#received + more.length > this.#maxOctets) {
        this.fail(bodyTooLarge(this.#received + more.length, this.#maxOctets, false));
        return true;
      }
    } else if (this.#received + more.length > this.#declared) {
      more = more.subarray(0, this.#declared - this.#received);
    }
    const size = more.length;
    if (size === 0) return !this.#full;
    this.#received += size;
    this.#buffered += size;
    if (size < coalesceBelowOctets) this.#copy(more);
    else {
      this.#closeBlock();
      this.#chunks.push(isBorrowed ? copyOf(more) : toBuffer(more));
    }
    if (this.#buffered >= this.#highWaterOctets) this.#full = true;
    if (this.#full || this.#whole || this.#buffered >= this.#wakeAt) this.#wakeUp();
    return !this.#full;
  }

  /** The body is over. One that is shorter than declared gives what it has, then ERR_BODY_TRUNCATED. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#declared !== undefined && this.#received < this.#declared && !this.#discarding) {
      this.#error = new RequestAbortedError(
        "ERR_BODY_TRUNCATED",
        `the request body ended after ${this.#received} of the ${this.#declared} octets that CONTENT_LENGTH declares`,
      );
    }
    this.#wakeUp();
  }

  /** The rest of the body will not come: drops what is there, reads reject. No-op once the whole body has come. */
  fail(error: TsgiError): void {
    if (this.#whole || this.#discarding) return;
    this.#error = error;
    this.#drop();
  }

  /** Nobody wants the rest of the body: drops what is there and whatever comes. No-op once the whole body has come. */
  discard(): void {
    if (!this.#discarding && !this.#whole) this.#drop();
  }

  // The consumer.

  /** True when `max` octets wait, or all of a body that is whole: taking them needs no `ready` and throws nothing. */
  has(max: number): boolean {
    return this.#buffered >= max || (this.#whole && this.#error === undefined && !this.#discarding);
  }

  /**
   * Takes up to `max` octets, fewer when the first chunk has fewer.
   * @returns empty at the end of the body; undefined when `ready` must be awaited first
   * @throws RequestAbortedError, LimitExceededError, ResponseError ERR_RESPONSE_ENDED after `discard`
   */
  take(max: number): Buffer | undefined {
    const first = this.#first();
    if (first === undefined) return this.#atEnd();
    return this.#takeFrom(first, Math.min(max, first.length - this.#taken));
  }

  /** As `take`, but ends behind the first "\n". */
  takeLine(max: number): Buffer | undefined {
    const first = this.#first();
    if (first === undefined) return this.#atEnd();
    const newline = first.indexOf(10, this.#taken);
    const end = newline === -1 ? first.length : newline + 1;
    return this.#takeFrom(first, Math.min(max, end - this.#taken));
  }

  /** Resolves once `octets` wait, or as many as the queue holds, or nothing more will come. One caller at a time. */
  ready(octets: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeAt = octets;
      this.#wake = resolve;
      if (this.#buffered >= this.#wakeAt || this.#whole || this.#discarding) this.#wakeUp();
      else this.onWait?.();
    });
  }

  /** Nothing more can come: what CONTENT_LENGTH declares has, even if its end is still to be told (S49). */
  get #whole(): boolean {
    return this.#ended || this.#received === this.#declared;
  }

  #atEnd(): Buffer | undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.#whole) return emptyOctets;
    if (!this.#discarding) return undefined;
    this.#error = new ResponseError(
      "ERR_RESPONSE_ENDED",
      "the request body was read after the answer had ended: what had not been read by then was dropped",
    );
    throw this.#error;
  }

  #first(): Buffer | undefined {
    if (this.#chunks.length === 0) this.#closeBlock();
    return this.#chunks[0];
  }

  #takeFrom(first: Buffer, size: number): Buffer {
    const start = this.#taken;
    const end = start + size;
    if (end === first.length) {
      this.#chunks.shift();
      this.#taken = 0;
    } else {
      this.#taken = end;
    }
    this.#buffered -= size;
    // Last, because the producer pushes from within it.
    if (this.#full && this.#buffered < this.#highWaterOctets / 2) {
      this.#full = false;
      this.onDrain?.();
    }
    return start === 0 && end === first.length ? first : first.subarray(start, end);
  }

  #copy(octets: Uint8Array): void {
    if (this.#block === undefined || this.#block.length - this.#blockEnd < octets.length) {
      this.#closeBlock();
      // Of its own, not from Buffer's shared pool: an application that looks at `.buffer` sees its own body only.
      this.#block = Buffer.alloc(this.#block === undefined ? firstBlockOctets : nextBlockOctets);
      this.#blockStart = 0;
      this.#blockEnd = 0;
    }
    this.#block.set(octets, this.#blockEnd);
    this.#blockEnd += octets.length;
  }

  /** Puts what waits in the block behind the chunks. */
  #closeBlock(): void {
    if (this.#block === undefined || this.#blockStart === this.#blockEnd) return;
    this.#chunks.push(this.#block.subarray(this.#blockStart, this.#blockEnd));
    this.#blockStart = this.#blockEnd;
  }

  #drop(): void {
    this.#discarding = true;
    this.#full = false;
    this.#chunks.length = 0;
    this.#taken = 0;
    this.#buffered = 0;
    this.#block = undefined;
    this.#blockStart = 0;
    this.#blockEnd = 0;
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    if (wake === undefined) return;
    this.#wake = undefined;
    wake();
  }
}

/** What reads resolve to at the end of a body. */
export const emptyOctets: Buffer = Buffer.alloc(0);

/** Of its own, not from Buffer's shared pool, as in `#copy`. */
function copyOf(octets: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(octets.length);
  copy.set(octets);
  return copy;
}
