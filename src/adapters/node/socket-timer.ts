/**
 * The idle timer behind `setTimeout` of requests, responses and their socket.
 * @module
 */
export class SocketTimer {
  readonly #onTimeout: () => void;
  #milliseconds = 0;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(onTimeout: () => void) {
    this.#onTimeout = onTimeout;
  }

  /** Begins anew with another time; 0 stops it. */
  start(milliseconds: number): void {
    this.stop();
    this.#milliseconds = milliseconds;
    if (milliseconds <= 0) return;
    this.#timer = setTimeout(this.#onTimeout, milliseconds);
    this.#timer.unref();
  }

  /** Something came or went. */
  restart(): void {
    if (this.#timer !== undefined) this.start(this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
