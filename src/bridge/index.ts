/**
 * The bridge: the calling convention and what drives an application through it, whatever protocol carried the request.
 * @module
 */
export { BodyQueue } from "./body-queue.ts";
export { buildEnviron, type EnvironOptions, type EnvironResult } from "./environ.ts";
export { checkExtraPairs } from "./environ-keys.ts";
export { parseScriptName } from "./path-split.ts";
export type { ExchangeSettings, GatewayRequest, LogEntry, ResponseSink } from "./exchange-types.ts";
export { errorPage, gatewayStatus } from "./error-page.ts";
export { Exchange } from "./exchange.ts";
export { fileWrapper } from "./file-wrapper.ts";
export { escapeControls, formatLogEntry } from "./log-line.ts";
export type {
  Application,
  Environ,
  ErrorStream,
  FileLike,
  FileWrapper,
  HeaderList,
  InputStream,
  Middleware,
  ProtocolName,
  ResponseBody,
  StartResponse,
  Write,
} from "./types.ts";
