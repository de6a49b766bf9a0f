/**
 * `req.socket`: the client's end as the web server described it, and the place where the two halves of one request meet.
 *
 * There is no connection to the client here, so this is no net.Socket: it has what listeners and frameworks use of one.
 * Node's own IncomingMessage and ServerResponse drive it as they drive a net.Socket: the one resumes and pauses it, the
 * other writes to it (docs/decisions/0005-node-objects.md). It lives as long as its request.
 * @module
 */
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ResponseError } from "../../errors/index.ts";
import type { Environ, InputStream, StartResponse } from "../../bridge/index.ts";
import { AnswerQueue, destroyedError, type WriteCallback } from "./answer-queue.ts";
import { BareEmitter } from "./bare-emitter.ts";
import { SocketTimer } from "./socket-timer.ts";

/** The response, as far as it is driven from here. */
export interface DrivenResponse extends ServerResponse {
  outputData: unknown[];
  destroyed: boolean;
  _closed: boolean;
  _flush(): void;
}

/** Ends a response, as Node's server does when its connection closes. */
export function tellClosed(response: DrivenResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit("close");
}

/** Where Node.js 20 to 26 look for the state of a response's socket. */
interface WritableStateLike {
  corked: number;
}

/** What calls the listener. */
export interface ListenerHost {
  /** The server that the listener takes itself to run in. */
  readonly server: EventEmitter;
}

export class GatewaySocket extends BareEmitter {
  /** As a TLSSocket's; not there at all without TLS, since some (AdonisJS) ask whether it is. */
  declare readonly encrypted?: true;
  readonly connecting = false;
  readonly pending = false;
  readonly allowHalfOpen = true;
  readable = true;
  writable = true;
  destroyed = false;
  timeout: number | undefined = undefined;
  /** The response that writes here, until Node's detachSocket. */
  _httpMessage: ServerResponse | null = null;
  /** Read by Node's response before it reports 'finish'. */
  _hadError = false;
  _paused = false;
  /** Node's response sets `corked` to 1 before its last uncork. */
  readonly _writableState: WritableStateLike = { corked: 0 };
  readonly writableHighWaterMark: number;
  readonly readableHighWaterMark: number;
  /** What is written here, on its way to the gateway. */
  readonly answer: AnswerQueue;
  readonly #environ: Environ;
  readonly #host: ListenerHost;
  #request: IncomingMessage | undefined = undefined;
  #response: DrivenResponse | undefined = undefined;
  #chunks: ReturnType<InputStream["chunks"]> | undefined = undefined;
  #hasBody = false;
  #wanted = false;
  #pumping = false;
  #bodyOver = false;
  #timer: SocketTimer | undefined = undefined;
  #closed = false;

  constructor(environ: Environ, startResponse: StartResponse, highWaterMark: number, host: ListenerHost) {
    super();
    this.#environ = environ;
    this.#host = host;
    if (environ["wsgi.url_scheme"] === "https") this.encrypted = true;
    this.writableHighWaterMark = highWaterMark;
    this.readableHighWaterMark = highWaterMark;
    this.answer = new AnswerQueue(environ, startResponse, this, highWaterMark);
  }

  /** Called once, before anything is read or written. */
  attach(request: IncomingMessage, response: DrivenResponse, hasBody: boolean): void {
    this.#request = request;
    this.#response = response;
    this.#hasBody = hasBody;
  }

  // Who is at the other end.

  /** REMOTE_ADDR; undefined for a client on a UNIX socket, as with Node's http. */
  get remoteAddress(): string | undefined {
    return addressOf(this.#environ.REMOTE_ADDR);
  }

  get remotePort(): number | undefined {
    return portOf(this.#environ.REMOTE_PORT);
  }

  get remoteFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.remoteAddress);
  }

  get localAddress(): string | undefined {
    return addressOf(this.#environ["SERVER_ADDR"]);
  }

  get localPort(): number | undefined {
    return portOf(this.#environ.SERVER_PORT);
  }

  get localFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.localAddress);
  }

  address(): object {
    const { localAddress: address, localPort: port, localFamily: family } = this;
    return address === undefined ? {} : { address, family, port };
  }

  /** As Node's http sets it. */
  get server(): EventEmitter {
    return this.#host.server;
  }

  get readyState(): "open" | "closed" {
    return this.destroyed ? "closed" : "open";
  }

  get closed(): boolean {
    return this.#closed;
  }

  // What the response does.

  get writableLength(): number {
    return this.answer.waitingOctets;
  }

  get writableCorked(): number {
    return this._writableState.corked;
  }

  get bytesWritten(): number {
    return this.answer.writtenOctets;
  }

  write(
    data: string | Uint8Array,
    encoding?: BufferEncoding | WriteCallback | null,
    callback?: WriteCallback | null,
  ): boolean {
    const done = typeof encoding === "function" ? encoding : (callback ?? undefined);
    if (this.destroyed) {
      if (done !== undefined) process.nextTick(done, destroyedError());
      return false;
    }
    this.#timer?.restart();
    if (data.length === 0) return this.answer.write(undefined, done);
    const octets =
      typeof data === "string" ? Buffer.from(data, typeof encoding === "string" ? encoding : "utf8") : data;
    return this.answer.write(octets, done);
  }

  cork(): void {
    if (this._writableState.corked++ === 0) this.answer.hold();
  }

  uncork(): void {
    const state = this._writableState;
    if (state.corked === 0) return;
    state.corked--;
    if (state.corked === 0) this.answer.release();
  }

