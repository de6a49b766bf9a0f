/**
 * `tsgi`: the server, and the types of the calling convention.
 * @module
 */
export {
  serve,
  serverLimits,
  type Addresses,
  type GatewayServer,
  type ListenOptions,
  type ServeOptions,
  type ServerLimits,
} from "./server/index.ts";
export { openAccessLog, type AccessLog, type AccessLogFileOptions } from "./logs/index.ts";
export { run, type RunOptions } from "./run/index.ts";
export { runCgi, type CgiOptions } from "./cgi/index.ts";
export type {
  AccessLogEntry,
  Application,
  Environ,
  ErrorStream,
  FileLike,
  FileWrapper,
  HeaderList,
  InputStream,
  LogEntry,
  Middleware,
  ProtocolName,
  ResponseBody,
  StartResponse,
  Write,
} from "./bridge/index.ts";
export {
  ConfigurationError,
  errorCodes,
  LimitExceededError,
  LocalProtocolError,
  RemoteProtocolError,
  RequestAbortedError,
  ResponseError,
  TsgiError,
  type ErrorCode,
} from "./errors/index.ts";
export type { Address } from "./protocols/address.ts";
