/**
 * What one request says to the outside besides its answer: log entries, and text for `wsgi.errors`.
 *
 * Nothing here throws: a log that fails must not leave a client without an answer, and there is nowhere to say so.
 * PEP 3333 S36, S85; security O5.
 * @module
 */
import { TsgiError, type ErrorCode, type RequestAbortedError } from "../errors/index.ts";
import type { ErrorTarget } from "./error-stream.ts";
import type { ExchangeSettings, LogEntry, ResponseSink } from "./exchange-types.ts";
import { escapeControls, stackOf, summaryOf } from "./log-line.ts";

const shownLength = 200;

/** From here on a head may be too large for nginx's default buffer (one memory page), which is then a 502 (W10). */
const largeHeadOctets = 4_096;

/** The servers that have been warned of a large head: one line each, since every answer may have one. */
const warnedOfLargeHeads = new WeakSet<ExchangeSettings>();

/** Reports for one request, by its method and path. */
export class RequestReport implements ErrorTarget {
  /** The sink takes nothing more: text goes to the deployer's places only. */
  sinkClosed = false;
  readonly #sink: ResponseSink;
  readonly #settings: ExchangeSettings;
  #method = "";
  #scriptName = "";
  #pathInfo = "";

  constructor(sink: ResponseSink, settings: ExchangeSettings) {
    this.#sink = sink;
    this.#settings = settings;
  }

  /** Sets what the request is called, as it came. */
  identify(method: string, scriptName: string, pathInfo: string): void {
    this.#method = method;
    this.#scriptName = scriptName;
    this.#pathInfo = pathInfo;
  }

  /** The method, safe to print; "-" when it is not known. */
  get method(): string {
    return labelPart(this.#method);
  }

  /** The path, safe to print; "-" when it is not known. */
  get path(): string {
    return labelPart(this.#scriptName + this.#pathInfo);
  }

  /** `wsgi.errors`: to the protocol's error stream while the answer is open, and to the deployer's place always. */
  writeErrors(text: string): void {
    this.#toSink(text);
    try {
      this.#settings.writeErrors(text);
    } catch {
      // See the file's header.
    }
  }

  /** One line, to the log and to the protocol's error stream. */
  warn(text: string): void {
    this.#toLog({ level: "warning", message: this.#named(text) });
    this.#toSink(`${text}\n`);
  }

  /** One line about an error that says all by its message. */
  problem(level: LogEntry["level"], error: TsgiError): void {
    this.#toLog({ level, message: this.#named(error.message), code: error.code });
  }

  /**
   * An exception of the application: one line, and the stack beside it. The stack goes to the protocol's error stream
   * too, since the web server's log is where it is looked for.
   */
  exception(what: string, error: unknown): void {
    this.#toLog(this.#exceptionEntry("error", what, error));
    this.#toSink(`${stackOf(error)}\n`);
  }

  /**
   * An exception after the peer had gone. What an application runs into because of that happens all day and is no
   * fault of its own; anything else may be one. A reason with a cause has been logged by whoever found it: a refused
   * input is one line.
   */
  exceptionAfterAbort(error: unknown, reason: RequestAbortedError): void {
    if (error === reason || nameOf(error) === "AbortError") {
      if (reason.cause !== undefined) return;
      this.#toLog({ level: "info", message: this.#named(reason.message), code: reason.code });
    } else {
      this.#toLog(this.#exceptionEntry("warning", "the application failed after its peer had gone", error));
    }
  }

  /** Says once a server that a head of so many octets is more than web servers take by default. */
  headSent(octets: number): void {
    if (octets <= largeHeadOctets || warnedOfLargeHeads.has(this.#settings)) return;
    warnedOfLargeHeads.add(this.#settings);
    const text =
      `the response head has about ${octets} octets: nginx takes ${largeHeadOctets} by default and answers 502 ` +
      "beyond (fastcgi_buffer_size, scgi_buffer_size); Apache takes 8,192 a line (this is said once)";
    this.#toLog({ level: "warning", message: this.#named(text) });
  }

  #exceptionEntry(level: LogEntry["level"], what: string, error: unknown): LogEntry {
    const message = this.#named(`${what}: ${summaryOf(error)}`);
    const code = codeOf(error);
    return code === undefined ? { level, message, error } : { level, message, code, error };
  }

  #named(text: string): string {
    return `${this.method} ${this.path}: ${escapeControls(text)}`;
  }

  #toLog(entry: LogEntry): void {
    try {
      this.#settings.log(entry);
    } catch {
      // See the file's header.
    }
  }

  #toSink(text: string): void {
    if (this.sinkClosed) return;
    try {
      this.#sink.errors(text);
    } catch {
      // See the file's header.
    }
  }
}

/** Part of a request's name in a log line: safe to print, not too long, `-` for "". */
export function labelPart(text: string): string {
  if (text === "") return "-";
  return escapeControls(text.length > shownLength ? `${text.slice(0, shownLength)}...` : text);
}

// What was thrown may be a proxy whose every trap throws, `instanceof` included.

function nameOf(error: unknown): unknown {
  try {
    return (error as { name?: unknown } | null | undefined)?.name;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): ErrorCode | undefined {
  try {
    return error instanceof TsgiError ? error.code : undefined;
  } catch {
    return undefined;
  }
}
