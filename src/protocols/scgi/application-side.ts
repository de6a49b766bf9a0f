/**
 * The application side of one SCGI connection: octets in, the events of its one request out, the answer in, octets out.
 *
 * No I/O and no clock. SCGI has neither ids nor ends: a connection carries one request, whose body ends where
 * CONTENT_LENGTH says, and an answer ends where the connection does. What comes behind the body is dropped unread and
 * never taken for a request (P11). SCGI specification, "Protocol".
 * @module
 */
import { LocalProtocolError, type TsgiError } from "../../errors/index.ts";
import type { GatewayCore, RequestEvent, ResponseEvent } from "../gateway-core.ts";
import { lentOctets, OutputBuffer, type BlockPool, type FilledBlock } from "../output-buffer.ts";
import { decodeHeaders } from "./headers.ts";
import { scgiLimits, type ScgiLimits } from "./limits.ts";
import { NetstringReader } from "./netstring-reader.ts";
import { truncated } from "./violations.ts";

/** How a ScgiApplicationSide is set up. */
export interface ScgiApplicationSideOptions {
  /** Overrides of `scgiLimits`. */
  readonly limits?: Partial<ScgiLimits>;
  /** Where blocks of output come from; fresh ones by default. */
  readonly pool?: BlockPool;
}

/** The id of the one request. */
const id = 1;

const noOctets = new Uint8Array(0);

/** What comes next of the request. */
const Part = { headers: 0, body: 1, bodyEnd: 2, nothing: 3 } as const;

/** One connection. */
export class ScgiApplicationSide implements GatewayCore {
  readonly endsByClose = true;
  readonly #maxParamsOctets: number;
  readonly #maxParams: number;
  readonly #output: OutputBuffer;
  #netstring: NetstringReader | undefined;
  #chunk: Uint8Array = noOctets;
  #at = 0;
  #part: (typeof Part)[keyof typeof Part] = Part.headers;
  #bodyLeft = 0;
  #inputEnded = false;
  #failure: TsgiError | undefined;
  #answering = false;
  #closing = false;

  constructor({ limits = scgiLimits, pool }: ScgiApplicationSideOptions = {}) {
    // Not merged into a table: that took a twentieth of a small request's CPU, and each has a connection of its own.
    this.#maxParamsOctets = limits.maxParamsOctets ?? scgiLimits.maxParamsOctets;
    this.#maxParams = limits.maxParams ?? scgiLimits.maxParams;
    this.#output = new OutputBuffer(pool);
  }

  receive(octets: Uint8Array): void {
    this.#chunk = octets;
    this.#at = 0;
  }

  keepInput(): void {
    if (this.#at === this.#chunk.length) return;
    // Not slice(): of a Buffer that is a view.
    this.#chunk = new Uint8Array(this.#chunk.subarray(this.#at));
    this.#at = 0;
  }

  /** The peer has ended its side. If that cut the request short, `nextEvent` throws once it has read the rest. */
  receiveEnd(): void {
    this.#inputEnded = true;
  }

  /**
   * The next event, or undefined when more octets are needed. The block of a `request` and the octets of a `body` are
   * valid until the next `receive`. A CONTENT_LENGTH that is no plain decimal gives a request without a body, for the
   * bridge to answer 400.
   * @throws RemoteProtocolError ERR_SCGI_NETSTRING, ERR_SCGI_HEADERS, ERR_SCGI_TRUNCATED
   * @throws LimitExceededError ERR_LIMIT_PARAMS. After a throw every further call throws the same error.
   */
  nextEvent(): RequestEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#next();
    } catch (error) {
      this.#failure = error as TsgiError;
      this.#chunk = noOctets;
      throw error;
    }
  }

  /**
   * Encodes the answer: the head, then the body, as they are. `errors` are dropped: SCGI has nowhere to put them. An
   * end sends nothing; the connection is then to be closed, or reset where it is not `complete`.
   * @throws LocalProtocolError ERR_LOCAL_STATE before the request has been announced, after the end, and for a second
   *   or late head
   */
  send(event: ResponseEvent): void {
    if (event.id !== id || this.#part === Part.headers || this.#closing) throw notOpen(event);
    switch (event.type) {
      case "head":
        if (this.#answering) {
          throw new LocalProtocolError(
            "ERR_LOCAL_STATE",
            "got a head after some of the answer had been sent; a head comes first, and once",
          );
        }
        this.#append(event.octets);
        return;
      case "body":
        if (event.octets.length < lentOctets) this.#append(event.octets);
        else {
          this.#answering = true;
          this.#output.lend(event.octets);
        }
        return;
      case "errors":
        return;
      case "end":
        this.#closing = true;
        return;
      default:
        event satisfies never;
    }
  }

  /** Nothing: an SCGI connection always ends with its answer. */
  announceClose(): void {}

  /** Nothing: it carries one request. */
  refuseMore(): void {}

  get pendingOctets(): number {
    return this.#output.pendingOctets;
  }

  takeOutput(): FilledBlock | undefined {
    return this.#output.take();
  }

  get receiving(): boolean {
    return this.#part === Part.headers && this.#netstring?.hasBegun === true;
  }

  /** True once the answer has ended. */
  get closing(): boolean {
    return this.#closing;
  }

  #next(): RequestEvent | undefined {
    if (this.#closing) this.#part = Part.nothing;
    switch (this.#part) {
      case Part.headers:
        return this.#readHeaders();
      case Part.body:
        return this.#readBody();
      case Part.bodyEnd:
        this.#part = Part.nothing;
        return { type: "body-end", id };
      case Part.nothing:
        this.#chunk = noOctets;
        return undefined;
      default:
        return this.#part satisfies never;
    }
  }

  #readHeaders(): RequestEvent | undefined {
    this.#netstring ??= new NetstringReader(this.#maxParamsOctets);
    const end = this.#netstring.read(this.#chunk, this.#at);
    if (end === undefined) {
      // The chunk goes back to whoever gave it.
      this.#chunk = noOctets;
      this.#at = 0;
      if (this.#inputEnded && this.#netstring.hasBegun) throw truncated(this.#netstring.missing);
      return undefined;
    }
    const { params, bodyOctets = 0 } = decodeHeaders(this.#netstring.takeContent(), this.#maxParams);
    this.#netstring = undefined;
    this.#at = end;
    this.#bodyLeft = bodyOctets;
    this.#part = bodyOctets > 0 ? Part.body : Part.bodyEnd;
    return { type: "request", id, role: "responder", params };
  }

  #readBody(): RequestEvent | undefined {
    const start = this.#at;
    const count = Math.min(this.#bodyLeft, this.#chunk.length - start);
    if (count === 0) {
      this.#chunk = noOctets;
      this.#at = 0;
      if (this.#inputEnded) throw truncated(`${this.#bodyLeft} octets before the end of the request body`);
      return undefined;
    }
    this.#at = start + count;
    this.#bodyLeft -= count;
    if (this.#bodyLeft === 0) this.#part = Part.bodyEnd;
    return { type: "body", id, octets: this.#chunk.subarray(start, start + count) };
  }

  #append(octets: Uint8Array): void {
    if (octets.length > 0) this.#answering = true;
    this.#output.append(octets);
  }
}

function notOpen(event: ResponseEvent): LocalProtocolError {
  return new LocalProtocolError(
    "ERR_LOCAL_STATE",
    `got ${event.type} for request ${event.id}, which is not open: a connection has one request, number ${id}, ` +
      "which has not been announced, or has been ended",
  );
}
