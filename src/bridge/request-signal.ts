/**
 * What `tsgi.signal` is made of: an AbortController that comes into being when somebody looks.
 * @module
 */

/** The source of one request's AbortSignal. */
export class RequestSignal {
  #controller: AbortController | undefined = undefined;
  #reason: unknown = undefined;

  /** The signal, the same at each call; aborted already if `abort` came before. */
  get(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Fires the signal; the first reason stays. */
  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
  }
}
