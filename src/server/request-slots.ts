/**
 * The requests that are open on one connection, in the order in which they came: nearly always one at most.
 * @module
 */
import type { RequestAbortedError } from "../errors/index.ts";
import type { RequestSlot } from "./request-slot.ts";

export class RequestSlots implements Iterable<RequestSlot> {
  readonly #list: RequestSlot[] = [];

  get size(): number {
    return this.#list.length;
  }

  /** More of a request is to come. */
  get expectsBody(): boolean {
    for (const slot of this.#list) if (!slot.bodyEnded || !slot.dataEnded) return true;
    return false;
  }

  /** The queue of a body is full: no more may be read. */
  get isFull(): boolean {
    for (const slot of this.#list) if (slot.bodyFull) return true;
    return false;
  }

  /** What runs, for a log line: `POST /a`, `POST /a and 2 more`; "" where nothing does. */
  get label(): string {
    const running = this.#list.filter(({ started, drain }) => started && drain === undefined);
    const [first] = running;
    if (first === undefined) return "";
    const name = `${first.exchange.method} ${first.exchange.path}`;
    return running.length === 1 ? name : `${name} and ${running.length - 1} more`;
  }

  /** Some of an answer has been sent, and not its end. */
  get isAnswering(): boolean {
    for (const slot of this.#list) if (slot.answering) return true;
    return false;
  }

  [Symbol.iterator](): Iterator<RequestSlot> {
    return this.#list[Symbol.iterator]();
  }

  add(slot: RequestSlot): void {
    this.#list.push(slot);
  }

  has(slot: RequestSlot): boolean {
    return this.#list.includes(slot);
  }

  find(id: number): RequestSlot | undefined {
    for (const slot of this.#list) if (slot.id === id) return slot;
    return undefined;
  }

  /** The first whose application has not been called. */
  findUnstarted(): RequestSlot | undefined {
    for (const slot of this.#list) if (!slot.started) return slot;
    return undefined;
  }

  remove(slot: RequestSlot): void {
    slot.drain?.stop();
    const index = this.#list.indexOf(slot);
    if (index >= 0) this.#list.splice(index, 1);
  }

  /** Goes on with every answer that waits. One that ends by that leaves the list. */
  progress(): void {
    for (const slot of this.#list.slice()) slot.progress();
  }

  /** Aborts every request; none is left. */
  abort(reason: RequestAbortedError): void {
    for (const slot of this.#list) {
      slot.drain?.stop();
      slot.abort(reason);
    }
    this.#list.length = 0;
  }
}
