/**
 * The body of an HTTP request as the client sends it, one chunk at a time.
 *
 * Not the request's own iterator: that one destroys the socket when it is left early, with the early answer that was
 * the reason for leaving, or else leaves what is unread in the way of the connection's next request (P10).
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { RequestAbortedError } from "../errors/index.ts";

/** To be iterated over once. Leaving it early reads and drops the rest; node:http's `requestTimeout` bounds that. */
export class IncomingBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #request: IncomingMessage;
  /** Set while the client waits to be asked for its body (`Expect: 100-continue`). */
  #asksFor: ServerResponse | undefined;
  #chunk: Uint8Array | undefined;
  #hasBegun = false;
  #wake: (() => void) | undefined;

  constructor(request: IncomingMessage, asksFor: ServerResponse | undefined) {
    this.#request = request;
    this.#asksFor = asksFor;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws RequestAbortedError ERR_BODY_TRUNCATED when the client goes before the end of its body */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const request = this.#request;
    this.#begin();
    while (this.#chunk === undefined) {
      if (request.readableEnded) return { done: true, value: undefined };
      if (request.destroyed) {
        throw new RequestAbortedError(
          "ERR_BODY_TRUNCATED",
          "the client went away before the end of its body",
        );
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const value = this.#chunk;
    this.#chunk = undefined;
    request.resume();
    return { done: false, value };
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#chunk = undefined;
    this.#request.off("data", this.#onData);
    // A body that was never begun is dropped by node:http itself; a client that still waits to be asked keeps it.
    if (this.#hasBegun) this.#request.resume();
    this.#notify();
    return Promise.resolve({ done: true, value: undefined });
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#asksFor?.writeContinue();
    this.#asksFor = undefined;
    this.#request.on("data", this.#onData);
    for (const event of ["end", "close", "error"]) this.#request.on(event, this.#notify);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunk = chunk;
    this.#request.pause();
    this.#notify();
  };

  readonly #notify = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };
}
