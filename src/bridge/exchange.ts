/**
 * One request from its parameters to the end of its answer: the runner that drives an application through PEP 3333.
 *
 * It knows no protocol and no socket: a request comes in, calls go to a ResponseSink. The head and the order of the
 * answer are answer.ts, the body's iteration body-runner.ts. An application that returns an array, or a promise of
 * one, is answered in the same turn: that is what most applications do.
 * @module
 */
import { RequestAbortedError, TsgiError, type LimitExceededError } from "../errors/index.ts";
import { Answer } from "./answer.ts";
import { bodyTooLarge, dataLength } from "./body-limits.ts";
import { BodyQueue } from "./body-queue.ts";
import { BodyRunner, type BodyRunnerHost } from "./body-runner.ts";
import { buildEnviron, type EnvironOptions, type EnvironResult } from "./environ.ts";
import { errorPage, gatewayStatus, isPeersError, peersErrorStatus } from "./error-page.ts";
import { GatewayErrorStream } from "./error-stream.ts";
import type { ExchangeSettings, GatewayRequest, ResponseSink } from "./exchange-types.ts";
import { fileWrapper } from "./file-wrapper.ts";
import { QueueInputStream } from "./input-stream.ts";
import { stackOf } from "./log-line.ts";
import { findParam } from "./param-lookup.ts";
import { RequestReport } from "./request-report.ts";
import { RequestSignal } from "./request-signal.ts";
import { WatchedRequest } from "./watched-request.ts";
import { isThenable } from "./response-body.ts";
import type { Application, Environ } from "./types.ts";

