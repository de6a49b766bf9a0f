/**
 * The calling convention: what an application is, what it is given and what it gives back.
 *
 * PEP 3333 in TypeScript. docs/specification.md is the full text; this file is its types.
 * @module
 */
import type { GatewayRole } from "../protocols/gateway-core.ts";

/** A list of response headers: `[name, value]` pairs, each string with code points up to U+00FF only. */
export type HeaderList = Array<[name: string, value: string]>;

/** Sends one chunk of the body before the application returns; resolves when more may come (PEP 3333, write()). */
export type Write = (chunk: Uint8Array) => Promise<void>;

/**
 * Begins the answer. Nothing is sent until the first non-empty chunk, so it may be called again with `excInfo`, the
 * thrown value, to replace what has not been sent; once it has been sent, `excInfo` is thrown again.
 * @throws ResponseError ERR_RESPONSE_STATUS, ERR_RESPONSE_HEADERS, ERR_RESPONSE_HOP_BY_HOP, ERR_RESPONSE_STARTED
 */
export type StartResponse = (status: string, headers: HeaderList, excInfo?: unknown) => Write;

/** The body: chunks of octets, and `close` that is called once whatever happens. */
export type ResponseBody = (Iterable<Uint8Array> | AsyncIterable<Uint8Array>) & {
  close?(): void | Promise<void>;
};

/** What a gateway hosts: called once for each request with an environ of its own. */
export type Application = (
  environ: Environ,
  startResponse: StartResponse,
) => ResponseBody | Promise<ResponseBody>;

/** An application that wraps another: a gateway to the one inside, an application to the one outside. */
export type Middleware = (application: Application) => Application;

/** `wsgi.input`: the request body. Each read resolves to an empty array at the end. */
export interface InputStream extends AsyncIterable<Uint8Array> {
  /**
   * Reads `size` octets, fewer only at the end of the body; without `size`, the rest of it.
   * @throws RequestAbortedError ERR_BODY_TRUNCATED when the body ends before CONTENT_LENGTH
   * @throws LimitExceededError ERR_LIMIT_BODY when a body of undeclared length passes `maxBodyOctets`
   */
  read(size?: number): Promise<Uint8Array>;
  /** Reads up to and including the next "\n", at most `size` octets. */
  readline(size?: number): Promise<Uint8Array>;
  /** Reads lines until the end, or until `hint` octets have been read. */
  readlines(hint?: number): Promise<Uint8Array[]>;
  /** The chunks as they arrive, sizes as they come: the cheapest way to stream an upload. */
  chunks(): AsyncIterableIterator<Uint8Array>;
  /** Iterates by line. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array>;
}

/** `wsgi.errors`: text for the error log (and FCGI_STDERR where the protocol has it). */
export interface ErrorStream {
  write(text: string): void;
  writelines(lines: Iterable<string>): void;
  flush(): void;
}

/** What `wsgi.file_wrapper` can wrap: anything with `read`, such as a node:fs/promises FileHandle or a Readable. */
export interface FileLike {
  read(size: number): unknown;
  close?(): unknown;
}

/** `wsgi.file_wrapper`: makes a body of a file, `blockSize` octets (default 65,536) at a time. */
export type FileWrapper = (file: FileLike | AsyncIterable<Uint8Array>, blockSize?: number) => ResponseBody;

/** Which protocol carried the request. */
export type ProtocolName = "fastcgi" | "scgi" | "cgi" | "uwsgi" | "ajp" | "http";

/** The request: CGI variables as the web server sent them, then `wsgi.*`, then `tsgi.*`. Each request has its own. */
export interface Environ {
  REQUEST_METHOD: string;
  SCRIPT_NAME: string;
  PATH_INFO: string;
  QUERY_STRING: string;
  SERVER_NAME: string;
  SERVER_PORT: string;
  SERVER_PROTOCOL: string;
  CONTENT_TYPE?: string;
  CONTENT_LENGTH?: string;
  REQUEST_URI?: string;
  REMOTE_ADDR?: string;
  REMOTE_PORT?: string;
  REMOTE_USER?: string;
  HTTPS?: string;
  "wsgi.version": readonly [1, 0];
  "wsgi.url_scheme": "http" | "https";
  "wsgi.input": InputStream;
  "wsgi.errors": ErrorStream;
  "wsgi.multithread": boolean;
  "wsgi.multiprocess": boolean;
  "wsgi.run_once": boolean;
  "wsgi.file_wrapper": FileWrapper;
  "tsgi.protocol": ProtocolName;
  /** Fires when the client or the web server has gone; never after a normal end. */
  "tsgi.signal": AbortSignal;
  "tsgi.role": GatewayRole;
  /** The file of a FastCGI Filter (FCGI_DATA); absent in other roles. */
  "tsgi.data"?: InputStream;
  [header: `HTTP_${string}`]: string | undefined;
  [name: string]: unknown;
}
