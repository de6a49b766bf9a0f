/**
 * `accessLog`: one line for each request, once its answer has been sent or has broken off.
 *
 * What a line looks like is bridge/access-log-format.ts. RFC 9110 section 6.4.1 says which answers have no body.
 * @module
 */
import {
  compileAccessLogFormat,
  copyEnviron,
  isThenable,
  summaryOf,
  type AccessLogEntry,
  type AccessLogFormatter,
  type Environ,
  type HeaderList,
  type Middleware,
} from "../bridge/index.ts";
import { gatewayStatusOf, isAborted } from "./gateway-status.ts";
import { wrapResponse, type ResponseHooks } from "./wrap-response.ts";

/** What `accessLog` can be told. */
export interface AccessLogOptions {
  /**
   * `combined` (the default), `common`, `json`, a text with Apache's directives, or a function that makes the line.
   */
  readonly format?: string | AccessLogFormatter;
  /** Takes a line, "\n" included; a promise that it gives is waited for at a stop. Default: `wsgi.errors` of the request. */
  readonly write?: (line: string) => void;
}

/** What `environ["tsgi.access_log"]` holds: what middleware inside may tell the log. */
export interface AccessLogNotes {
  /** Who was authenticated; `basicAuth` sets it. A native string. */
  user?: string;
}

/**
 * Writes an access log. The line says what the application was given and what it gave; with `basicAuth` inside, the
 * user's name too.
 * @throws ConfigurationError ERR_CONFIG_OPTION: `format` has a directive that there is not
 */
export function accessLog(options: AccessLogOptions = {}): Middleware {
  const { format = "combined", write } = options;
  const formatter = typeof format === "function" ? format : compileAccessLogFormat(format);
  return (application) => (environ, startResponse) => {
    const record = new AnswerRecord(environ, formatter, write);
    const inner = copyEnviron(environ, { "tsgi.access_log": record.notes });
    return wrapResponse(application, inner, startResponse, record);
  };
}

const failedStatus = "500 Internal Server Error";

/** Takes down one answer. */
class AnswerRecord implements ResponseHooks {
  readonly notes: AccessLogNotes = {};
  readonly #environ: Environ;
  readonly #formatter: AccessLogFormatter;
  readonly #write: ((line: string) => void) | undefined;
  readonly #startedAt = Date.now();
  readonly #startTicks = performance.now();
  #status: string | undefined = undefined;
  #headers: HeaderList = [];
  #octets = 0;
  #ended = false;
  #failed = false;
  #gatewaysStatus: string = failedStatus;

  constructor(environ: Environ, formatter: AccessLogFormatter, write: ((line: string) => void) | undefined) {
    this.#environ = environ;
    this.#formatter = formatter;
    this.#write = write;
  }

  started(status: string, headers: HeaderList): void {
    this.#status = status;
    this.#headers = headers;
  }

  chunk(chunk: Uint8Array): Uint8Array {
    this.#octets += chunk.length;
    return chunk;
  }

  end(): void {
    this.#ended = true;
  }

  failed(error: unknown): undefined {
    this.#failed = true;
    // Nothing has been sent yet: what will be is the gateway's page.
    if (this.#octets === 0) this.#status = undefined;
    this.#gatewaysStatus = gatewayStatusOf(error) ?? failedStatus;
  }

  closed(): void | Promise<void> {
    const durationMs = performance.now() - this.#startTicks;
    try {
      const line = `${this.#formatter(this.#entry(durationMs))}\n`;
      if (this.#write === undefined) this.#environ["wsgi.errors"].write(line);
      else {
        const written: unknown = this.#write(line);
        // A server that stops waits for it.
        if (isThenable(written)) {
          return Promise.resolve(written).then(
            () => undefined,
            (error: unknown) => this.#complain(error),
          );
        }
      }
    } catch (error) {
      this.#complain(error);
    }
    return undefined;
  }

  /** An answer that was whole must not become a failed one over its log line. */
  #complain(error: unknown): void {
    this.#environ["wsgi.errors"].write(`the access log line could not be written: ${summaryOf(error)}\n`);
  }

  #entry(durationMs: number): AccessLogEntry {
    const status = this.#status ?? this.#gatewaysStatus;
    const headers = this.#status === undefined ? [] : this.#headers;
    const brokeOff = this.#failed && this.#status !== undefined;
    return {
      environ: this.#environ,
      status,
      headers,
      octets: this.#sentOctets(status, headers),
      startedAt: this.#startedAt,
      durationMs,
      // The signal is looked at last: looking makes it.
      aborted: brokeOff || (!this.#ended && isAborted(this.#environ)),
      user: this.notes.user,
    };
  }

  /** What the gateway passes on of what it was handed. */
  #sentOctets(status: string, headers: HeaderList): number {
    const code = status.slice(0, 3);
    if (this.#environ.REQUEST_METHOD === "HEAD" || code === "204" || code === "304") return 0;
    const declared = headers.find(([name]) => name.length === 14 && name.toLowerCase() === "content-length");
    return declared === undefined ? this.#octets : Math.min(this.#octets, Number(declared[1]));
  }
}
