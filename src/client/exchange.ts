/**
 * One request and its answer on one connection: the upload, the head, the body and how all of it ends.
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { plainDecimal } from "../protocols/content-length.ts";
import { ProtocolStatus } from "../protocols/fastcgi/index.ts";
import { blockOctets } from "../protocols/output-buffer.ts";
import { ResponseHeadReader, type ResponseHead } from "../protocols/response-head.ts";
import { AnswerBody, type AnswerBodySource } from "./answer-body.ts";
import type { ClientConnection, ConnectionUser } from "./connection.ts";
import type { ClientLimits } from "./limits.ts";
import { abortedError } from "./pool.ts";
import type { ClientRequest, GatewayResponse } from "./types.ts";
import type { UploadSource } from "./upload-source.ts";

/** The only id in use: connections are not multiplexed, and every web server but HAProxy sends 1. */
const id = 1;

/**
 * Methods whose second request does more than the first: the application may have acted before it closed. The same that
 * nginx sends once only (RFC 9110 section 9.2.2).
 */
const actsEachTime: ReadonlySet<string> = new Set(["POST", "PATCH", "LOCK"]);

/** A request's streams, shared by the attempts to send it. */
export interface Uploads {
  readonly body: UploadSource;
  readonly data: UploadSource;
}

export class ClientExchange implements ConnectionUser, AnswerBodySource {
  readonly #connection: ClientConnection;
  readonly #request: ClientRequest;
  readonly #uploads: Uploads;
  readonly #limits: ClientLimits;
  readonly #head: ResponseHeadReader;
  #resolve!: (response: GatewayResponse) => void;
  #reject!: (error: unknown) => void;
  #body: AnswerBody | undefined;
  /** Octets of the body that the head promises and that have not come; 0 where nobody has to count. */
  #missingOctets = 0;
  #isOver = false;
  #isSentWhole = false;
  #isAwaitingBody = false;
  #mayRetry = false;
  #appStatus: number | undefined;
  #protocolStatus: number | undefined;

  constructor(connection: ClientConnection, request: ClientRequest, uploads: Uploads, limits: ClientLimits) {
    this.#connection = connection;
    this.#request = request;
    this.#uploads = uploads;
    this.#limits = limits;
    this.#head = new ResponseHeadReader(limits.maxHeadOctets);
  }

  get isAwaitingBody(): boolean {
    return this.#isAwaitingBody;
  }

  /** True after a failure that only says that a kept connection had been closed: nothing of the request was heard. */
  get mayRetry(): boolean {
    return this.#mayRetry;
  }

