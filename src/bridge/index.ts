/**
 * The bridge: the calling convention and what drives an application through it, whatever protocol carried the request.
 * @module
 */
export {
  accessLogFormats,
  compileAccessLogFormat,
  type AccessLogEntry,
  type AccessLogFormatter,
} from "./access-log-format.ts";
export { isOctets } from "./answer.ts";
export { BodyQueue } from "./body-queue.ts";
export { copyEnviron } from "./copy-environ.ts";
export { buildEnviron, type EnvironOptions, type EnvironResult } from "./environ.ts";
export { checkExtraPairs } from "./environ-keys.ts";
export { parseScriptName } from "./path-split.ts";
export type {
  AnswerFacts,
  ExchangeSettings,
  GatewayRequest,
  LogEntry,
  NamedRequest,
  RequestObserver,
  RequestWatch,
  ResponseSink,
} from "./exchange-types.ts";
export { errorPage, gatewayStatus } from "./error-page.ts";
export { Exchange } from "./exchange.ts";
export { fileWrapper } from "./file-wrapper.ts";
export { QueueInputStream } from "./input-stream.ts";
export {
  describeValue,
  detailLines,
  escapeControls,
  formatLogEntry,
  stackOf,
  summaryOf,
} from "./log-line.ts";
export { quoted } from "./quoted.ts";
export { isThenable, iterate } from "./response-body.ts";
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
