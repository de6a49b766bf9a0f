/**
 * The client side: speaking to an application as a web server does, and a small web server that does so.
 * @module
 */
export { AnswerBody } from "./answer-body.ts";
export { GatewayClient } from "./client.ts";
export { createFrontEnd, FrontEnd, type FrontEndOptions } from "./front-end.ts";
export {
  buildRequestParams,
  type HttpRequestHead,
  type ParamsSettings,
  type RequestSocket,
} from "../protocols/http-params.ts";
export type { ClientSocket } from "./upload-socket.ts";
export { formatGatewayTarget, parseGatewayTarget, type GatewayTarget } from "./target.ts";
export { clientLimits, type ClientLimits } from "./limits.ts";
export type {
  BodySource,
  ClientProtocol,
  ClientRequest,
  GatewayClientOptions,
  GatewayResponse,
} from "./types.ts";
