/**
 * `errorPage`: what a visitor sees of an application that has thrown, as long as its head has not gone.
 *
 * PEP 3333 "Error Handling", M11. What the pages look like is debug-page.ts and plain-page.ts. Errors that a
 * request brings with it (an upload that is too large, or cut short) are the gateway's to answer and go on to it.
 * @module
 */
import {
  copyEnviron,
  formatLogEntry,
  summaryOf,
  type Environ,
  type Middleware,
  type StartResponse,
} from "../bridge/index.ts";
import { debugPage } from "./debug-page.ts";
import type { Failure, FailurePage } from "./failure.ts";
import { gatewayStatusOf, isAborted } from "./gateway-status.ts";
import { plainPage } from "./plain-page.ts";
import { wrapResponse, type ResponseHooks } from "./wrap-response.ts";

/** What `errorPage` can be told. */
export interface ErrorPageOptions {
  /**
   * Shows stack, source and environ. Default: true where NODE_ENV is `development`, else false: never switch it on
   * where strangers come.
   */
  readonly debug?: boolean;
  /** Makes the page in place of the built-in one; `debug` and the Accept header are then its own affair. */
  readonly page?: (failure: Failure) => FailurePage;
}

const failedStatus = "500 Internal Server Error";

/** Answers errors of the application with a page, and writes them to `wsgi.errors`. After the head it rethrows. */
export function errorPage(options: ErrorPageOptions = {}): Middleware {
  const { debug = process.env.NODE_ENV === "development", page } = options;
  const makePage = page ?? (debug ? debugPage : plainPage);
  return (application) => (environ, startResponse) => {
    // The application may change what it was given: the page shows the request as it came.
    const given = page !== undefined || debug ? copyEnviron(environ) : environ;
    const guard = new ErrorGuard(given, startResponse, makePage);
    return wrapResponse(application, environ, startResponse, guard);
  };
}

/** Watches one answer. */
class ErrorGuard implements ResponseHooks {
  readonly #environ: Environ;
  readonly #startResponse: StartResponse;
  readonly #makePage: (failure: Failure) => FailurePage;
  #headGone = false;

  constructor(environ: Environ, startResponse: StartResponse, makePage: (failure: Failure) => FailurePage) {
    this.#environ = environ;
    this.#startResponse = startResponse;
    this.#makePage = makePage;
  }

  chunk(chunk: Uint8Array): Uint8Array {
    this.#headGone = true;
    return chunk;
  }

  failed(error: unknown): Uint8Array | undefined {
    // Who runs into the client's going is no failure, and nobody reads the page.
    if (this.#headGone || gatewayStatusOf(error) !== undefined || isAborted(this.#environ)) return undefined;
    this.#report("the application failed", error);
    let answer: FailurePage;
    try {
      answer = this.#makePage({ error, environ: this.#environ });
    } catch (pageError) {
      this.#report("the error page could not be made", pageError);
      answer = plainPage({ error, environ: this.#environ });
    }
    const { status = failedStatus, headers = [["Content-Type", "text/html; charset=utf-8"]], body } = answer;
    const octets = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    // Within an iterable the gateway cannot know how long the page is.
    this.#startResponse(
      status,
      [...headers, ["Content-Length", String(octets.length)]],
      error ?? new Error("unknown"),
    );
    return octets;
  }

  #report(what: string, error: unknown): void {
    const { REQUEST_METHOD: method, SCRIPT_NAME: scriptName = "", PATH_INFO: path = "" } = this.#environ;
    const message = `${method} ${scriptName}${path}: ${what}: ${summaryOf(error)}`;
    this.#environ["wsgi.errors"].write(formatLogEntry({ level: "error", message, error }));
  }
}
