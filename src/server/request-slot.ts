/**
 * One request on a connection: the sink its Exchange answers into, and what is left to do after the answer.
 *
 * It knows nothing of sockets: the connection lends it `SlotConnection`. A chunk larger than the room that is left is
 * taken piece by piece as the web server reads, so that one answer of any size stays within the high-water mark.
 * @module
 */
import type { Exchange, HeaderList, ResponseSink } from "../bridge/index.ts";
import { RequestAbortedError } from "../errors/index.ts";
import type { GatewayRole, ResponseEvent } from "../protocols/gateway-core.ts";
import { encodeAuthorizerHead, encodeResponseHead } from "../protocols/response-head.ts";
import type { UploadDrain } from "./upload-drain.ts";

/** What a slot needs of its connection. */
export interface SlotConnection {
  /** Octets that may be queued before the high-water mark. */
  readonly room: number;
  send(event: ResponseEvent): void;
  /** Puts what was sent on its way: at once, or with the rest of this turn. */
  flush(): void;
  /** The Exchange has answered. */
  answered(slot: RequestSlot, complete: boolean): void;
  /** Its answer has been given up, though its application had been called. */
  aborted(): void;
}

/** How much of one large chunk is queued at once: it is not copied, so only what describes its parts takes memory. */
const aheadOctets = 4_194_304;

/** Octets of `wsgi.errors` that may wait for a web server that does not read; more goes to the error log only. */
const maxQueuedErrorOctets = 65_536;

interface Waiter {
  resolve(): void;
  reject(reason: RequestAbortedError): void;
}

export class RequestSlot implements ResponseSink {
  readonly id: number;
  /** Set by the connection right after construction: an Exchange needs its sink first. */
  exchange!: Exchange;
  started = false;
  /** When the application was called, on the server's clock. */
  startedAt = -1;
  /** It has taken too long, and was told so. */
  expired = false;
  /** As the application gave it; "" before. */
  status = "";
  /** Some of the answer has been sent. */
  answering = false;
  /** The body queue said it is full: the connection does not read on. */
  bodyFull = false;
  /** When it became full, on the server's clock. */
  bodyFullSince = 0;
  bodyEnded = false;
  dataEnded = true;
  /** Answered, and what still comes of the upload is dropped until it ends or pauses. */
  drain: UploadDrain | undefined = undefined;
  /** Cut short, and about to be shown as such. */
  breakingOff = false;

  readonly #connection: SlotConnection;
  readonly #isAuthorizer: boolean;
  #closed = false;
  #remainder: Uint8Array | undefined;
  #waiter: Waiter | undefined;
  #abortReason: RequestAbortedError | undefined;

  constructor(connection: SlotConnection, id: number, role: GatewayRole) {
    this.#connection = connection;
    this.#isAuthorizer = role === "authorizer";
    this.id = id;
  }

  head(status: string, headers: Readonly<HeaderList>): void {
    if (this.#closed) return;
    const encode = this.#isAuthorizer ? encodeAuthorizerHead : encodeResponseHead;
    this.#connection.send({ type: "head", id: this.id, octets: encode(status, headers) });
    this.status = status;
    this.answering = true;
  }

  body(octets: Uint8Array): boolean {
    // After an abort the answer goes nowhere; `drained` then tells the application why.
    if (this.#closed) return this.#abortReason === undefined;
    this.#push(octets);
    return this.#remainder === undefined && this.#connection.room > 0;
  }

  flush(): void {
    if (!this.#closed) this.#connection.flush();
  }

  drained(): Promise<void> {
    if (this.#abortReason !== undefined) return Promise.reject(this.#abortReason);
    if (this.#closed || (this.#remainder === undefined && this.#connection.room > 0))
      return Promise.resolve();
    this.#connection.flush();
    return new Promise((resolve, reject) => {
      const earlier = this.#waiter;
      this.#waiter = earlier === undefined ? { resolve, reject } : joinWaiters(earlier, { resolve, reject });
    });
  }

  errors(text: string): void {
    if (this.#closed || this.#connection.room < -maxQueuedErrorOctets) return;
    const octets = Buffer.from(text, "utf8");
    this.#connection.send({ type: "errors", id: this.id, octets: octets.subarray(0, maxQueuedErrorOctets) });
    this.#connection.flush();
  }

  end(complete: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.answered(this, complete);
  }

  /** The web server has read some: goes on with what waits. */
  progress(): void {
    if (this.#remainder !== undefined) {
      const remainder = this.#remainder;
      this.#remainder = undefined;
      this.#push(remainder);
    }
    if (this.#waiter !== undefined && this.#remainder === undefined && this.#connection.room > 0) {
      const waiter = this.#waiter;
      this.#waiter = undefined;
      waiter.resolve();
    }
  }

  /** The peer has gone, or gave the request up: nothing more is sent. */
  abort(reason: RequestAbortedError): void {
    if (this.#abortReason !== undefined) return;
    if (this.started && !this.#closed) this.#connection.aborted();
    this.#closed = true;
    this.#abortReason = reason;
    this.#remainder = undefined;
    this.exchange.abort(reason);
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.reject(reason);
  }

  /** True while an answer waits for the web server to read. */
  get waiting(): boolean {
    return this.#waiter !== undefined;
  }

  #push(octets: Uint8Array): void {
    if (this.#remainder !== undefined) {
      // A write() that was not awaited: order is kept, and only such an application pays for the copy.
      this.#remainder = Buffer.concat([this.#remainder, octets]);
      return;
    }
    const room = Math.max(this.#connection.room + aheadOctets, 0);
    if (octets.length <= room) {
      this.#connection.send({ type: "body", id: this.id, octets });
      return;
    }
    if (room > 0) this.#connection.send({ type: "body", id: this.id, octets: octets.subarray(0, room) });
    this.#remainder = octets.subarray(room);
    this.#connection.flush();
  }
}

/** Two callers may wait at once: the runner between chunks and a `write()` that was not awaited. */
function joinWaiters(first: Waiter, second: Waiter): Waiter {
  return {
    resolve: () => {
      first.resolve();
      second.resolve();
    },
    reject: (reason) => {
      first.reject(reason);
      second.reject(reason);
    },
  };
}