  /** @internal */
  onDrain(): void {
    const response = this.#response;
    if (response !== undefined && response.socket !== null && response.writableNeedDrain) {
      // The flag that says so is private to Node.js; it is taken back, and 'drain' emitted, when data that had been held
      // back has been flushed.
      response.outputData.push({ data: "", encoding: "latin1", callback: null });
      response._flush();
    }
    this.emit("drain");
  }

  // What the request does.

  /** The request wants octets: Node's `_read` ends here. */
  resume(): this {
    this.#wanted = true;
    if (!this.#pumping && !this.#bodyOver) this.#read();
    return this;
  }

  pause(): this {
    this.#wanted = false;
    return this;
  }

  #read(): void {
    const request = this.#request;
    if (request === undefined) return;
    if (this.#hasBody) {
      this.#pumping = true;
      void this.#pump(request);
    } else this.endBody();
  }

  /** The request has no body, or what is left of it is of no interest. @internal */
  endBody(): void {
    const request = this.#request;
    if (this.#bodyOver || request === undefined) return;
    this.#bodyOver = true;
    request.complete = true;
    request.push(null);
  }

  async #pump(request: IncomingMessage): Promise<void> {
    const chunks = (this.#chunks ??= this.#environ["wsgi.input"].chunks());
    try {
      while (this.#wanted && !this.destroyed && !request.destroyed) {
        const step = await chunks.next();
        if (this.destroyed || request.destroyed) break;
        this.#timer?.restart();
        if (step.done === true) {
          this.endBody();
          break;
        }
        // False: it is full, and resumes when it has been read.
        if (!request.push(step.value)) this.#wanted = false;
      }
      this.#pumping = false;
    } catch (error) {
      this.#pumping = false;
      this.#bodyFailed(request, error);
    }
  }

  #bodyFailed(request: IncomingMessage, error: unknown): void {
    if (this.answer.closed && request.listenerCount("data") === 0) {
      // What is left after the answer is dropped, here by the gateway: the request was only read to be rid of it.
      this.endBody();
      return;
    }
    this.#bodyOver = true;
    // The error of the gateway ends the answer, so that it becomes the status it stands for (400, 413).
    this.answer.fail(error);
    request.destroy(abortedError(error));
  }

  // Ends.

  /** Closes at once; an answer that is not whole is cut. */
  destroy(error?: Error | null): this {
    if (this.destroyed) return this;
    this.#markDestroyed();
    this.answer.fail(error ?? givenUpError());
    if (error) process.nextTick(emitError, this, error);
    // As late as a connection closes: callbacks of writes come before.
    setImmediate(closeSocket, this, error ?? undefined);
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  /** Ends the connection: with an answer that is under way, the answer. */
  end(): this {
    return this.destroy();
  }

  /** The answer is out: with the request's end this pseudo-connection is over. @internal */
  finished(): void {
    this.#timer?.stop();
    const request = this.#request;
    // What reads the request goes on until it has all of it.
    if (request === undefined || request.closed || request.readableEnded) this.#over();
    else request.once("close", () => this.#over());
  }

  #over(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#markDestroyed();
    this.emit("close", false);
  }

  /** The gateway has no use for the rest: the client has gone. @internal */
  onAbandoned(): void {
    if (this.destroyed) return;
    this.#markDestroyed();
    this.close(undefined);
  }

  /** @internal */
  close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.stop();
    this._hadError = true;
    // In Node's order: the request, and, by 'close', the response.
    this.#request?.destroy(abortedError(error));
    if (this._httpMessage !== null) tellClosed(this._httpMessage as DrivenResponse);
    this.emit("close", error !== undefined);
  }

  #markDestroyed(): void {
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
  }

  // Settings of a connection.

  setTimeout(milliseconds: number, callback?: () => void): this {
    this.timeout = milliseconds;
    if (callback !== undefined) {
      if (milliseconds === 0) this.removeListener("timeout", callback);
      else this.once("timeout", callback);
    }
    this.#timer ??= new SocketTimer(() => this.#timedOut());
    this.#timer.start(milliseconds);
    return this;
  }

  #timedOut(): void {
    const request = this.#request;
    if (this.destroyed || request === undefined) return;
    const heardByRequest = !request.complete && request.emit("timeout", this);
    const heardByResponse = this.#response?.emit("timeout", this) === true;
    const heardHere = this.emit("timeout");
    if (!heardByRequest && !heardByResponse && !heardHere) this.destroy();
  }

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
}

function emitError(socket: GatewaySocket, error: Error): void {
  if (socket.listenerCount("error") > 0) socket.emit("error", error);
}

function closeSocket(socket: GatewaySocket, error: Error | undefined): void {
  socket.close(error);
}

/** What a request of node:http that was not read to its end is destroyed with. */
function abortedError(cause: unknown): Error {
  const error = cause === undefined ? new Error("aborted") : new Error("aborted", { cause });
  return Object.assign(error, { code: "ECONNRESET" });
}

function givenUpError(): ResponseError {
  return new ResponseError(
    "ERR_RESPONSE_DESTROYED",
    "the listener destroyed the request, the response or their socket before it had ended the answer",
  );
}

function addressOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && !value.startsWith("unix:") ? value : undefined;
}

function portOf(value: unknown): number | undefined {
  const port = typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
  return Number.isInteger(port) ? port : undefined;
}

function familyOf(address: string | undefined): "IPv4" | "IPv6" | undefined {
  if (address === undefined) return undefined;
  return address.includes(":") ? "IPv6" : "IPv4";
}
