/**
 * Connections that are closed unheard: however many they are, one line in so many ms.
 * @module
 */

/** How long refusals are gathered for one line, in ms. */
const lineMs = 500;

export class RefusalCount {
  readonly #say: (count: number) => void;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param say - called with how many there were since it was called last, never with 0 */
  constructor(say: (count: number) => void) {
    this.#say = say;
  }

  /** One more. */
  add(): void {
    this.#count++;
    this.#timer ??= setTimeout(() => this.flush(), lineMs).unref();
  }

  /** Says what has not been said yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#count === 0) return;
    this.#say(this.#count);
    this.#count = 0;
  }
}
