/**
 * `tsgi`: the server, and the types of the calling convention.
 * @module
 */
/// <reference types="node" preserve="true" />
export {
  serve,
  serverLimits,
  type Addresses,
  type CloseOptions,
  type GatewayServer,
  type ListenOptions,
  type ServeOptions,
  type ServerLimits,
} from "./server/index.ts";
export { defineConfig, type TsgiConfig } from "./config/index.ts";
export { openAccessLog, type AccessLog, type AccessLogFileOptions } from "./logs/index.ts";
export { run, type RunOptions } from "./run/index.ts";
export { runCgi, type CgiOptions } from "./cgi/index.ts";
export {
  applicationUri,
  compose,
  FileWrapper,
  guessScheme,
  Headers,
  isHopByHop,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
  type HeaderParameters,
  type PathVariables,
  type RequestUriOptions,
  type UriVariables,
} from "./bridge/index.ts";
export {
  fromFetch,
  type FetchContext,
  type FetchEnv,
  type FetchFunction,
  type FetchHandler,
  toFetch,
  type FromFetchOptions,
  type RemoteAddress,
  type ToFetchOptions,
  fromNode,
  toNode,
  type NodeListener,
  type NodeRequest,
  type ToNodeOptions,
} from "./adapters/index.ts";
export { flushHead } from "./bridge/index.ts";
export type {
  AccessLogEntry,
  Application,
  Environ,
  ErrorStream,
  FileLike,
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
  ValidationError,
  type ErrorCode,
  type ValidatedSide,
} from "./errors/index.ts";
export type { Address } from "./protocols/address.ts";
