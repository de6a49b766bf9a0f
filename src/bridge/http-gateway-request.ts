/**
 * An HTTP request as the request of a gateway: its CGI variables in the form in which every protocol hands them over.
 * @module
 */
import {
  buildRequestParams,
  type HttpRequestHead,
  type ParamsSettings,
  type RequestSocket,
} from "../protocols/http-params.ts";
import type { ParamsBlock } from "../protocols/params-block.ts";
import type { GatewayRequest } from "./exchange-types.ts";

/** The root for a mount: where an application is mounted is the environ builder's business, as for every protocol. */
const defaults: ParamsSettings = { scriptName: "", serverSoftware: "tsgi", params: {} };

/**
 * Builds the request that an Exchange takes.
 * @param settings - variables that stand over those of the request, such as `HTTPS: "on"`, and where the request is
 * mounted if that is known already
 * @throws RemoteProtocolError ERR_REQUEST_URI, ERR_REQUEST_PARAMS: answer 400
 */
export function httpGatewayRequest(
  request: HttpRequestHead,
  socket: RequestSocket,
  settings: Partial<ParamsSettings> = {},
): GatewayRequest {
  const params =
    buildRequestParams(request, socket, { ...defaults, ...settings }) ?? new Map<string, string>();
  return { protocol: "http", role: "responder", params: blockOf(params) };
}

/** The variables are native strings: an octet a character. */
function blockOf(variables: ReadonlyMap<string, string>): ParamsBlock {
  const spans: number[] = [];
  let text = "";
  for (const [name, value] of variables) {
    const start = text.length;
    text += name + value;
    spans.push(start, start + name.length, start + name.length, text.length);
  }
  return { octets: Buffer.from(text, "latin1"), spans };
}
