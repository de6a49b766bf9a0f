/**
 * The bridge: the calling convention and what drives an application through it, whatever protocol carried the request.
 * @module
 */
export { flushHead, isOctets } from "./answer.ts";
export { createBlockPool } from "./block-pool.ts";
export { BodyQueue } from "./body-queue.ts";
export { compose } from "./compose.ts";
export { checkExtraPairs } from "./environ-keys.ts";
export { parseScriptName, pathBehind } from "./path-split.ts";
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
export { embeddedSettings } from "./embedded-settings.ts";
export { errorPage, gatewayStatus } from "./error-page.ts";
export { Exchange } from "./exchange.ts";
export { FileWrapper, fileWrapper } from "./file-wrapper.ts";
export { headerNameOf, isHeaderVariable } from "./header-names.ts";
export { type HeaderParameters, Headers } from "./headers.ts";
export { isHopByHop } from "./hop-by-hop.ts";
export {
  describeValue,
  detailLines,
  escapeControls,
  formatLogEntry,
  stackOf,
  summaryOf,
} from "./log-line.ts";
export { bodyKind, closeBody, isThenable, iterate } from "./response-body.ts";
export { type PathVariables, shiftPathInfo } from "./shift-path-info.ts";
export { setupTestingDefaults } from "./testing-defaults.ts";
export { hostError, inBrackets, splitHost } from "../protocols/host.ts";
export { withoutDots } from "../protocols/ip-address.ts";
export {
  applicationUri,
  guessScheme,
  requestUri,
  type RequestUriOptions,
  type UriVariables,
} from "./uri-reconstruction.ts";
export { httpGatewayRequest } from "./http-gateway-request.ts";
export { type HttpRefusal, httpRefusalEntry, refuseHttpRequest } from "./http-refusals.ts";
export { decodePath, encodePath, percentEncode, splitRequestUri } from "./request-uri.ts";
export { targetBelowMount, wholeTarget } from "./request-target.ts";
export type {
  Application,
  Environ,
  ErrorStream,
  FileLike,
  HeaderList,
  InputStream,
  Middleware,
  ProtocolName,
  ResponseBody,
  StartResponse,
  Write,
} from "./types.ts";
export { type AccessLogEntry, type AccessLogFormatter, compileAccessLogFormat } from "./access-log-format.ts";
export { copyEnviron } from "./copy-environ.ts";
export { QueueInputStream } from "./input-stream.ts";
export { quoted } from "../protocols/quoted.ts";
export { dispositionFirst } from "./disposition-first.ts";
export { HttpExchange, type HttpExchangeHost } from "./http-exchange.ts";
