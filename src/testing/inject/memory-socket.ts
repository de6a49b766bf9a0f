/**
 * Two connected stream ends in memory that act as sockets do: octets arrive in a later turn, a peer that does not read
 * holds the writer up, an end is an end, a reset is an error. Not a socket: nothing here asks the operating system.
 * @module
 */
import { Duplex } from "node:stream";

/** Octets that are on their way to a reader before its writer has to wait: what a socket's buffers hold, roughly. */
const capacityOctets = 65_536;

type Done = (error?: Error | null) => void;

/** What the operating system would say of the connection, as seen by one end. */
export interface MemoryAddresses {
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
}

/** One end. What is used of net.Socket is there: timeouts, addresses, `destroySoon`, `resetAndDestroy`. */
export class MemorySocket extends Duplex {
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly connecting = false;
  #peer: MemorySocket | undefined;
  /** What the peer has written and nobody has been given. */
  readonly #arriving: Buffer[] = [];
  #arrivingOctets = 0;
  #peerEnded = false;
  #wanted = false;
  #planned = false;
  /** The peer's write that waits for this end to read. */
  #heldWrite: Done | undefined;
  #writeFailed = false;
  #timeoutMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(addresses: MemoryAddresses) {
    super({ allowHalfOpen: true, autoDestroy: true });
    this.localAddress = addresses.localAddress;
    this.localPort = addresses.localPort;
    this.remoteAddress = addresses.remoteAddress;
    this.remotePort = addresses.remotePort;
  }

  /** Connects two ends; once for each. */
  static connect(first: MemorySocket, second: MemorySocket): void {
    first.#peer = second;
    second.#peer = first;
  }

  /** True when nothing that is written reaches the peer any more. */
  get writeFailed(): boolean {
    return this.#writeFailed;
  }

  /** Emits "timeout" after so many ms without traffic; 0: never. */
  setTimeout(ms: number, listener?: () => void): this {
    this.#timeoutMs = ms;
    if (listener !== undefined) this.once("timeout", listener);
    this.#active();
    return this;
  }

  // What a socket has and memory has no use for.

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Ends once all that was written has been taken. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** The peer sees an error rather than an end. */
  resetAndDestroy(): this {
    const peer = this.#peer;
    this.#peer = undefined;
    this.destroy();
    setImmediate(() => peer?.destroy(systemError("ECONNRESET", "read")));
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const peer = this.#peer;
    if (peer === undefined || peer.destroyed) {
      this.#writeFailed = true;
      // As the kernel: later, and a writer that has other things to read gets to them first.
      setImmediate(done, systemError("EPIPE", "write"));
      return;
    }
    this.#active();
    // The writer may use its block again as soon as `done` is called.
    peer.#arriving.push(Buffer.from(chunk));
    peer.#arrivingOctets += chunk.length;
    peer.#plan();
    if (peer.#arrivingOctets < capacityOctets) done();
    else peer.#heldWrite = done;
  }

  override _final(done: Done): void {
    this.#endPeer();
    done();
  }

  override _read(): void {
    this.#wanted = true;
    this.#plan();
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer);
    this.#arriving.length = 0;
    this.#endPeer();
    const held = this.#heldWrite;
    this.#heldWrite = undefined;
    if (held !== undefined) setImmediate(held, systemError("EPIPE", "write"));
    done(error);
  }

  #endPeer(): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    peer.#peerEnded = true;
    peer.#plan();
  }

  /** In a later turn, as octets of a socket: a writer is never called back by its own write. */
  #plan(): void {
    if (this.#planned || this.destroyed) return;
    this.#planned = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#planned = false;
    while (this.#wanted && !this.destroyed) {
      const chunk = this.#arriving.shift();
      if (chunk === undefined) break;
      this.#active();
      this.#arrivingOctets -= chunk.length;
      this.#wanted = this.push(chunk);
    }
    if (this.#arrivingOctets < capacityOctets) {
      const held = this.#heldWrite;
      this.#heldWrite = undefined;
      held?.();
    }
    if (this.#peerEnded && this.#arriving.length === 0 && !this.destroyed && !this.readableEnded)
      this.push(null);
  }

  #active(): void {
    clearTimeout(this.#timer);
    if (this.#timeoutMs > 0 && !this.destroyed)
      this.#timer = setTimeout(() => this.emit("timeout"), this.#timeoutMs);
  }
}

function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${call} ${code}`), { code, syscall: call });
}

/**
 * Two connected ends: the first for a client, the second for a server. `addresses` are the server's view.
 * @returns `[client, server]`
 */
export function connectionPair(
  addresses: MemoryAddresses = {},
): [client: MemorySocket, server: MemorySocket] {
  const { localAddress, localPort, remoteAddress, remotePort } = addresses;
  const client = new MemorySocket({
    ...(remoteAddress === undefined ? {} : { localAddress: remoteAddress }),
    ...(remotePort === undefined ? {} : { localPort: remotePort }),
    ...(localAddress === undefined ? {} : { remoteAddress: localAddress }),
    ...(localPort === undefined ? {} : { remotePort: localPort }),
  });
  const server = new MemorySocket(addresses);
  MemorySocket.connect(client, server);
  return [client, server];
}
