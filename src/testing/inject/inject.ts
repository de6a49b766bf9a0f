/**
 * `inject`: one request to an application through the real octets of a protocol, without a socket.
 * @module
 */
import type { Application, LogEntry } from "../../bridge/index.ts";
import { ConfigurationError } from "../../errors/index.ts";
import type { Carrier, GatewayOptions, InjectProtocol } from "./carrier.ts";
import { gatewayCarrier } from "./gateway-carrier.ts";
import { httpCarrier } from "./http-carrier.ts";
import { headersOf, type InjectedAnswer, type StreamedAnswer } from "./inject-answer.ts";
import { prepareRequest, type InjectRequest, type PreparedRequest } from "./inject-request.ts";
import { scriptCarrier } from "./script-carrier.ts";

export interface InjectOptions extends GatewayOptions {
  /** How the request travels. Default "fastcgi". */
  readonly protocol?: InjectProtocol;
}

const carriers: Readonly<Record<InjectProtocol, Carrier>> = {
  fastcgi: gatewayCarrier("fastcgi"),
  scgi: gatewayCarrier("scgi"),
  cgi: scriptCarrier,
  http: httpCarrier,
};

/** Every protocol that `inject` speaks. */
export const injectProtocols: readonly InjectProtocol[] = ["fastcgi", "scgi", "cgi", "http"];

/**
 * Sends a request to an application and resolves with its answer, once that has ended and nothing of it runs any more.
 * An application that fails after its head gives what there is of its answer, and `truncated`.
 * @param request - a path stands for a GET of it
 * @throws ConfigurationError ERR_CONFIG_OPTION for a request or an option that cannot be
 * @throws RequestAbortedError ERR_REQUEST_ABORTED when the request's signal has fired; whatever its body throws
 */
export async function inject(
  application: Application,
  request: InjectRequest | string = {},
  options: InjectOptions = {},
): Promise<InjectedAnswer> {
  const asked = typeof request === "string" ? { url: request } : request;
  const answer = await injectStream(application, asked, options);
  const chunks: Uint8Array[] = [];
  let truncated = false;
  try {
    for await (const chunk of answer.body) chunks.push(chunk);
  } catch (error) {
    if (asked.signal?.aborted === true) throw error;
    truncated = true;
  } finally {
    await answer.ended();
  }
  const body = Buffer.concat(chunks);
  const { status, reason, headers, headerList, errors, log } = answer;
  return {
    status,
    reason,
    headers,
    headerList,
    errors,
    log,
    body,
    truncated,
    text: () => body.toString("utf8"),
    json: () => JSON.parse(body.toString("utf8")) as unknown,
  };
}

/** As `inject`, but resolves with the head; the body is read as it comes, and `ended()` waits for the rest. */
export function injectStream(
  application: Application,
  request: InjectRequest | string = {},
  options: InjectOptions = {},
): Promise<StreamedAnswer> {
  return carry(
    application,
    prepareRequest(typeof request === "string" ? { url: request } : request),
    options,
  );
}

/** @internal */
export async function carry(
  application: Application,
  request: PreparedRequest,
  { protocol = "fastcgi", ...options }: InjectOptions,
): Promise<StreamedAnswer> {
  if (typeof application !== "function") {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `inject() got ${application === null ? "null" : typeof application} for an application: it takes a function (environ, startResponse)`,
    );
  }
  if (!Object.hasOwn(carriers, protocol)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `inject() got protocol ${JSON.stringify(protocol)}: expected ${injectProtocols.join(", ")}`,
    );
  }
  let errors = "";
  const log: LogEntry[] = [];
  const recorder = {
    log: (entry: LogEntry) => void log.push(entry),
    writeErrors: (text: string) => void (errors += text),
  };
  const answer = await carriers[protocol](application, request, { ...options, ...recorder });
  const { status, reason, headers, body, end } = answer;
  let ended: Promise<void> | undefined;
  return {
    status,
    reason,
    headers: headersOf(headers),
    headerList: headers,
    body,
    log,
    get errors() {
      return errors;
    },
    ended: () => (ended ??= end()),
  };
}