/** Drives one application through one request. Its methods may be called at any time, and none of them throws. */
export class Exchange implements BodyRunnerHost {
  /** Where the carrier puts the request body. */
  readonly input: BodyQueue;
  /** Where the carrier puts a Filter's file; undefined in other roles. */
  readonly data: BodyQueue | undefined;
  /** Called once, when `finished` becomes true. */
  onFinished: (() => void) | undefined = undefined;
  /** What the web server calls itself, e.g. `nginx/1.22.1`; "" where it does not say. */
  serverSoftware = "";
  readonly #application: Application;
  readonly #sink: ResponseSink;
  readonly #settings: ExchangeSettings;
  readonly #report: RequestReport;
  readonly #answer: Answer;
  readonly #runner: BodyRunner;
  readonly #signal: RequestSignal = new RequestSignal();
  readonly #isHead: boolean;
  /** Undefined where nobody logs requests. */
  readonly #watched: WatchedRequest | undefined;
  #environ: Environ | undefined = undefined;
  #warnings: readonly string[] = [];
  /** Why the application is not called. */
  #refusal: { readonly error: unknown } | undefined = undefined;
  #aborted: RequestAbortedError | undefined = undefined;
  #started = false;
  /** The application's own promise has not settled. */
  #running = false;
  /** The sink has been told the end. */
  #ended = false;
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
    this.#report = new RequestReport(sink, settings);
    this.input = new BodyQueue(settings.bodyHighWaterOctets);
    this.data = request.role === "filter" ? new BodyQueue(settings.bodyHighWaterOctets) : undefined;
    this.#watched = settings.observer === undefined ? undefined : new WatchedRequest(settings.observer, this);
    let method: string;
    try {
      method = this.#accept(buildEnviron(request.params, this.#environOptions(request)));
    } catch (error) {
      method = findParam(request.params, "REQUEST_METHOD");
      this.#report.identify(method, "", findParam(request.params, "REQUEST_URI"));
      this.#watched?.refused(request.params);
      this.#refuse(error);
    }
    this.#isHead = method === "HEAD";
    this.#answer = new Answer(sink, this.#isHead, this.#report);
    this.#runner = new BodyRunner(this.#answer, sink, this);
  }

  /** The request's method, safe to print. */
  get method(): string {
    return this.#report.method;
  }

  /** The request's path, safe to print. */
  get path(): string {
    return this.#report.path;
  }

  /**
   * True once nothing of this request runs any more: the answer has ended or the peer has gone, the application's
   * promise has settled, and that of its body's `close()`. The answer waits for neither of the two, so it ends before.
   */
  get finished(): boolean {
    return this.#finished;
  }

  /** Calls the application. An answer that was ready at once has gone to the sink, end included, on return. */
  start(): void {
    if (this.#started || this.#answer.closed) return;
    this.#started = true;
    for (const warning of this.#warnings) this.#report.warn(warning);
    const environ = this.#environ;
    this.#environ = undefined;
    if (environ === undefined) {
      const error = this.#refusal?.error;
      this.#answerError(error, "the environ could not be built", isPeersError(error));
      return;
    }
    // Not as a method: `this` would be the Exchange.
    const application = this.#application;
    let result: unknown;
    try {
      result = application(environ, this.#answer.startResponse);
      if (isThenable(result)) {
        this.#running = true;
        void this.#awaitResult(result);
        return;
      }
    } catch (error) {
      this.bodyFailed(error);
      return;
    }
    this.#respond(result);
  }

  /**
   * The peer has gone: nothing is sent from here on, `tsgi.signal` fires, reads and writes reject, the body is closed
   * at once even while it is at work on a chunk. No-op once the answer has ended.
   * @param reason - with a `cause` where that has been logged: then nothing more is said of it
   */
  abort(reason: RequestAbortedError): void {
    if (this.#ended || this.#aborted !== undefined) return;
    this.#aborted = reason;
    this.#answer.close(reason);
    this.#report.sinkClosed = true;
    this.input.fail(reason);
    this.data?.fail(reason);
    this.#signal.abort(reason);
    this.#runner.close();
    this.#watched?.ended(this.#answer, false);
    this.#checkFinished();
  }

  /**
   * The application has taken too long: the request is answered 504, or cut short where its head is out; then all that
   * `abort` does. Returns false when the answer had ended before.
   */
  expire(error: LimitExceededError): boolean {
    if (this.#ended || this.#aborted !== undefined) return false;
    this.#report.problem("error", error);
    const reason = new RequestAbortedError("ERR_REQUEST_ABORTED", error.message, { cause: error });
    this.#answer.close(reason);
    this.input.fail(reason);
    this.data?.fail(reason);
    // Nobody waits for it any more, a server that stops included.
    this.#running = false;
    if (this.#answer.headSent) this.#endNow(this.#answer.whole);
    else this.#endWithPage(gatewayStatus.gatewayTimeout, error);
    if (this.#ended) this.#aborted = reason;
    this.#signal.abort(reason);
    return true;
  }

  /** The peer may have gone, and cannot be asked: `tsgi.signal` fires, all else goes on. */
  hangUp(reason: RequestAbortedError): void {
    if (!this.#ended) this.#signal.abort(reason);
  }

  #environOptions(request: GatewayRequest): EnvironOptions {
    const settings = this.#settings;
    return {
      protocol: request.protocol,
      role: request.role,
      scriptName: settings.scriptName,
      environ: settings.environ,
      multithread: settings.multithread,
      multiprocess: settings.multiprocess,
      runOnce: settings.runOnce,
      input: new QueueInputStream(this.input),
      errors: new GatewayErrorStream(this.#report),
      data: this.data === undefined ? undefined : new QueueInputStream(this.data),
      fileWrapper,
      signal: () => this.#signal.get(),
    };
  }

  /** Returns the method. */
  #accept({ environ, contentLength, warnings }: EnvironResult): string {
    const { maxBodyOctets } = this.#settings;
    this.#report.identify(environ.REQUEST_METHOD, environ.SCRIPT_NAME, environ.PATH_INFO);
    this.#warnings = warnings;
    const software = environ["SERVER_SOFTWARE"];
    if (typeof software === "string") this.serverSoftware = software;
    this.#watched?.accepted(environ);
    this.input.expect(contentLength, maxBodyOctets);
    this.data?.expect(dataLength(environ.FCGI_DATA_LENGTH), Infinity);
    if (contentLength !== undefined && contentLength > maxBodyOctets) {
      this.#refuse(bodyTooLarge(contentLength, maxBodyOctets, true));
    } else {
      this.#environ = environ;
    }
    return environ.REQUEST_METHOD;
  }

  #refuse(error: unknown): void {
    this.#refusal = { error };
    this.input.discard();
    this.data?.discard();
  }

  // The application's answer.

  async #awaitResult(result: PromiseLike<unknown>): Promise<void> {
    let body: unknown;
    try {
      body = await result;
    } catch (error) {
      this.#running = false;
      this.bodyFailed(error);
      return;
    }
    this.#running = false;
    this.#respond(body);
  }

  #respond(body: unknown): void {
    this.#runner.hold(body);
    if (this.#answer.closed) {
      this.#runner.close();
      this.#checkFinished();
    } else {
      this.#runner.run();
    }
  }

  /** @internal */
  bodySent(): void {
    const problem = this.#answer.finish();
    if (problem !== undefined) this.#report.problem("error", problem);
    this.#end(problem === undefined);
  }

  /** An exception has ended the application or its body, or the convention was broken. @internal */
  bodyFailed(error: unknown): void {
    if (this.#answer.closed) {
      if (this.#aborted !== undefined) this.#report.exceptionAfterAbort(error, this.#aborted);
      this.#runner.close();
      this.#checkFinished();
      return;
    }
    // Only the very errors that this request's streams threw are its client's fault: one that looks alike may come
    // from another peer, of a client that the application uses.
    const isOwn = error === this.input.error || error === this.data?.error;
    this.#answerError(error, "the application failed", isOwn && isPeersError(error));
  }

  /** @internal */
  closeFailed(error: unknown): void {
    if (this.#aborted !== undefined) this.#report.exceptionAfterAbort(error, this.#aborted);
    else this.#report.exception("close() of the body failed", error);
  }

  /** @internal */
  bodyClosed(): void {
    this.#checkFinished();
  }

  // Endings.

  /** Reports an error, then answers it, or cuts the answer short where it has begun. */
  #answerError(error: unknown, what: string, isPeersFault: boolean): void {
    if (isPeersFault && error instanceof TsgiError) this.#report.problem("warning", error);
    else this.#report.exception(what, error);
    if (this.#answer.headSent) this.#end(this.#answer.whole);
    else this.#endWithPage(isPeersFault ? peersErrorStatus(error) : gatewayStatus.internalServerError, error);
  }

  #endWithPage(status: string, error: unknown): void {
    try {
      const page = errorPage(status, this.#settings.debug ? stackOf(error) : undefined);
      this.#sink.head(page.status, page.headers);
      this.#watched?.answeredBy(page, this.#isHead);
      if (!this.#isHead && !this.#sink.body(page.octets)) this.#answer.full = true;
    } catch (sinkError) {
      this.#report.exception("the error page could not be sent", sinkError);
      this.#end(false);
      return;
    }
    this.#end(true);
  }

  #end(complete: boolean): void {
    this.#answer.close();
    // A sink that is full may still hold a part of the last chunk: the end must not overtake it.
    if (complete && this.#answer.full) void this.#endDrained();
    else this.#endNow(complete);
  }

  async #endDrained(): Promise<void> {
    try {
      await this.#answer.drained();
      if (this.#aborted === undefined) this.#endNow(true);
    } catch (error) {
      if (error instanceof RequestAbortedError) this.abort(error);
      else if (this.#aborted === undefined) this.#endNow(false);
    }
  }

  #endNow(complete: boolean): void {
    this.#ended = true;
    this.#report.sinkClosed = true;
    this.#sink.end(complete);
    // After the end, so that the client does not wait for it.
    this.#watched?.ended(this.#answer, complete);
    this.#runner.close();
    this.#checkFinished();
  }

  #checkFinished(): void {
    const isOver = this.#ended || this.#aborted !== undefined;
    if (!isOver || this.#finished || this.#running || this.#runner.closing) return;
    this.#finished = true;
    this.onFinished?.();
  }
}
