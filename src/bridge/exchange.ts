/**
 * One request from its parameters to the end of its answer: the runner that drives an application through PEP 3333.
 *
 * It knows no protocol and no socket: a request comes in, calls go to a ResponseSink. What may be in the answer is
 * answer.ts, what a body may be response-body.ts. An application that returns an array, or a promise of one, is driven
 * without a promise or a closure of this side's own: that is what most applications do.
 * @module
 */
import {
  LimitExceededError,
  RemoteProtocolError,
  RequestAbortedError,
  TsgiError,
  type ResponseError,
} from "../errors/index.ts";
import { Answer } from "./answer.ts";
import { BodyQueue } from "./body-queue.ts";
import { buildEnviron, type EnvironResult } from "./environ.ts";
import { errorPage, gatewayStatus } from "./error-page.ts";
import { GatewayErrorStream, type ErrorTarget } from "./error-stream.ts";
import type { ExchangeSettings, GatewayRequest, LogEntry, ResponseSink } from "./exchange-types.ts";
import { fileWrapper } from "./file-wrapper.ts";
import { QueueInputStream } from "./input-stream.ts";
import { stackOf, summaryOf } from "./log-line.ts";
import { findParam, labelPart } from "./request-label.ts";
import { closeBody, isThenable, iterate, type BodyIterator } from "./response-body.ts";
import type { Application, Environ } from "./types.ts";

/** Drives one application through one request. All its methods may be called at any time; none of them throws. */
export class Exchange implements ErrorTarget {
  /** Where the carrier puts the request body. */
  readonly input: BodyQueue;
  /** Where the carrier puts a Filter's file; undefined in other roles. */
  readonly data: BodyQueue | undefined;
  /** Called once when `finished` becomes true. */
  onFinished: (() => void) | undefined = undefined;
  readonly #application: Application;
  readonly #sink: ResponseSink;
  readonly #settings: ExchangeSettings;
  readonly #answer: Answer;
  readonly #method: string;
  readonly #scriptName: string;
  readonly #pathInfo: string;
  #environ: Environ | undefined = undefined;
  #warnings: readonly string[] = [];
  /** Why the application is not called. */
  #refusal: unknown = undefined;
  #body: unknown = undefined;
  #iterator: BodyIterator | undefined = undefined;
  #aborted: RequestAbortedError | undefined = undefined;
  #hungUp: RequestAbortedError | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #started = false;
  /** The application's own promise has not settled. */
  #running = false;
  #closing = 0;
  #finished = false;

  /** Builds the environ; the request's parameters are not needed any more when this returns. Nothing is sent yet. */
  constructor(
    application: Application,
    request: GatewayRequest,
    sink: ResponseSink,
    settings: ExchangeSettings,
  ) {
    this.#application = application;
    this.#sink = sink;
    this.#settings = settings;
    this.input = new BodyQueue(settings.bodyHighWaterOctets);
    this.data = request.role === "filter" ? new BodyQueue(settings.bodyHighWaterOctets) : undefined;
    let built: EnvironResult | undefined;
    try {
      built = buildEnviron(request.params, {
        protocol: request.protocol,
        role: request.role,
        scriptName: settings.scriptName,
        environ: settings.environ,
        multithread: settings.multithread,
        multiprocess: settings.multiprocess,
        runOnce: settings.runOnce,
        input: new QueueInputStream(this.input),
        errors: new GatewayErrorStream(this),
        data: this.data === undefined ? undefined : new QueueInputStream(this.data),
        fileWrapper,
        signal: () => this.#signal(),
      });
    } catch (error) {
      this.#refuse(error);
    }
    if (built === undefined) {
      this.#method = findParam(request.params, "REQUEST_METHOD");
      this.#scriptName = "";
      this.#pathInfo = findParam(request.params, "REQUEST_URI");
    } else {
      const { environ, contentLength, warnings } = built;
      this.#environ = environ;
      this.#warnings = warnings;
      this.#method = environ.REQUEST_METHOD;
      this.#scriptName = environ.SCRIPT_NAME;
      this.#pathInfo = environ.PATH_INFO;
      this.#expectBody(contentLength);
    }
    this.#answer = new Answer(sink, this.#method === "HEAD", (error) => this.#log("warning", error));
  }

