/**
 * What still comes of an upload whose answer has been given: dropped, until it ends, is too much, or stays silent.
 *
 * A web server may be unable to read an early answer before its upload has been taken; nginx stops sending once it has
 * seen the head (P10).
 * @module
 */
import type { ServerLimits } from "./limits.ts";

export class UploadDrain {
  readonly #maxOctets: number;
  readonly #whenOver: () => void;
  readonly #timer: NodeJS.Timeout;
  #octets = 0;
  #seen = 0;

  /** `whenOver` is called once: no more of the upload is waited for. Not after `stop`. */
  constructor(limits: Pick<ServerLimits, "maxDiscardOctets" | "discardIdleMs">, whenOver: () => void) {
    this.#maxOctets = limits.maxDiscardOctets;
    this.#whenOver = whenOver;
    this.#timer = setInterval(() => this.#look(), limits.discardIdleMs).unref();
  }

  /** Counts octets that have been dropped. */
  drop(octets: number): void {
    this.#octets += octets;
    if (this.#octets > this.#maxOctets) this.#end();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#octets === this.#seen) this.#end();
    this.#seen = this.#octets;
  }

  #end(): void {
    this.stop();
    this.#whenOver();
  }
}
