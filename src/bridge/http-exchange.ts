/**
 * One HTTP request: its body goes to an Exchange, the Exchange's answer to the client.
 *
 * node:http frames, parses and keeps connections; here is only what the calling convention adds. RFC 9110, RFC 9112.
 * `serve({ http })` and `toNode` are both made of it.
 * @module
 */
import { RequestAbortedError, TsgiError, type LimitExceededError } from "../errors/index.ts";
import type { HttpRequestHead, ParamsSettings, RequestSocket } from "../protocols/http-params.ts";
import { dispositionFirst } from "./disposition-first.ts";
import { errorPage, gatewayStatus } from "./error-page.ts";
import type { ExchangeSettings, GatewayRequest, ResponseSink } from "./exchange-types.ts";
import { Exchange } from "./exchange.ts";
import { httpGatewayRequest } from "./http-gateway-request.ts";
import { labelPart } from "./request-report.ts";
import type { Application, HeaderList } from "./types.ts";

/** What is used of a node:http IncomingMessage. */
export interface HttpIncoming extends HttpRequestHead {
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  readonly readableEnded: boolean;
  readonly socket: RequestSocket & {
    setTimeout(milliseconds: number): unknown;
    resetAndDestroy(): unknown;
    destroySoon(): unknown;
  };
  on(event: "data", listener: (octets: Buffer) => void): this;
  off(event: "data", listener: (octets: Buffer) => void): this;
  once(event: "end", listener: () => void): this;
  pause(): this;
  resume(): this;
}

/** What is used of a node:http ServerResponse. */
export interface HttpOutgoing {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly writableNeedDrain: boolean;
  getHeaderNames(): string[];
  setHeader(name: string, value: string | readonly string[]): unknown;
  writeHead(status: number, reason: string, headers?: string[]): unknown;
  write(octets: Uint8Array): boolean;
  end(octets?: Uint8Array): unknown;
  destroy(): unknown;
  flushHeaders(): void;
  writeContinue(): void;
  on(event: "timeout" | "drain" | "close", listener: () => void): this;
  once(event: "close", listener: () => void): this;
  off(event: "drain" | "close", listener: () => void): this;
}

/** What all requests of one server, or of one listener, share. */
export interface HttpExchangeHost {
  /** Told once how a request has ended: its status, and whether the answer was whole; without one when it was aborted. */
  ended?(exchange: HttpExchange, status: string | undefined, complete: boolean): void;
  readonly application: Application;
  readonly settings: ExchangeSettings;
  readonly limits: {
    /** How long an unfinished request body may stay silent, in ms. */
    readonly bodyTimeoutMs: number;
    /** How long an answer may wait for a client that does not read, in ms. */
    readonly writeTimeoutMs: number;
  };
}

/** Drives one request. None of its methods throws. */
export class HttpExchange implements ResponseSink {
  readonly #request: HttpIncoming;
  readonly #response: HttpOutgoing;
  readonly #host: HttpExchangeHost;
  /** Called once nothing of the request runs any more, `close()` of its body included. Set it before `start`. */
  onFinished: (() => void) | undefined = undefined;
  #asksToContinue: boolean;
  #exchange: Exchange | undefined = undefined;
  #reading = false;
  #status = "";
  #ended = false;
  /** The head has been given and nothing behind it. */
  #headWaits = false;
  /** What it means when the connection's timeout passes. */
  #silence = "";
  #abortReason: RequestAbortedError | undefined = undefined;
  #fault: unknown = undefined;

  constructor(
    request: HttpIncoming,
    response: HttpOutgoing,
    asksToContinue: boolean,
    host: HttpExchangeHost,
  ) {
    this.#request = request;
    this.#response = response;
    this.#asksToContinue = asksToContinue;
    this.#host = host;
  }

