/**
 * How many exchanges of a server have not finished: an answer may have ended and its body's `close` still be at work,
 * which a server that stops has to wait for.
 * @module
 */
export class RunningExchanges {
  /** All that have ever begun. */
  total = 0;
  #count = 0;
  readonly #callAt: number;
  readonly #call: () => void;
  #whenNone: (() => void) | undefined;

  /** `call` is called once, when the request of that number has begun. */
  constructor(callAt: number = Infinity, call: () => void = () => {}) {
    this.#callAt = callAt;
    this.#call = call;
  }

  began(): void {
    if (++this.total === this.#callAt) this.#call();
    this.#count++;
  }

  /** One function for all exchanges: a closure for each would be paid by every request. */
  readonly finished: () => void = () => {
    this.#count--;
    if (this.#count === 0) this.#whenNone?.();
  };

  /** Resolves once none runs. */
  none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenNone = resolve;
    });
  }
}
