/**
 * From a core's output blocks to a socket: when they are written, and when they return to the pool.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import type { Socket } from "node:net";
import type { GatewayCore } from "../protocols/gateway-core.ts";
import type { BlockPool, FilledBlock } from "../protocols/output-buffer.ts";

/** What is flushed less than this long after the last write waits for the end of the turn, in ms. */
const gatherMs = 1;

/** From here on a write is worth a callback: its block comes back to the pool, and waiting answers go on. */
const callbackOctets = 16_384;

/** Told when the socket has taken octets that had to wait. */
export interface WriterOwner {
  written(): void;
}

export class SocketWriter {
  readonly #socket: Socket;
  readonly #core: GatewayCore;
  readonly #pool: BlockPool;
  readonly #owner: WriterOwner;
  #planned = false;
  #wroteAt = 0;

  constructor(socket: Socket, core: GatewayCore, pool: BlockPool, owner: WriterOwner) {
    this.#socket = socket;
    this.#core = core;
    this.#pool = pool;
    this.#owner = owner;
  }

  /** Octets that wait, here and in the socket. */
  get queuedOctets(): number {
    return this.#core.pendingOctets + this.#socket.writableLength;
  }

  /** True when the kernel has taken all that was written. */
  get isDrained(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Writes all that the core has. */
  write(): void {
    const first = this.#core.takeOutput();
    if (first === undefined) return;
    this.#wroteAt = performance.now();
    let next = this.#core.takeOutput();
    if (next === undefined) {
      this.#writeBlock(first, true);
      return;
    }
    this.#socket.cork();
    for (let filled: FilledBlock = first; ; filled = next, next = this.#core.takeOutput()) {
      this.#writeBlock(filled, next === undefined);
      if (next === undefined) break;
    }
    this.#socket.uncork();
  }

  /** Writes now, unless there was a write a moment ago. True when it did. */
  writeUnlessRecent(): boolean {
    if (this.#socket.writableLength > 0 || performance.now() - this.#wroteAt <= gatherMs) return false;
    this.write();
    return true;
  }

  /** Writes at the end of this turn: with what else it yields, in one write. */
  plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    // Runs once the microtasks of this turn have.
    process.nextTick(writePlanned, this);
  }

  /** @internal */
  writePlanned(): void {
    this.#planned = false;
    if (!this.#socket.destroyed) this.write();
  }

  /** Gives up all that waits. */
  drop(): void {
    for (let filled = this.#core.takeOutput(); filled !== undefined; filled = this.#core.takeOutput()) {
      if (filled.block !== undefined) this.#pool.give(filled.block);
    }
  }

  #writeBlock({ octets, block }: FilledBlock, isLast: boolean): void {
    if (isLast && octets.length < callbackOctets && this.#socket.writableLength === 0) {
      this.#socket.write(octets);
      // Taken by the kernel at once, as nearly always. If not, the block is left to the garbage collector.
      if (block !== undefined && this.#socket.writableLength === 0) this.#pool.give(block);
      return;
    }
    if (block === undefined && !isLast) this.#socket.write(octets);
    else this.#socket.write(octets, (error) => this.#written(block, isLast, error));
  }

  #written(block: Uint8Array | undefined, isLast: boolean, error: Error | null | undefined): void {
    if (block !== undefined) this.#pool.give(block);
    if (isLast && (error === undefined || error === null)) this.#owner.written();
  }
}

function writePlanned(writer: SocketWriter): void {
  writer.writePlanned();
}
