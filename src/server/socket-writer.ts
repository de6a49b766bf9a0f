/**
 * From a core's output blocks to a transport: when they are written, and when they return to the pool.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import type { GatewayCore } from "../protocols/gateway-core.ts";
import type { BlockPool } from "../protocols/output-buffer.ts";
import type { Transport } from "./transport.ts";

/** What is flushed less than this long after the last write waits for the end of the turn, in ms. */
const gatherMs = 1;

/** A write of this much may have made room that somebody waits for. */
const largeOctets = 16_384;

/** Told when the kernel has taken so much that waiting answers may go on. */
export interface WriterOwner {
  roomMade(): void;
}

export class SocketWriter {
  readonly #transport: Transport;
  readonly #core: GatewayCore;
  readonly #pool: BlockPool;
  readonly #owner: WriterOwner;
  #planned = false;
  #wroteAt = 0;

  constructor(transport: Transport, core: GatewayCore, pool: BlockPool, owner: WriterOwner) {
    this.#transport = transport;
    this.#core = core;
    this.#pool = pool;
    this.#owner = owner;
  }

  /** Octets that wait, here and in the transport. */
  get queuedOctets(): number {
    return this.#core.pendingOctets + this.#transport.queuedOctets;
  }

  /** True when the kernel has taken all that was written. */
  get isDrained(): boolean {
    return this.#transport.queuedOctets === 0;
  }

  /** Writes all that the core has, in one call. */
  write(): void {
    const first = this.#core.takeOutput();
    if (first === undefined) return;
    this.#wroteAt = performance.now();
    // Nearly always all there is: an empty array that is pushed to takes room for seventeen.
    const pieces = [first.octets];
    const blocks = first.block === undefined ? [] : [first.block];
    let octets = first.octets.length;
    for (let more = this.#core.takeOutput(); more !== undefined; more = this.#core.takeOutput()) {
      pieces.push(more.octets);
      octets += more.octets.length;
      if (more.block !== undefined) blocks.push(more.block);
    }
    if (!this.#transport.write(pieces, blocks)) return;
    this.release(blocks);
    // In a tick of its own: who has just sent this must return before it is asked for more.
    if (octets >= largeOctets) process.nextTick(tellRoomMade, this.#owner);
  }

  /** Blocks that have been written are used again. */
  release(blocks: readonly Uint8Array[]): void {
    for (const block of blocks) this.#pool.give(block);
  }

  /** Writes now, unless there was a write a moment ago. True when it did. */
  writeUnlessRecent(): boolean {
    if (this.#transport.queuedOctets > 0 || performance.now() - this.#wroteAt <= gatherMs) return false;
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
    if (!this.#transport.destroyed) this.write();
  }

  /** Gives up all that waits. */
  drop(): void {
    for (let filled = this.#core.takeOutput(); filled !== undefined; filled = this.#core.takeOutput()) {
      if (filled.block !== undefined) this.#pool.give(filled.block);
    }
  }
}

function writePlanned(writer: SocketWriter): void {
  writer.writePlanned();
}

function tellRoomMade(owner: WriterOwner): void {
  owner.roomMade();
}
