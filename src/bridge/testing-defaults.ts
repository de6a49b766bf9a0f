/**
 * `setupTestingDefaults`: completes an environ for a test that has no gateway, as wsgiref.util's
 * `setup_testing_defaults`.
 * @module
 */
import { BodyQueue } from "./body-queue.ts";
import { fileWrapper } from "./file-wrapper.ts";
import { QueueInputStream } from "./input-stream.ts";
import { GatewayErrorStream } from "./error-stream.ts";
import type { Environ } from "./types.ts";
import { guessScheme } from "./uri-reconstruction.ts";

/** `wsgi.errors` of a test: keeps the text. `String(environ["wsgi.errors"])` is all of it. */
class TextErrorStream extends GatewayErrorStream {
  readonly #pieces: string[];

  constructor(pieces: string[] = []) {
    super({ writeErrors: (text) => void pieces.push(text) });
    this.#pieces = pieces;
  }

  override toString(): string {
    return this.#pieces.join("");
  }
}

/**
 * Gives `environ` whatever an environ needs and it has not: a GET of http://127.0.0.1/ without a body. What is there
 * stays. Not for a server: the values are made up.
 * @returns `environ` itself, for its type
 */
export function setupTestingDefaults<Given extends Partial<Environ>>(environ: Given): Given & Environ {
  const complete = environ as Partial<Environ>;
  const input = new BodyQueue(0);
  input.end();
  const defaults: Partial<Environ> = {
    REQUEST_METHOD: "GET",
    SERVER_NAME: "127.0.0.1",
    SERVER_PROTOCOL: "HTTP/1.0",
    HTTP_HOST: "127.0.0.1",
    QUERY_STRING: "",
    "wsgi.version": [1, 0],
    "wsgi.input": new QueueInputStream(input),
    "wsgi.errors": new TextErrorStream(),
    "wsgi.multithread": false,
    "wsgi.multiprocess": false,
    "wsgi.run_once": false,
    "wsgi.url_scheme": guessScheme(complete),
    "wsgi.file_wrapper": fileWrapper,
    "tsgi.protocol": "http",
    "tsgi.role": "responder",
    "tsgi.signal": new AbortController().signal,
  };
  for (const [key, value] of Object.entries(defaults)) complete[key] ??= value;
  // Only together: one of the two says what the other is meant to be.
  if (complete.SCRIPT_NAME === undefined && complete.PATH_INFO === undefined) complete.PATH_INFO = "/";
  complete.SCRIPT_NAME ??= "";
  complete.PATH_INFO ??= "";
  complete.SERVER_PORT ??= complete["wsgi.url_scheme"] === "https" ? "443" : "80";
  return environ as Given & Environ;
}
