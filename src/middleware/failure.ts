/**
 * What a maker of error pages is given, and what it gives.
 * @module
 */
import type { Environ, HeaderList } from "../bridge/index.ts";

/** What has failed. */
export interface Failure {
  readonly error: unknown;
  /** A copy: the request as the application was given it. */
  readonly environ: Environ;
}

/** An answer in place of the application's. */
export interface FailurePage {
  /** Default `500 Internal Server Error`. */
  readonly status?: string;
  /** Without Content-Length. Default: Content-Type `text/html; charset=utf-8`. */
  readonly headers?: HeaderList;
  /** A string is sent as UTF-8. */
  readonly body: string | Uint8Array;
}
