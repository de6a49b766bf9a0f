/**
 * The answer of a CGI script on its way to file descriptor 1: head and body in order, with back-pressure.
 *
 * Not process.stdout: that loads streams and sockets, which costs a script a tenth of its life. The first 64 KiB, which
 * a pipe holds, are written at once; what follows is written by a thread and waited for.
 * @module
 */
import type { HeaderList, ResponseSink } from "../bridge/index.ts";
import { RequestAbortedError } from "../errors/index.ts";
import type { ScriptChannel } from "./script-channel.ts";

/** What a pipe holds on Linux: as long as no more has been written, a write does not wait for the web server. */
const pipeOctets = 65_536;

/** From here on a chunk is kept as it is: the application is made to wait, so it does not write to it again. */
const keptOctets = 65_536;

/** How long a write may wait for the web server before that is taken for a stall, in ms. */
const stallMs = 50;

/** A descriptor that somebody made non-blocking and that is full is tried again after this long, in ms. */
const retryMs = 5;

interface Waiter {
  resolve(): void;
  reject(reason: RequestAbortedError): void;
}

/** What a script's output needs besides the answer. */
export interface ScriptOutputOptions {
  readonly channel: ScriptChannel;
  readonly highWaterOctets: number;
  encodeHead(status: string, headers: Readonly<HeaderList>): Uint8Array;
  /** The web server takes nothing for now, or goes on taking. */
  onStall(isStalled: boolean): void;
  /** The web server does not read any more. */
  onAbort(reason: RequestAbortedError): void;
  /** The last octet has been written, or the answer was given up. */
  onEnd(complete: boolean): void;
}

export class ScriptOutput implements ResponseSink {
  /** The head has been given: from now on an answer cannot be replaced by another one. */
  headGiven = false;
  readonly #options: ScriptOutputOptions;
  #chunks: Uint8Array[] = [];
  #queuedOctets = 0;
  #writtenOctets = 0;
  #writing = false;
  #waiters: Waiter[] = [];
  #abortReason: RequestAbortedError | undefined = undefined;
  #end: { readonly complete: boolean } | undefined = undefined;

  constructor(options: ScriptOutputOptions) {
    this.#options = options;
  }

  head(status: string, headers: Readonly<HeaderList>): void {
    const octets = this.#options.encodeHead(status, headers);
    this.headGiven = true;
    this.#push(octets);
  }

  body(octets: Uint8Array): boolean {
    if (this.#abortReason !== undefined) return false;
    // Not slice(): that of a Buffer copies nothing.
    this.#push(octets.length < keptOctets ? new Uint8Array(octets) : octets);
    if (this.#queuedOctets >= pipeOctets) this.#write();
    return !this.#isFull;
  }

  flush(): void {
    this.#write();
  }

  drained(): Promise<void> {
    if (this.#abortReason !== undefined) return Promise.reject(this.#abortReason);
    this.#write();
    if (!this.#isFull) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** `wsgi.errors` goes to standard error by itself. */
  errors(): void {}

  end(complete: boolean): void {
    this.#end = { complete };
    this.#write();
    this.#settle();
  }

  get #isFull(): boolean {
    return (
      this.#queuedOctets >= this.#options.highWaterOctets || this.#chunks.some((c) => c.length >= keptOctets)
    );
  }

  #push(octets: Uint8Array): void {
    this.#chunks.push(octets);
    this.#queuedOctets += octets.length;
  }

  #write(): void {
    if (this.#writing || this.#queuedOctets === 0 || this.#abortReason !== undefined) return;
    if (this.#writtenOctets + this.#queuedOctets <= pipeOctets) {
      try {
        this.#took(this.#options.channel.writeNow(this.#chunks));
      } catch (error) {
        this.#failed(error as NodeJS.ErrnoException);
      }
      if (this.#queuedOctets > 0) this.#write();
      return;
    }
    const chunk = this.#chunks[0];
    if (chunk === undefined) return;
    this.#writing = true;
    const stall = setTimeout(() => this.#options.onStall(true), stallMs);
    this.#options.channel.write(chunk, (error, octets) => {
      this.#writing = false;
      clearTimeout(stall);
      this.#options.onStall(false);
      if (error !== null) this.#failed(error);
      else this.#took(octets);
      this.#write();
      this.#settle();
    });
  }

  #took(octets: number): void {
    this.#writtenOctets += octets;
    this.#queuedOctets -= octets;
    let left = octets;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      if (chunk.length > left) {
        if (left > 0) this.#chunks[0] = chunk.subarray(left);
        break;
      }
      left -= chunk.length;
      this.#chunks.shift();
    }
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (error.code === "EAGAIN") {
      // From here on by the other way, which waits between its tries.
      this.#writtenOctets = pipeOctets;
      this.#writing = true;
      setTimeout(() => {
        this.#writing = false;
        this.#write();
      }, retryMs);
      return;
    }
    const reason = new RequestAbortedError(
      "ERR_REQUEST_ABORTED",
      `the request was aborted: the web server reads no more of the answer (${error.code ?? error.message})`,
    );
    this.#abortReason = reason;
    this.#chunks = [];
    this.#queuedOctets = 0;
    this.#options.onAbort(reason);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }

  #settle(): void {
    if (!this.#isFull) for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    const end = this.#end;
    if (end === undefined || this.#queuedOctets > 0 || this.#writing) return;
    this.#end = undefined;
    this.#options.onEnd(end.complete && this.#abortReason === undefined);
  }
}
