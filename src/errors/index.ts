/**
 * Every error this project raises, and the closed list of their codes.
 *
 * Seven classes say who is at fault; the `code` says what happened. docs/errors.md has a section for each code,
 * and a test checks that the list, the documentation and the tests agree.
 * @module
 */

/** Codes by the class that carries them. The array order is the order of docs/errors.md. */
export const errorCodes = {
  RemoteProtocolError: [
    "ERR_FCGI_VERSION",
    "ERR_FCGI_BEGIN_BODY",
    "ERR_FCGI_END_BODY",
    "ERR_FCGI_REQUEST_ID",
    "ERR_FCGI_STREAM_ORDER",
    "ERR_FCGI_PAIR",
    "ERR_FCGI_UNEXPECTED_RECORD",
    "ERR_FCGI_TRUNCATED",
    "ERR_FCGI_REFUSED",
    "ERR_SCGI_NETSTRING",
    "ERR_SCGI_HEADERS",
    "ERR_SCGI_TRUNCATED",
    "ERR_SCGI_UNEXPECTED",
    "ERR_CGI_HEAD",
    "ERR_HTTP_REQUEST",
    "ERR_REQUEST_PARAMS",
    "ERR_REQUEST_CONTENT_LENGTH",
    "ERR_REQUEST_URI",
    "ERR_PEER_REFUSED",
  ],
  LocalProtocolError: ["ERR_LOCAL_STATE", "ERR_LOCAL_VALUE"],
  LimitExceededError: [
    "ERR_LIMIT_PARAMS",
    "ERR_LIMIT_REQUESTS",
    "ERR_LIMIT_CONNECTIONS",
    "ERR_LIMIT_BODY",
    "ERR_LIMIT_HEAD",
    "ERR_LIMIT_STALL",
    "ERR_LIMIT_TIME",
    "ERR_LIMIT_REQUEST_TIME",
  ],
  RequestAbortedError: ["ERR_REQUEST_ABORTED", "ERR_BODY_TRUNCATED"],
  ResponseError: [
    "ERR_RESPONSE_STATUS",
    "ERR_RESPONSE_HEADERS",
    "ERR_RESPONSE_HOP_BY_HOP",
    "ERR_RESPONSE_STARTED",
    "ERR_RESPONSE_NOT_STARTED",
    "ERR_RESPONSE_BODY",
    "ERR_RESPONSE_CHUNK",
    "ERR_RESPONSE_LENGTH",
    "ERR_RESPONSE_ENDED",
    "ERR_RESPONSE_DESTROYED",
  ],
  ValidationError: ["ERR_VALIDATION"],
  ConfigurationError: [
    "ERR_CONFIG_ADDRESS",
    "ERR_CONFIG_LISTEN",
    "ERR_CONFIG_OPTION",
    "ERR_CONFIG_APPLICATION",
    "ERR_CONFIG_CONNECT",
  ],
} as const;

type Codes = typeof errorCodes;
/** Any code that an error of this project can carry. */
export type ErrorCode = Codes[keyof Codes][number];

/** The base of all errors of this project: match on `code`, which is stable; messages may be reworded. */
export abstract class TsgiError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** The peer broke its protocol, or sent a request that cannot be one. The connection or the request ends. */
export class RemoteProtocolError extends TsgiError<Codes["RemoteProtocolError"][number]> {}

/** This side was used wrongly: an event sent out of order, a value that the wire cannot carry. */
export class LocalProtocolError extends TsgiError<Codes["LocalProtocolError"][number]> {}

/** The peer asked for more than a configured limit allows. */
export class LimitExceededError extends TsgiError<Codes["LimitExceededError"][number]> {
  /** The limit's name in the limits table, e.g. `maxParamsOctets`. */
  readonly limit: string;
  /** What the limit allows. */
  readonly allowed: number;
  /** What came, as far as it was known when refused. */
  readonly actual: number;
  constructor(
    code: Codes["LimitExceededError"][number],
    limit: string,
    allowed: number,
    actual: number,
    message: string,
  ) {
    super(code, message);
    this.limit = limit;
    this.allowed = allowed;
    this.actual = actual;
  }
}

/** The client or the web server went away, or cut the request body short. */
export class RequestAbortedError extends TsgiError<Codes["RequestAbortedError"][number]> {}

/** The application broke the calling convention: status, headers, body or their order. */
export class ResponseError extends TsgiError<Codes["ResponseError"][number]> {}

/** Who broke a rule of the calling convention: the gateway (or middleware around), or the application. */
export type ValidatedSide = "server" | "application";

/** The `validator` middleware found a rule of the calling convention broken. */
export class ValidationError extends TsgiError<Codes["ValidationError"][number]> {
  /** The rule's name in docs/middleware.md, such as `V31` or `A24`. */
  readonly rule: string;
  readonly side: ValidatedSide;
  constructor(
    code: Codes["ValidationError"][number],
    rule: string,
    side: ValidatedSide,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.rule = rule;
    this.side = side;
  }
}

/** A setting, an address, a module or a socket that cannot be used. The message names the remedy. */
export class ConfigurationError extends TsgiError<Codes["ConfigurationError"][number]> {}