  /**
   * Calls the application.
   * @param head - the request line and headers; the request's own unless it is mounted somewhere
   */
  start(head: HttpRequestHead = this.#request, settings: Partial<ParamsSettings> = {}): void {
    let request: GatewayRequest;
    try {
      request = httpGatewayRequest(head, this.#request.socket, settings);
    } catch (error) {
      this.refuse(error, gatewayStatus.badRequest);
      return;
    }
    const exchange = new Exchange(this.#host.application, request, this, this.#host.settings);
    this.#exchange = exchange;
    exchange.onFinished = this.onFinished;
    if (hasBody(this.#request) && !this.#request.readableEnded) {
      // In variables: V8 allocates a closure that is assigned to a property in the old generation.
      const read = (): void => this.#read();
      const resume = (): void => this.#resume();
      exchange.input.onWait = read;
      exchange.input.onDrain = resume;
    } else exchange.input.end();
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) this.abort("the client closed the connection");
    });
    this.#response.on("timeout", () => this.abort(this.#silence));
    exchange.start();
  }

  /**
   * Answers without the application, and logs why; instead of `start`.
   * @param status - one of `gatewayStatus`
   */
  refuse(error: unknown, status: string): void {
    const reason = error instanceof Error ? error.message : String(error);
    const { method = "-", url = "-" } = this.#request;
    // Without the query, which may hold what no log should: no log line of a request has it.
    const message = `${method} ${labelPart(url.split("?", 1)[0] ?? "")}: ${reason}`;
    const code = error instanceof TsgiError ? error.code : undefined;
    this.#host.settings.log({ level: "warning", message, ...(code === undefined ? {} : { code }) });
    const page = errorPage(status);
    this.head(page.status, page.headers);
    const isHead = this.#request.method === "HEAD";
    this.#response.end(isHead ? undefined : page.octets);
    this.#watchRefused(page.status, page.headers, isHead ? 0 : page.octets.length);
    this.onFinished?.();
  }

  /** What came on this request's connection has been refused and logged: its abort, which follows, says nothing more. */
  blame(fault: unknown): void {
    this.#fault = fault;
  }

  /** It came on this connection. */
  cameOver(socket: unknown): boolean {
    return this.#request.socket === socket;
  }

  /** The request's method and path, safe to print; undefined where the request was refused. */
  get label(): { readonly method: string; readonly path: string } | undefined {
    return this.#exchange;
  }

  /** The application has had all the time that it may have. */
  expire(error: LimitExceededError): void {
    this.#exchange?.expire(error);
  }

