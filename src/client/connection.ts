/**
 * One connection to an application: a socket, a protocol core, and the one request that has it at a time.
 *
 * The client's only pump: socket to core to request and back, with back-pressure both ways. Requests are not
 * multiplexed: FastCGI has no flow control for that, so one slow reader would stop the others.
 * @module
 */
import { LimitExceededError, RemoteProtocolError, RequestAbortedError } from "../errors/index.ts";
import type { ClientSendEvent, GatewayClientCore } from "../protocols/gateway-client-core.ts";
import type { BlockPool } from "../protocols/output-buffer.ts";
import type { ClientLimits } from "./limits.ts";
import type { ClientSocket } from "./upload-socket.ts";
import type { ClientWire } from "./wire.ts";

/** The request that has the connection. No call follows `end` or `fail`. */
export interface ConnectionUser {
  /** Some of the answer, the request's to keep. False: stop until `ClientConnection.resume`. */
  output(octets: Uint8Array): boolean;
  errors(octets: Uint8Array): void;
  /** The answer is over. Gives back whether the request was sent whole, so that another may follow it. */
  end(appStatus: number, protocolStatus: number): boolean;
  fail(error: Error): void;
  /** True while the request waits for its own body: the application's silence is then no fault of its. */
  readonly isAwaitingBody: boolean;
}

/** Who keeps the connections. */
export interface ConnectionOwner {
  /** The connection can take another request. */
  free(connection: ClientConnection): void;
  closed(connection: ClientConnection): void;
}

export class ClientConnection {
  /** The protocol that is spoken. */
  readonly wire: ClientWire;
  readonly #socket: ClientSocket;
  readonly #core: GatewayClientCore;
  readonly #pool: BlockPool;
  readonly #owner: ConnectionOwner;
  readonly #limits: ClientLimits;
  #user: ConnectionUser | undefined;
  #answers = 0;
  #hasReceived = false;
  #isHeld = false;
  #hasEnded = false;
  #received: ArrayBufferLike | undefined;
  #wakeUpload: (() => void) | undefined;

