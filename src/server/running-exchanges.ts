/**
 * How many exchanges of a server have not finished: an answer may have ended and its body's `close` still be at work,
 * which a server that stops has to wait for.
 * @module
 */
export class RunningExchanges {
  #count = 0;
  #whenNone: (() => void) | undefined;

  began(): void {
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
