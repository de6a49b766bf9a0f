/**
 * What a connection needs of whatever carries its octets, and what it is told.
 *
 * There are two: socket-transport.ts over a net.Socket, and handle-transport.ts over the handle below one.
 * @module
 */

/** Told what happens; nothing is told after `closed`. */
export interface TransportOwner {
  /** More of a request body is to come: octets that are worth a buffer of their own. */
  readonly expectsBody: boolean;
  /** Octets have come. Where `reusesBuffer`, they are overwritten once this returns. */
  receive(octets: Uint8Array): void;
  /** The peer has ended its side. */
  receiveEnd(): void;
  /**
   * Reading or writing failed: nobody is there any more.
   * @param code - such as ECONNRESET
   */
  broken(code: string): void;
  /**
   * The kernel has taken a write that had to wait.
   * @param blocks - what was given with it
   */
  written(blocks: readonly Uint8Array[], failed: boolean): void;
  /** The last that is told. */
  closed(): void;
}

/** One accepted connection, both sides of which end apart. */
export interface Transport {
  /** What `receive` is being given lies in a buffer that the next read fills again. */
  readonly reusesBuffer: boolean;
  /** Octets given to `write` that the kernel has not taken. */
  readonly queuedOctets: number;
  readonly destroyed: boolean;
  readonly isPaused: boolean;
  /** The IP address of the peer, without the port; undefined when it has gone, and on a UNIX socket. */
  readonly peerAddress: string | undefined;
  /** Begins to read, and tells `owner`. Once, in the turn in which the connection was accepted. */
  attach(owner: TransportOwner): void;
  /**
   * Writes all of the pieces in one call.
   * @param blocks - what must not be used before they are written
   * @returns true when the kernel has taken them all; false when `owner.written` will be told
   */
  write(pieces: readonly Uint8Array[], blocks: readonly Uint8Array[]): boolean;
  pause(): void;
  resume(): void;
  /** Ends our side behind what waits. */
  end(): void;
  destroy(): void;
  /** Destroys once the kernel has taken what waits. */
  destroySoon(): void;
  /** Destroys so that the peer can see it was not in order: by a TCP reset where there is TCP. */
  reset(): void;
}
