/**
 * A transport over a net.Socket: what is used wherever handle-transport.ts is not, and the measure of its behaviour.
 * @module
 */
import type { Socket } from "node:net";
import type { Transport, TransportOwner } from "./transport.ts";
import { countYoungOctets } from "./young-collection.ts";

export class SocketTransport implements Transport {
  readonly reusesBuffer = false;
  readonly #socket: Socket;
  #owner: TransportOwner | undefined = undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get queuedOctets(): number {
    return this.#socket.writableLength;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  get isPaused(): boolean {
    return this.#socket.isPaused();
  }

  get peerAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  attach(owner: TransportOwner): void {
    this.#owner = owner;
    const socket = this.#socket;
    socket.on("data", (octets) => {
      owner.receive(octets);
      if (owner.expectsBody) countYoungOctets(octets.length);
    });
    socket.on("end", () => owner.receiveEnd());
    socket.on("error", (error: NodeJS.ErrnoException) => owner.broken(error.code ?? error.message));
    socket.on("close", () => owner.closed());
  }

  write(pieces: readonly Uint8Array[], blocks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    let taken = false;
    const last = pieces.length - 1;
    const done = (error: Error | null | undefined): void => {
      if (!taken) this.#owner?.written(blocks, error !== undefined && error !== null);
    };
    if (last === 0) socket.write(pieces[0]!, done);
    else {
      socket.cork();
      for (let i = 0; i < last; i += 1) socket.write(pieces[i]!);
      socket.write(pieces[last]!, done);
      socket.uncork();
    }
    // What the kernel took at once is no news to the owner.
    taken = socket.writableLength === 0 && !socket.destroyed;
    return taken;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  destroySoon(): void {
    this.#socket.destroySoon();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }
}