  /** The client has gone, or must go. */
  abort(reason: string): void {
    if (this.#abortReason !== undefined) return;
    const message = `the request was aborted: ${reason}`;
    const options = this.#fault === undefined ? {} : { cause: this.#fault };
    this.#abortReason = new RequestAbortedError("ERR_REQUEST_ABORTED", message, options);
    if (this.#exchange !== undefined) this.#tellEnd(undefined, false);
    this.#exchange?.abort(this.#abortReason);
    this.#response.destroy();
  }

  // The answer.

  head(status: string, headers: Readonly<HeaderList>): void {
    this.#headWaits = true;
    this.#status = status;
    const response = this.#response;
    const code = Number(status.slice(0, 3));
    if (response.getHeaderNames().length === 0) {
      response.writeHead(code, status.slice(4), dispositionFirst(headers).flat());
      return;
    }
    // Whoever was asked before has set some: of a list, Node.js would then keep the last of each name only.
    for (const [name, values] of grouped(dispositionFirst(headers))) response.setHeader(name, values);
    response.writeHead(code, status.slice(4));
  }

  body(octets: Uint8Array): boolean {
    if (this.#abortReason !== undefined) return false;
    this.#headWaits = false;
    return this.#response.write(Buffer.from(octets));
  }

  /** node:http writes at the end of the turn by itself, save a head alone. */
  flush(): void {
    if (this.#headWaits && this.#abortReason === undefined) this.#response.flushHeaders();
    this.#headWaits = false;
  }

  drained(): Promise<void> {
    const response = this.#response;
    if (this.#abortReason !== undefined) return Promise.reject(this.#abortReason);
    if (!response.writableNeedDrain) return Promise.resolve();
    this.#limitSilence(this.#host.limits.writeTimeoutMs, "the client did not read the answer");
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        response.off("drain", settle).off("close", settle);
        this.#limitSilence(0, "");
        if (this.#abortReason === undefined && !response.destroyed) resolve();
        else
          reject(this.#abortReason ?? new RequestAbortedError("ERR_REQUEST_ABORTED", "the client has gone"));
      };
      response.on("drain", settle).on("close", settle);
    });
  }

  /** `wsgi.errors` goes to the server's error stream; HTTP has none. */
  errors(): void {}

  end(complete: boolean): void {
    this.#tellEnd(this.#status, complete);
    if (complete) this.#response.end();
    else this.#cut();
    // What is left of an upload is dropped, so that the connection can be kept and the client gets to read its answer.
    this.#exchange?.input.discard();
    this.#request.off("data", this.#onData).resume();
  }

  #tellEnd(status: string | undefined, complete: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#host.ended?.(this, status, complete);
  }

  /** A chunked answer without its last chunk, or one that is too short, is seen as cut; else only a reset is. */
  #cut(): void {
    const { httpVersion, socket } = this.#request;
    if (httpVersion === "1.0" && socket.remoteAddress !== undefined) socket.resetAndDestroy();
    else {
      this.#response.flushHeaders();
      socket.destroySoon();
    }
  }

  /** A request whose target or headers cannot be variables has no Exchange that would tell the access log. */
  #watchRefused(status: string, headers: HeaderList, octets: number): void {
    const { method = "", url = "", httpVersion, socket } = this.#request;
    const environ = {
      REQUEST_METHOD: method,
      REQUEST_URI: url,
      SERVER_PROTOCOL: `HTTP/${httpVersion}`,
      REMOTE_ADDR: socket.remoteAddress,
    };
    const watch = this.#host.settings.observer?.began({ method, path: "-" });
    watch?.ended({ environ, status, headers, octets, aborted: false });
  }

  // The request body.

  /** Asked for when the application first waits for it: that is when a client may be told to go on (Expect). */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    if (this.#asksToContinue) this.#response.writeContinue();
    this.#asksToContinue = false;
    this.#limitSilence(this.#host.limits.bodyTimeoutMs, "the request body stayed silent");
    const request = this.#request;
    request.on("data", this.#onData);
    request.once("end", () => {
      this.#limitSilence(0, "");
      this.#exchange?.input.end();
    });
  }

  #resume(): void {
    this.#limitSilence(this.#host.limits.bodyTimeoutMs, "the request body stayed silent");
    this.#request.resume();
  }

  readonly #onData = (octets: Buffer): void => {
    if (this.#exchange?.input.push(octets) !== false) return;
    // The application is the slow one: the client is not to be blamed for its silence.
    this.#limitSilence(0, "");
    this.#request.pause();
  };

  #limitSilence(ms: number, reason: string): void {
    // After the answer the time belongs to node:http, for the kept connection.
    if (this.#response.writableEnded) return;
    this.#silence = `${reason} for ${ms} ms`;
    this.#request.socket.setTimeout(ms);
  }
}

function grouped(headers: ReadonlyArray<HeaderList[number]>): Map<string, string | string[]> {
  const spelled = new Map<string, string>();
  const values = new Map<string, string | string[]>();
  for (const [name, value] of headers) {
    const first = spelled.get(name.toLowerCase());
    if (first === undefined) {
      spelled.set(name.toLowerCase(), name);
      values.set(name, value);
    } else values.set(first, [values.get(first) ?? [], value].flat());
  }
  return values;
}

function hasBody({ headers }: HttpIncoming): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}
