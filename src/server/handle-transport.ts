/**
 * A transport over the handle that lies below a net.Socket: no stream machinery, and one read buffer for everybody.
 *
 * Measured behind nginx, a connection for each request costs less than half of what net.Socket makes of it, and a
 * request on a kept connection a tenth less. It is private API of Node.js: this file and native-handles.ts, which
 * finds out whether it works here, are the only ones that know it. Without it, all goes over socket-transport.ts.
 * @module
 */
import { getSystemErrorName } from "node:util";
import type { NativeStreams, StreamHandle, WriteRequest } from "./native-handles.ts";
import type { Transport, TransportOwner } from "./transport.ts";
import { countYoungOctets } from "./young-collection.ts";

/** Octets read at once. */
const sharedOctets = 65_536;
/** The same in the midst of a body. What is not filled takes no memory: a buffer of this size is mapped, not cleared. */
const ownOctets = 262_144;

/**
 * A read of a body that has at least this much may be kept as it is, and its connection gets another buffer. Below, it
 * is copied: a queue must not hold on to far more memory than it counts.
 */
const keptOctets = 16_384;

/** UV_EOF, the same on every platform. */
const endOfFile = -4095;

const ownerKey: unique symbol = Symbol("tsgi.transport");
type OwnedHandle = StreamHandle & { [ownerKey]?: HandleTransport };

/** A write that the kernel has not taken whole. It keeps what it writes from the garbage collector. */
type WaitingWrite = WriteRequest & {
  transport: HandleTransport;
  pieces: readonly Uint8Array[];
  blocks: readonly Uint8Array[];
  octets: number;
};

/** What all connections read into, save those that are in the midst of a body: it has been used up when a read returns. */
let sharedBuffer: Buffer | undefined;

/** Node.js does nothing to one whose write was taken at once, as nearly all are: it serves again. */
let spareWrite: WaitingWrite | undefined;

export class HandleTransport implements Transport {
  reusesBuffer = true;
  queuedOctets = 0;
  destroyed = false;
  isPaused = false;
  readonly #handle: StreamHandle;
  readonly #native: NativeStreams;
  #owner: TransportOwner | undefined = undefined;
  #buffer: Buffer = (sharedBuffer ??= Buffer.allocUnsafeSlow(sharedOctets));
  #inputEnded = false;
  #closesWhenWritten = false;
  #closedTold = false;

  constructor(handle: StreamHandle, native: NativeStreams) {
    this.#handle = handle;
    this.#native = native;
  }

  get peerAddress(): string | undefined {
    const name: { address?: string } = {};
    const status = this.destroyed ? -1 : this.#handle.getpeername?.(name);
    return status === 0 ? name.address : undefined;
  }

  attach(owner: TransportOwner): void {
    this.#owner = owner;
    const handle: OwnedHandle = this.#handle;
    handle[ownerKey] = this;
    handle.onread = onRead;
    handle.useUserBuffer(this.#buffer);
    handle.setNoDelay?.(true);
    const status = handle.readStart();
    if (status < 0) this.#fail(status);
  }

  write(pieces: readonly Uint8Array[], blocks: readonly Uint8Array[]): boolean {
    if (this.destroyed) return true;
    const { streamBaseState, kBytesWritten, kLastWriteWasAsync } = this.#native;
    const request = (spareWrite ??= newWrite(this.#native));
    const status =
      pieces.length === 1
        ? this.#handle.writeBuffer(request, pieces[0]!)
        : this.#handle.writev(request, pieces, true);
    if (status < 0) {
      this.#fail(status);
      return true;
    }
    if (streamBaseState[kLastWriteWasAsync] === 0) return true;
    spareWrite = undefined;
    request.transport = this;
    request.pieces = pieces;
    request.blocks = blocks;
    request.octets = streamBaseState[kBytesWritten] ?? 0;
    this.queuedOctets += request.octets;
    return false;
  }

  pause(): void {
    if (this.isPaused || this.destroyed) return;
    this.isPaused = true;
    this.#handle.readStop();
  }

  resume(): void {
    if (!this.isPaused || this.destroyed) return;
    this.isPaused = false;
    // Behind the end there is nothing to read, and reading it again would tell it again.
    if (!this.#inputEnded) this.#handle.readStart();
  }

  end(): void {
    if (this.destroyed) return;
    const request = new this.#native.ShutdownWrap();
    // libuv shuts down behind the writes that wait. A peer that has gone by then is told of by reading.
    request.oncomplete = ignore;
    request.handle = this.#handle;
    this.#handle.shutdown(request);
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#handle.close(() => this.#tellClosed());
  }

  destroySoon(): void {
    if (this.queuedOctets === 0) this.destroy();
    else this.#closesWhenWritten = true;
  }

  reset(): void {
    if (this.destroyed) return;
    if (this.#handle.reset === undefined) {
      this.destroy();
      return;
    }
    this.destroyed = true;
    if (this.#handle.reset(() => this.#tellClosed()) < 0) this.#handle.close(() => this.#tellClosed());
  }

  /** Returns what the next read shall fill, where that is another buffer. @internal */
  readAvailable(): Buffer | undefined {
    const { streamBaseState, kReadBytesOrError } = this.#native;
    const count = streamBaseState[kReadBytesOrError] ?? 0;
    // Zero is "try again", not the end.
    if (this.destroyed || count === 0) return undefined;
    if (count > 0) return this.#receive(count);
    if (count === endOfFile) {
      this.#inputEnded = true;
      this.#handle.readStop();
      this.#owner?.receiveEnd();
    } else this.#fail(count);
    return undefined;
  }

  #receive(count: number): Buffer | undefined {
    const buffer = this.#buffer;
    this.reusesBuffer = buffer === sharedBuffer || count < keptOctets;
    this.#owner?.receive(buffer.subarray(0, count));
    if (this.#owner?.expectsBody !== true) this.#buffer = sharedBuffer!;
    else if (buffer === sharedBuffer || !this.reusesBuffer) {
      countYoungOctets(ownOctets);
      this.#buffer = Buffer.allocUnsafeSlow(ownOctets);
    } else countYoungOctets(count);
    return this.#buffer === buffer ? undefined : this.#buffer;
  }

  /** @internal */
  writeCompleted(request: WaitingWrite, status: number): void {
    this.queuedOctets -= request.octets;
    this.#owner?.written(request.blocks, status < 0);
    if (status < 0) this.#fail(status);
    else if (this.#closesWhenWritten && this.queuedOctets === 0) this.destroy();
  }

  /** Told in a tick of its own: whoever is writing must not find its connection gone when the call returns. */
  #fail(status: number): void {
    if (this.destroyed) return;
    process.nextTick(() => {
      if (this.destroyed) return;
      this.#owner?.broken(getSystemErrorName(status));
      this.destroy();
    });
  }

  #tellClosed(): void {
    if (this.#closedTold) return;
    this.#closedTold = true;
    this.#owner?.closed();
  }
}

function onRead(this: OwnedHandle): Buffer | undefined {
  return this[ownerKey]?.readAvailable();
}

function newWrite({ WriteWrap }: NativeStreams): WaitingWrite {
  const request = new WriteWrap() as WaitingWrite;
  request.oncomplete = onWritten;
  return request;
}

function onWritten(this: WaitingWrite, status: number): void {
  this.transport.writeCompleted(this, status);
}

function ignore(): void {}