  /** Sends the request; resolves with the answer's head, or rejects as `GatewayClient.request` says. */
  start(): Promise<GatewayResponse> {
    const response = new Promise<GatewayResponse>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#request.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#connection.begin(this);
    if (this.#request.signal?.aborted) this.#onAbort();
    else this.#send().catch((error: unknown) => this.#giveUp(error));
    return response;
  }

  output(octets: Uint8Array): boolean {
    if (this.#body !== undefined) {
      this.#missingOctets -= octets.length;
      return this.#body.add(octets);
    }
    const head = this.#head.receive(octets);
    if (head === undefined) return true;
    this.#body = new AnswerBody(this, this.#limits.answerHighWaterOctets);
    if (this.#connection.wire.endsByClose)
      this.#missingOctets = promisedOctets(head, this.#method === "HEAD") - head.rest.length;
    const wantsMore = this.#body.add(head.rest);
    this.#resolve(this.#response(head, this.#body));
    return wantsMore;
  }

  errors(octets: Uint8Array): void {
    this.#request.onErrors?.(octets);
  }

  end(appStatus: number, protocolStatus: number): boolean {
    this.#appStatus = appStatus;
    this.#protocolStatus = protocolStatus;
    this.#finish();
    const isComplete = protocolStatus === ProtocolStatus.requestComplete;
    if (!isComplete) this.#conclude(refusal(protocolStatus));
    else if (this.#body === undefined) this.#conclude(this.#missingHead());
    else if (this.#missingOctets > 0) this.#conclude(this.#truncated(this.#missingOctets));
    else this.#body.end();
    return isComplete && this.#isSentWhole;
  }

  fail(error: Error): void {
    const wasClosed =
      error instanceof RemoteProtocolError && error.code === this.#connection.wire.truncatedCode;
    const { body, data } = this.#uploads;
    this.#mayRetry =
      wasClosed &&
      !actsEachTime.has(this.#method) &&
      this.#connection.isReused &&
      !this.#connection.hasReceived &&
      !body.hasSent &&
      !data.hasSent;
    this.#finish();
    this.#conclude(error);
  }

  resume(): void {
    this.#connection.resume();
  }

  abandon(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#connection.destroy();
  }

  /** The answer is over, one way or another: the upload stops and the signal is let go. */
  #finish(): void {
    this.#isOver = true;
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    if (this.#mayRetry) return;
    this.#uploads.body.close();
    this.#uploads.data.close();
  }

  #conclude(error: unknown): void {
    if (this.#body === undefined) this.#reject(error);
    else this.#body.fail(error as Error);
  }

  readonly #onAbort = (): void => {
    this.#giveUp(abortedError(this.#request.signal));
  };

  /** This side ends the request. */
  #giveUp(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#connection.destroy();
    this.#conclude(error);
  }

  get #method(): string {
    for (const [name, value] of this.#request.params) if (name === "REQUEST_METHOD") return value;
    return "";
  }

  #truncated(missing: number): RemoteProtocolError {
    const message = `the application closed the connection ${missing} octets before the Content-Length of its answer`;
    return new RemoteProtocolError(this.#connection.wire.truncatedCode, message);
  }

  #missingHead(): unknown {
    try {
      return this.#head.receiveEnd();
    } catch (error) {
      return error;
    }
  }

  #response(head: ResponseHead, body: AnswerBody): GatewayResponse {
    const appStatus = (): number | undefined => this.#appStatus;
    const protocolStatus = (): number | undefined => this.#protocolStatus;
    return {
      status: head.status,
      reason: head.reason,
      headers: head.headers,
      body,
      get appStatus() {
        return appStatus();
      },
      get protocolStatus() {
        return protocolStatus();
      },
    };
  }

  async #send(): Promise<void> {
    const connection = this.#connection;
    const { params, role = "responder" } = this.#request;
    connection.send({
      type: "request",
      id,
      role,
      keepConnection: this.#limits.maxIdleConnections > 0,
      params,
    });
    // Without a body, nothing below awaits, and the whole request leaves in one write.
    if (role !== "authorizer") {
      if (this.#request.body !== undefined) await this.#sendStream("body", this.#uploads.body);
      if (this.#isOver) return;
      connection.send({ type: "body-end", id });
      if (role === "filter") {
        await this.#sendStream("data", this.#uploads.data);
        if (this.#isOver) return;
        connection.send({ type: "data-end", id });
      }
    }
    this.#isSentWhole = true;
    connection.flush();
  }

  async #sendStream(type: "body" | "data", source: UploadSource): Promise<void> {
    for (;;) {
      let chunk = source.peek();
      if (chunk instanceof Promise) {
        // The source may fail while this waits for the socket, which an application can leave full for ever.
        chunk.catch((error: unknown) => this.#giveUp(error));
        if (!(await this.#flushed())) return;
        this.#isAwaitingBody = true;
        chunk = await chunk;
        this.#isAwaitingBody = false;
      }
      if (this.#isOver || chunk === undefined) return;
      source.take();
      // In pieces of a block: sending copies, and a chunk may be a whole file.
      for (let at = 0; at < chunk.length; at += blockOctets) {
        if (this.#connection.pendingOctets >= blockOctets && !(await this.#flushed())) return;
        this.#connection.send({ type, id, octets: chunk.subarray(at, at + blockOctets) });
      }
    }
  }

  /** Writes what waits, at the socket's pace; false when the answer was over before that. */
  async #flushed(): Promise<boolean> {
    if (!this.#isOver && !this.#connection.flush()) await this.#connection.drained();
    return !this.#isOver;
  }
}

/** What Content-Length says, 0 where none follows the head or it says nothing. */
function promisedOctets({ status, headers }: ResponseHead, isHead: boolean): number {
  if (isHead || status === 204 || status === 304) return 0;
  const length = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  return (length === undefined ? undefined : plainDecimal(length)) ?? 0;
}

function refusal(protocolStatus: number): RemoteProtocolError {
  const names: Readonly<Record<number, string>> = {
    [ProtocolStatus.cantMultiplex]: "FCGI_CANT_MPX_CONN: it takes one request at a time on a connection",
    [ProtocolStatus.overloaded]: "FCGI_OVERLOADED: it has no capacity left",
    [ProtocolStatus.unknownRole]: "FCGI_UNKNOWN_ROLE: it does not serve this role",
  };
  return new RemoteProtocolError(
    "ERR_FCGI_REFUSED",
    `the application refused the request with ${names[protocolStatus] ?? `protocol status ${protocolStatus}`}`,
  );
}
