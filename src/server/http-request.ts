/**
 * One HTTP request: its body goes to an Exchange, the Exchange's answer to the client.
 *
 * node:http frames, parses and keeps connections; here is only what the calling convention adds. RFC 9110, RFC 9112.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Exchange, errorPage, gatewayStatus, type HeaderList, type ResponseSink } from "../bridge/index.ts";
import { LimitExceededError, RemoteProtocolError, RequestAbortedError } from "../errors/index.ts";
import { buildRequestParams } from "../protocols/http-params.ts";
import type { ParamsBlock } from "../protocols/params-block.ts";
import type { ConnectionHost, OpenRequest } from "./connection-host.ts";
import { requestTooLong } from "./deadlines.ts";

// The mount is the environ builder's business, as it is for every protocol.
const paramsSettings = { scriptName: "", serverSoftware: "tsgi", params: {} };

export class HttpRequest implements ResponseSink {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #host: ConnectionHost;
  #asksToContinue: boolean;
  #exchange: Exchange | undefined = undefined;
  #startedAt = -1;
  #status = "";
  #ended = false;
  #reading = false;
  /** What it means when the connection's timeout passes. */
  #silence = "";
  #abortReason: RequestAbortedError | undefined = undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    asksToContinue: boolean,
    host: ConnectionHost,
  ) {
    this.#request = request;
    this.#response = response;
    this.#asksToContinue = asksToContinue;
    this.#host = host;
  }

  /** Calls the application. */
  start(): void {
    let params: ParamsBlock;
    try {
      const variables = buildRequestParams(this.#request, this.#request.socket, paramsSettings);
      params = blockOf(variables ?? new Map());
    } catch (error) {
      this.#refuse(error);
      return;
    }
    const { application, settings } = this.#host;
    const exchange = new Exchange(
      application,
      { protocol: "http", role: "responder", params },
      this,
      settings,
    );
    this.#exchange = exchange;
    if (hasBody(this.#request)) {
      exchange.input.onWait = () => this.#read();
      exchange.input.onDrain = () => this.#resume();
    } else exchange.input.end();
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) this.abort("the client closed the connection");
    });
    this.#response.on("timeout", () => this.abort(this.#silence));
    this.#host.running.began();
    exchange.onFinished = this.#host.running.finished;
    this.#startedAt = performance.now();
    this.#limitTime(exchange);
    exchange.start();
  }

  /** Undefined before the application is called. */
  get described(): OpenRequest | undefined {
    if (this.#exchange === undefined) return undefined;
    return { method: this.#exchange.method, path: this.#exchange.path, startedAt: this.#startedAt };
  }

  #limitTime(exchange: Exchange): void {
    const allowed = this.#host.limits.requestTimeoutMs;
    if (allowed === Infinity) return;
    const expire = (): void => {
      const took = performance.now() - this.#startedAt;
      const text = requestTooLong(took, allowed);
      exchange.expire(
        new LimitExceededError("ERR_LIMIT_REQUEST_TIME", "requestTimeoutMs", allowed, took, text),
      );
    };
    const timer = setTimeout(expire, allowed);
    this.#response.once("close", () => clearTimeout(timer));
  }

  /** The client has gone, or must go. */
  abort(reason: string): void {
    if (this.#abortReason !== undefined) return;
    if (this.#exchange !== undefined && !this.#ended) this.#host.statistics?.abort();
    this.#abortReason = new RequestAbortedError("ERR_REQUEST_ABORTED", `the request was aborted: ${reason}`);
    this.#exchange?.abort(this.#abortReason);
    this.#response.destroy();
  }

  // The answer.

  head(status: string, headers: Readonly<HeaderList>): void {
    this.#status = status;
    this.#response.writeHead(Number(status.slice(0, 3)), status.slice(4), headers.flat());
  }

  body(octets: Uint8Array): boolean {
    if (this.#abortReason !== undefined) return false;
    return this.#response.write(Buffer.from(octets));
  }

  /** node:http writes at the end of the turn by itself. */
  flush(): void {}

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
    this.#ended = true;
    this.#host.statistics?.ended({ status: this.#status, startedAt: this.#startedAt }, complete);
    if (complete) this.#response.end();
    else this.#cut();
    // What is left of an upload is dropped, so that the connection can be kept and the client gets to read its answer.
    this.#exchange?.input.discard();
    this.#request.off("data", this.#onData).resume();
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

  #refuse(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof RemoteProtocolError ? error.code : undefined;
    this.#host.settings.log({ level: "warning", message, ...(code === undefined ? {} : { code }) });
    const { status, headers, octets } = errorPage(gatewayStatus.badRequest);
    this.head(status, headers);
    this.#response.end(this.#request.method === "HEAD" ? undefined : octets);
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

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** The variables as every protocol hands them to the environ builder. They are native strings: an octet a character. */
function blockOf(variables: ReadonlyMap<string, string>): ParamsBlock {
  const spans: number[] = [];
  let text = "";
  for (const [name, value] of variables) {
    const start = text.length;
    text += name + value;
    spans.push(start, start + name.length, start + name.length, text.length);
  }
  return { octets: Buffer.from(text, "latin1"), spans };
}
