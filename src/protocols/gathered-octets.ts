/**
 * Content that must be whole before it can be decoded, put together from the pieces in which it arrives.
 *
 * What arrives in one piece is never copied: it stays a view for as long as the chunk it points into is being read.
 * Room grows with what has arrived, never with what a header declares (P1).
 * @module
 */
export class GatheredOctets {
  #octets: Uint8Array | undefined;
  #length = 0;
  #isView = false;

  get length(): number {
    return this.#length;
  }

  /** Adds a piece. `octets` is copied unless it is the first and `mayView`. */
  add(octets: Uint8Array, mayView: boolean): void {
    if (this.#length === 0 && mayView) {
      this.#octets = octets;
      this.#isView = true;
      this.#length = octets.length;
      return;
    }
    const needed = this.#length + octets.length;
    const room = this.#octets === undefined || this.#isView ? 0 : this.#octets.length;
    // Doubling keeps the cost of octet-by-octet arrival linear.
    if (room < needed) this.#own(Math.max(needed, 2 * this.#length, 64));
    this.#octets!.set(octets, this.#length);
    this.#length = needed;
  }

  /** Copies what is only a view, because the chunk it points into is about to go. */
  keep(): void {
    if (this.#isView) this.#own(this.#length);
  }

  /** All of it. A view where it came in one piece; valid until the next `add`. */
  whole(): Uint8Array {
    const octets = this.#octets;
    if (octets === undefined) return new Uint8Array(0);
    return octets.length === this.#length ? octets : octets.subarray(0, this.#length);
  }

  #own(capacity: number): void {
    const owned = new Uint8Array(capacity);
    if (this.#octets !== undefined) owned.set(this.#octets.subarray(0, this.#length));
    this.#octets = owned;
    this.#isView = false;
  }
}