  /** Takes over a socket that has just connected. */
  constructor(
    socket: ClientSocket,
    wire: ClientWire,
    pool: BlockPool,
    owner: ConnectionOwner,
    limits: ClientLimits,
  ) {
    this.#socket = socket;
    this.wire = wire;
    this.#core = wire.createCore(pool);
    this.#pool = pool;
    this.#owner = owner;
    this.#limits = limits;
    socket.on("data", (octets: Buffer) => this.#receive(octets));
    socket.on("end", () => this.#receiveEnd());
    socket.on("error", (error) => this.#cut(error));
    socket.on("timeout", () => this.#silent());
    socket.on("drain", () => this.#continueUpload());
    socket.on("close", () => {
      this.#cut();
      this.#owner.closed(this);
    });
  }

  /** True when an answer has come over it before: a failure may then only mean that it was closed while idle. */
  get isReused(): boolean {
    return this.#answers > 0;
  }

  /** True once octets have come since `begin`. */
  get hasReceived(): boolean {
    return this.#hasReceived;
  }

  /** False once the peer has ended or the socket is gone: nothing can be begun here. */
  get isUsable(): boolean {
    const socket = this.#socket;
    const isOpen = !this.#hasEnded && socket.readable && socket.writable && !socket.writeFailed;
    return this.#user === undefined && isOpen;
  }

  /** Gives the connection to a request. */
  begin(user: ConnectionUser): void {
    this.#user = user;
    this.#hasReceived = false;
    this.#socket.ref();
    this.#socket.setTimeout(this.#limits.readTimeoutMs);
  }

  /** Encodes an event; it leaves with the next `flush`. */
  send(event: ClientSendEvent): void {
    this.#core.send(event);
  }

  /** Octets that wait for `flush`. */
  get pendingOctets(): number {
    return this.#core.pendingOctets;
  }

  /** Writes what was sent. False: await `drained` before sending more. */
  flush(): boolean {
    const socket = this.#socket;
    for (let next = this.#core.takeOutput(); next !== undefined; next = this.#core.takeOutput()) {
      const { octets, block } = next;
      socket.write(octets, (error) => {
        // After an error the kernel may still be reading from the block.
        if (!error && block !== undefined) this.#pool.give(block);
      });
    }
    return !socket.writableNeedDrain && !socket.writeFailed;
  }

  /** Resolves when more can be written, or when the answer is over or the connection gone. */
  drained(): Promise<void> {
    return new Promise((resolve) => (this.#wakeUpload = resolve));
  }

  /** The request takes output again. */
  resume(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#pump();
    if (!this.#isHeld) this.#socket.resume();
  }

  /** Closes at once; a request that has the connection is not told. */
  destroy(): void {
    this.#user = undefined;
    this.#continueUpload();
    this.#socket.destroy();
  }

  /** Closes at once; a request that has the connection fails. */
  abort(): void {
    this.#fail(new RequestAbortedError("ERR_REQUEST_ABORTED", "the client was destroyed"));
  }

  /** No request has it: it may close without a word, and the process need not wait for it. */
  idle(): void {
    this.#socket.setTimeout(this.#limits.idleTimeoutMs);
    this.#socket.unref();
  }

  #receive(octets: Buffer): void {
    this.#hasReceived = true;
    this.#received = octets.buffer;
    this.#core.receive(octets);
    this.#pump();
  }

  #receiveEnd(): void {
    this.#hasEnded = true;
    this.#core.receiveEnd();
    this.#pump();
  }

  #pump(): void {
    let isFree = false;
    try {
      while (!this.#isHeld) {
        const event = this.#core.nextEvent();
        if (event === undefined) break;
        const user = this.#user;
        if (user === undefined) {
          // Octets that belong to no request; the next one must not find them here (P8).
          this.#socket.destroy();
          return;
        }
        if (event.type === "output") {
          this.#isHeld = !user.output(this.#owned(event.octets));
          if (this.#isHeld) this.#socket.pause();
        } else if (event.type === "errors") {
          user.errors(this.#owned(event.octets));
        } else if (event.type === "end") {
          this.#user = undefined;
          this.#answers++;
          isFree = user.end(event.appStatus, event.protocolStatus);
          this.#continueUpload();
        }
        // "values" and "unknown-type" answer questions that a request never asks.
      }
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (this.#isHeld) return;
    if (this.#user !== undefined) {
      if (this.#hasEnded) this.#cut();
    } else if (isFree && this.isUsable) {
      this.#owner.free(this);
    } else {
      this.#socket.destroy();
    }
  }

  /** What the socket gave is not written again, so a view of it can be kept; a view of the core's own cannot. */
  #owned(octets: Uint8Array): Uint8Array {
    return octets.buffer === this.#received ? octets : octets.slice();
  }

  #silent(): void {
    const user = this.#user;
    if (user === undefined) {
      this.#socket.destroy();
    } else if (this.#isHeld || user.isAwaitingBody) {
      // The timer fires once and is armed again by traffic; there was none.
      this.#socket.setTimeout(this.#limits.readTimeoutMs);
    } else {
      const { readTimeoutMs } = this.#limits;
      this.#fail(
        new LimitExceededError(
          "ERR_LIMIT_TIME",
          "readTimeoutMs",
          readTimeoutMs,
          readTimeoutMs,
          `the application was silent for ${readTimeoutMs} ms; its answer was given up`,
        ),
      );
    }
  }

  /** The socket has ended, with or without an error. */
  #cut(cause?: Error): void {
    if (this.#user === undefined) {
      this.destroy();
      return;
    }
    this.#fail(
      new RemoteProtocolError(
        this.wire.truncatedCode,
        `the application closed the connection before its answer had ended${cause ? `: ${cause.message}` : ""}`,
        { cause },
      ),
    );
  }

  #fail(error: Error): void {
    const user = this.#user;
    this.destroy();
    user?.fail(error);
  }

  #continueUpload(): void {
    this.#wakeUpload?.();
    this.#wakeUpload = undefined;
  }
}
