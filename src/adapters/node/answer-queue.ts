/**
 * The answer of a listener on its way to the gateway: what the response writes, the gateway takes.
 *
 * It is the body that the application returns. A listener that has ended its answer when it returns is answered with an
 * array, everything else by asking for chunks. Asking for the next chunk says that the one before is on its way, as
 * does the call of `close`: that is when the callbacks of `write` and `end` are called.
 * @module
 */
import {
  flushHead,
  type Environ,
  type HeaderList,
  type ResponseBody,
  type StartResponse,
} from "../../bridge/index.ts";

/** What `write` and `end` of a stream call back with. */
export type WriteCallback = (error?: Error | null) => void;

/** Told how the answer goes. */
export interface AnswerOwner {
  /** There is room again after `write` returned false. */
  onDrain(): void;
  /** The gateway has closed an answer that was not whole: the client has gone, or it was given up. */
  onAbandoned(): void;
}

/** Up to here small chunks are copied together: 16 KiB cost less than fifteen more turns of the gateway's loop. */
const joinedOctets = 65_536;

/** Above this an answer may still wait for the web server when the gateway closes it. */
const surelySentOctets = 65_536;

/** One answer. */
export class AnswerQueue {
  /** Octets that the gateway has not put on their way. */
  pendingOctets = 0;
  /** All octets of the body so far. */
  writtenOctets = 0;
  readonly #environ: Environ;
  readonly #startResponse: StartResponse;
  readonly #owner: AnswerOwner;
  readonly #highWaterMark: number;
  #status = "";
  #headers: HeaderList | undefined = undefined;
  #lengthAllowed = false;
  /** The head must go even if no octet of the body ever comes. */
  #flushed = false;
  #started = false;
  #chunks: Uint8Array[] = [];
  #callbacks: WriteCallback[] = [];
  /** Octets and callbacks of what the gateway has taken and may still hold. */
  #takenOctets = 0;
  #takenCallbacks: WriteCallback[] = [];
  #needsDrain = false;
  #ended = false;
  #closed = false;
  #failure: { readonly error: unknown } | undefined = undefined;
  #held = false;
  #wake: (() => void) | undefined = undefined;

  constructor(environ: Environ, startResponse: StartResponse, owner: AnswerOwner, highWaterMark: number) {
    this.#environ = environ;
    this.#startResponse = startResponse;
    this.#owner = owner;
    this.#highWaterMark = highWaterMark;
  }

  /** True once nothing more is taken. */
  get closed(): boolean {
    return this.#closed;
  }

  // The response's side.

  /**
   * The head, before anything is written. Nothing is sent yet.
   * @param lengthAllowed - it has no Content-Length, and may be given one
   */
  setHead(status: string, headers: HeaderList, lengthAllowed: boolean): void {
    this.#status = status;
    this.#headers = headers;
    this.#lengthAllowed = lengthAllowed;
  }