  /** The request's method, safe to print. */
  get method(): string {
    return labelPart(this.#method);
  }

  /** The request's path, safe to print. */
  get path(): string {
    return labelPart(this.#scriptName + this.#pathInfo);
  }

  /**
   * True once nothing of this request runs any more: the answer has ended or the peer has gone, the application's
   * promise has settled, and `close()` of its body too. The answer does not wait for `close()`, so it may end before.
   */
  get finished(): boolean {
    return this.#finished;
  }

  /** Calls the application. A small answer has gone to the sink, end included, when this returns. */
  start(): void {
    const environ = this.#environ;
    if (this.#started || this.#answer.closed) return;
    this.#started = true;
    for (const warning of this.#warnings) this.#reportWarning(warning);
    if (environ === undefined || this.#refusal !== undefined) {
      this.#answerRefusal();
      return;
    }
    // The application may keep it; this side is done with it.
    this.#environ = undefined;
    let result: unknown;
    try {
      result = this.#application(environ, this.#answer.startResponse);
      if (isThenable(result)) {
        this.#running = true;
        void this.#awaitResult(result);
        return;
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#respond(result);
  }

  /**
   * The peer has gone: nothing is sent from here on, `tsgi.signal` fires, reads and writes reject, the body is closed
   * at once even while it is making a chunk. No-op once the answer has ended.
   */
  abort(error: RequestAbortedError): void {
    if (this.#answer.closed) return;
    this.#aborted = error;
    this.#answer.close(error);
    this.input.fail(error);
    this.data?.fail(error);
    this.#controller?.abort(error);
    this.#closeBody();
  }

  /** The peer may have gone, and cannot be asked: `tsgi.signal` fires, all else goes on. */
  hangUp(error: RequestAbortedError): void {
    if (this.#answer.closed) return;
    this.#hungUp ??= error;
    this.#controller?.abort(error);
  }

  /** `wsgi.errors`: to the protocol's error stream while the answer is open, and to the deployer's place always. */
  writeErrors(text: string): void {
    // S36: never throws, whatever the deployer's function does.
    try {
      if (!this.#answer.closed) this.#sink.errors(text);
      this.#settings.writeErrors(text);
    } catch {
      // There is nowhere left to say so.
    }
  }

  // Before the application.

  #expectBody(contentLength: number | undefined): void {
    const { maxBodyOctets } = this.#settings;
    this.input.expect(contentLength, maxBodyOctets);
    if (this.data !== undefined) {
      const dataLength = this.#environ?.FCGI_DATA_LENGTH;
      const isPlain = typeof dataLength === "string" && /^\d{1,15}$/.test(dataLength);
      this.data.expect(isPlain ? Number(dataLength) : undefined, Infinity);
    }
    if (contentLength === undefined || contentLength <= maxBodyOctets) return;
    this.#refuse(
      new LimitExceededError(
        "ERR_LIMIT_BODY",
        "maxBodyOctets",
        maxBodyOctets,
        contentLength,
        `the request body, ${contentLength} octets by its CONTENT_LENGTH, is larger than maxBodyOctets (${maxBodyOctets})`,
      ),
    );
  }

  #refuse(error: unknown): void {
    this.#refusal = error;
    this.input.discard();
    this.data?.discard();
  }

  #answerRefusal(): void {
    const error = this.#refusal;
    if (error instanceof RemoteProtocolError) {
      this.#log("warning", error);
      this.#sendPage(gatewayStatus.badRequest, error);
    } else if (error instanceof LimitExceededError) {
      this.#log("warning", error);
      this.#sendPage(gatewayStatus.contentTooLarge, error);
    } else {
      this.#log("error", error, "the environ could not be built: ");
      this.#sendPage(gatewayStatus.internalServerError, error);
    }
    this.#end(true);
  }

  // The application's answer.

  async #awaitResult(result: PromiseLike<unknown>): Promise<void> {
    let body: unknown;
    try {
      body = await result;
    } catch (error) {
      this.#running = false;
      this.#fail(error);
      return;
    }
    this.#running = false;
    this.#respond(body);
  }

  #respond(body: unknown): void {
    this.#body = body;
    if (this.#aborted !== undefined) {
      this.#closeBody();
      return;
    }
    try {
      if (Array.isArray(body)) {
        this.#respondWithArray(body);
        return;
      }
      const iteration = iterate(body);
      this.#iterator = iteration.iterator;
      if (iteration.kind === "sync") this.#pull(iteration.iterator);
      else void this.#pullAsync(iteration.iterator);
    } catch (error) {
      this.#fail(error);
    }
  }

  #respondWithArray(chunks: readonly unknown[]): void {
    if (chunks.length === 1) {
      if (this.#answer.sendSole(chunks[0])) this.#complete();
      else void this.#afterDrain(() => this.#complete());
    } else {
      this.#sendChunks(chunks, 0);
    }
  }

  #sendChunks(chunks: readonly unknown[], from: number): void {
    for (let i = from; i < chunks.length; i += 1) {
      if (!this.#answer.send(chunks[i])) {
        void this.#afterDrain(() => this.#sendChunks(chunks, i + 1));
        return;
      }
    }
    this.#complete();
  }

  #pull(iterator: Iterator<unknown>): void {
    for (;;) {
      const step = this.#next(iterator);
      if (this.#answer.closed) return;
      if (step.done === true) {
        this.#iterator = undefined;
        break;
      }
      const room = this.#answer.send(step.value);
      if (this.#answer.satisfied) break;
      if (!room) {
        void this.#afterDrain(() => this.#pull(iterator));
        return;
      }
      if (this.#answer.headSent) this.#sink.flush();
    }
    this.#complete();
  }

  #next(iterator: Iterator<unknown>): IteratorResult<unknown> {
    try {
      return iterator.next();
    } catch (error) {
      // It is over by itself: `return` is not called on it.
      this.#iterator = undefined;
      throw error;
    }
  }

  async #pullAsync(iterator: AsyncIterator<unknown>): Promise<void> {
    try {
      for (;;) {
        let step: IteratorResult<unknown>;
        try {
          step = await iterator.next();
        } catch (error) {
          this.#iterator = undefined;
          throw error;
        }
        if (this.#answer.closed) return;
        if (step.done === true) {
          this.#iterator = undefined;
          break;
        }
        const room = this.#answer.send(step.value);
        if (this.#answer.satisfied) break;
        if (this.#answer.headSent) this.#sink.flush();
        if (!room) {
          await this.#sink.drained();
          this.#answer.full = false;
          if (this.#answer.closed) return;
        }
      }
      this.#complete();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #afterDrain(goOn: () => void): Promise<void> {
    try {
      await this.#sink.drained();
      this.#answer.full = false;
      if (!this.#answer.closed) goOn();
    } catch (error) {
      this.#fail(error);
    }
  }

  #complete(): void {
    if (this.#answer.full) {
      void this.#afterDrain(() => this.#complete());
      return;
    }
    const problem: ResponseError | undefined = this.#answer.finish();
    if (problem !== undefined) this.#log("error", problem);
    this.#end(problem === undefined);
  }

  // Endings.

  #end(complete: boolean): void {
    this.#answer.close();
    this.#sink.end(complete);
    // After the end, so that the client does not wait for it.
    this.#closeBody();
  }

  /** An exception has ended the application, or the convention was broken. */
  #fail(error: unknown): void {
    if (this.#answer.closed) {
      if (this.#aborted !== undefined) this.#logAfterAbort(error);
      this.#closeBody();
      return;
    }
    const status = this.#statusFor(error);
    if (status === gatewayStatus.internalServerError) {
      this.#log("error", error, "the application failed: ");
      this.#sendStack(error);
    } else {
      this.#log("warning", error);
    }
    if (this.#answer.headSent) this.#end(this.#answer.whole);
    else {
      this.#sendPage(status, error);
      this.#end(true);
    }
  }

  /** Only the very errors that this request's streams gave are the client's fault: others are the application's. */
  #statusFor(error: unknown): string {
    if (error !== undefined && (error === this.input.error || error === this.data?.error)) {
      if (error instanceof LimitExceededError) return gatewayStatus.contentTooLarge;
      if (error instanceof RequestAbortedError) return gatewayStatus.badRequest;
    }
    return gatewayStatus.internalServerError;
  }

  #sendPage(status: string, error: unknown): void {
    const page = errorPage(status, this.#settings.debug ? stackOf(error) : undefined);
    this.#sink.head(page.status, page.headers);
    if (this.#method !== "HEAD") this.#sink.body(page.octets);
  }

  #closeBody(): void {
    const body = this.#body;
    const iterator = this.#iterator;
    this.#body = undefined;
    this.#iterator = undefined;
    if (body !== undefined && body !== null) {
      const settled = closeBody(body, iterator, (error) =>
        this.#log("error", error, "close() of the body failed: "),
      );
      if (settled !== undefined) {
        this.#closing += 1;
        void settled.then(() => {
          this.#closing -= 1;
          this.#checkFinished();
        });
      }
    }
    this.#checkFinished();
  }

  #checkFinished(): void {
    if (this.#finished || this.#running || this.#closing > 0) return;
    this.#finished = true;
    this.onFinished?.();
  }

  #signal(): AbortSignal {
    const controller = (this.#controller ??= new AbortController());
    const reason = this.#aborted ?? this.#hungUp;
    if (reason !== undefined) controller.abort(reason);
    return controller.signal;
  }

  // The log.

  #reportWarning(warning: string): void {
    this.#logEntry({ level: "warning", message: `${this.method} ${this.path}: ${warning}` });
    try {
      this.#sink.errors(`${warning}\n`);
    } catch {
      // As in writeErrors.
    }
  }

  /** What an application runs into because its peer has gone is no fault of its own, and happens all day. */
  #logAfterAbort(error: unknown): void {
    const expected =
      error === this.#aborted || (error as Partial<Error> | null | undefined)?.name === "AbortError";
    this.#log(expected ? "info" : "warning", error, "after the peer had gone: ");
  }

  /** @param what - said before the error; then it is the application's, and the entry carries it for its stack */
  #log(level: LogEntry["level"], error: unknown, what = ""): void {
    this.#logEntry({
      level,
      message: `${this.method} ${this.path}: ${what}${error instanceof TsgiError ? error.message : summaryOf(error)}`,
      ...(error instanceof TsgiError ? { code: error.code } : {}),
      ...(what !== "" && level !== "info" ? { error } : {}),
    });
  }

  #logEntry(entry: LogEntry): void {
    try {
      this.#settings.log(entry);
    } catch {
      // A log that fails must not leave the client without an answer.
    }
  }

  /** The stack goes to the protocol's error stream too: the web server's log is where it is looked for (S85). */
  #sendStack(error: unknown): void {
    try {
      this.#sink.errors(`${stackOf(error)}\n`);
    } catch {
      // As in writeErrors.
    }
  }
}