  /** Adds a chunk; an empty one only has its callback called once all before it is on its way. */
  write(octets: Uint8Array | undefined, callback: WriteCallback | undefined): boolean {
    this.#flushed = true;
    if (callback !== undefined) this.#callbacks.push(callback);
    if (octets !== undefined && octets.length > 0) {
      this.#chunks.push(octets);
      this.pendingOctets += octets.length;
      this.writtenOctets += octets.length;
    }
    if (!this.#held) this.#wakeUp();
    if (this.pendingOctets < this.#highWaterMark) return true;
    this.#needsDrain = true;
    return false;
  }

  /** While held (a corked response), the gateway is not told of chunks. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    if (this.#flushed) this.#wakeUp();
  }

  /**
   * The answer is whole once what has been written is sent. What is left of it passes for sent if it is below the mark,
   * as with a connection: there the kernel takes it at once, and 'finish' follows before anything else is done.
   */
  end(): void {
    if (this.#failure !== undefined || this.#closed) return;
    this.#ended = true;
    if (this.pendingOctets < this.#highWaterMark) {
      this.#takeCallbacks();
      this.#callBack(undefined);
    }
    this.#wakeUp();
  }

  /** Octets that are to be waited for. */
  get waitingOctets(): number {
    return this.#ended && this.pendingOctets < this.#highWaterMark ? 0 : this.pendingOctets;
  }

  /**
   * The answer will never be whole: the gateway answers with an error, or cuts what has begun. What was written is sent
   * all the same, unless it was still held back; an answer that had ended, and passed for sent, stays whole.
   */
  fail(error: unknown): void {
    if (this.#closed || this.#failure !== undefined) return;
    if (this.#ended && this.pendingOctets < this.#highWaterMark) return;
    this.#failure = { error };
    if (this.#held) {
      this.#chunks = [];
      this.#flushed = false;
    }
    this.#wakeUp();
  }

  // The gateway's side.

  /** What the application returns. */
  body(): ResponseBody {
    if (!this.#ended || this.#failure !== undefined) return this.#iterable();
    this.#start();
    const chunks = this.#chunks as Uint8Array[] & { close?: () => void };
    this.#chunks = [];
    this.#takeCallbacks();
    // In a variable: V8 allocates a closure that is assigned to a property in the old generation.
    const close = (): void => this.#close();
    chunks.close = close;
    return chunks;
  }

  #iterable(): ResponseBody {
    const iterator: AsyncIterator<Uint8Array, undefined> = { next: () => this.#next() };
    return { [Symbol.asyncIterator]: () => iterator, close: () => this.#close() };
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#settle();
    for (;;) {
      if (!this.#held || this.#ended) {
        if (this.#chunks.length > 0) {
          this.#start();
          return { done: false, value: this.#take() };
        }
        if (this.#ended && this.#failure === undefined) {
          this.#start();
          this.#takeCallbacks();
          return { done: true, value: undefined };
        }
        if (this.#flushed && !this.#started) {
          this.#start();
          return { done: false, value: flushHead };
        }
        // An empty write: nothing has to go anywhere.
        if (this.#callbacks.length > 0) {
          this.#takeCallbacks();
          this.#settle();
        }
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#closed) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const headers = this.#headers ?? [];
    // All of it is here: a length that the listener did not give lets the answer leave in one write.
    if (this.#ended && this.#lengthAllowed) headers.push(["Content-Length", String(this.writtenOctets)]);
    this.#startResponse(this.#status, headers);
  }

  #take(): Uint8Array {
    const chunks = this.#chunks;
    this.#takeCallbacks();
    this.#takenOctets = this.pendingOctets;
    if (chunks.length === 1 || this.pendingOctets > joinedOctets) {
      const first = chunks.shift()!;
      this.#takenOctets = first.length;
      return first;
    }
    this.#chunks = [];
    return Buffer.concat(chunks, this.pendingOctets);
  }

  #takeCallbacks(): void {
    if (this.#callbacks.length === 0) return;
    if (this.#takenCallbacks.length === 0) this.#takenCallbacks = this.#callbacks;
    else this.#takenCallbacks.push(...this.#callbacks);
    this.#callbacks = [];
  }

  /** What was taken is on its way. */
  #settle(): void {
    this.pendingOctets -= this.#takenOctets;
    this.#takenOctets = 0;
    if (this.#chunks.length === 0) this.#callBack(undefined);
    if (this.#needsDrain && this.pendingOctets === 0) {
      this.#needsDrain = false;
      if (!this.#ended) process.nextTick(drained, this.#owner);
    }
  }

  /** The gateway has done with the body: all of it is sent, or no more of it will be. */
  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeUp();
    if (this.#isSent()) {
      this.#chunks = [];
      this.#takenOctets = this.pendingOctets;
      this.#takeCallbacks();
      this.#settle();
      return;
    }
    this.#chunks = [];
    this.#takeCallbacks();
    this.#owner.onAbandoned();
    if (this.#takenCallbacks.length > 0) this.#callBack(destroyedError());
  }

  /** As streams do: behind the code that runs now, where what they throw is the listener's own affair. */
  #callBack(error: Error | undefined): void {
    const callbacks = this.#takenCallbacks;
    if (callbacks.length === 0) return;
    this.#takenCallbacks = [];
    process.nextTick(callAll, callbacks, error);
  }

  #isSent(): boolean {
    if (!this.#ended || this.#failure !== undefined) return false;
    // A small answer that has been taken is in the kernel's hands. Else the gateway may have been told in the meantime
    // that the peer has gone; asking makes an AbortSignal, which is not worth its cost for every answer.
    if (this.#chunks.length === 0 && this.writtenOctets <= surelySentOctets) return true;
    return !this.#environ["tsgi.signal"].aborted;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    if (wake === undefined) return;
    this.#wake = undefined;
    wake();
  }
}

function drained(owner: AnswerOwner): void {
  owner.onDrain();
}

function callAll(callbacks: readonly WriteCallback[], error: Error | undefined): void {
  for (const callback of callbacks) callback(error);
}

/** What Node's streams say of a write that will never be made. */
export function destroyedError(): Error {
  return Object.assign(new Error("Cannot call write after a stream was destroyed"), {
    code: "ERR_STREAM_DESTROYED",
  });
}
