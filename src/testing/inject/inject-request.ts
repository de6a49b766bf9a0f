/**
 * The request of `inject`, as a test writes it, and as the carriers need it.
 * @module
 */
import { encodePath } from "../../bridge/index.ts";
import type { BodySource } from "../../client/index.ts";
import { buildRequestParams } from "../../client/index.ts";
import { ConfigurationError } from "../../errors/index.ts";
import type { GatewayRole } from "../../protocols/gateway-core.ts";

/** A request. All of it has defaults: `{}` asks for "/" by GET. */
export interface InjectRequest {
  /** Default GET. */
  readonly method?: string;
  /** Path and query below the mount, percent-encoded, as they stand in a request line. Default "/". */
  readonly url?: string;
  /** By name, or as pairs in their order; strings of octets (latin-1). `Host` defaults to "localhost". */
  readonly headers?:
    Readonly<Record<string, string | readonly string[]>> | Iterable<readonly [name: string, value: string]>;
  /** A string is sent in UTF-8. What has a length is sent with a Content-Length, an iterable as it comes, without. */
  readonly body?: string | BodySource;
  /** The client's address and port. Default 127.0.0.1 and 50,000. */
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  /** The client came over TLS. Default false. */
  readonly https?: boolean;
  /** Where the application is mounted: "" (the default) or a decoded path such as "/app". */
  readonly scriptName?: string;
  /** Variables that a web server adds, such as REMOTE_USER; they stand over all others. */
  readonly params?: Readonly<Record<string, string>>;
  /** Gives the request up, as a client that goes away. */
  readonly signal?: AbortSignal;
  /** FastCGI only: the role, default "responder". An authorizer gets no body. */
  readonly role?: GatewayRole;
  /** FastCGI only: the file of a filter. */
  readonly data?: BodySource;
}

/** What the carriers need. */
export interface PreparedRequest {
  readonly method: string;
  /** The request target: the mount, path and query. */
  readonly target: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly body: BodySource | undefined;
  readonly addresses: {
    readonly localAddress: string;
    readonly localPort: number;
    readonly remoteAddress: string;
    readonly remotePort: number;
  };
  readonly scriptName: string;
  /** What stands over the variables of the request. */
  readonly params: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly role: GatewayRole | undefined;
  readonly data: BodySource | undefined;
}

/** Methods whose requests are sent without a Content-Length when they have no body. */
const bodiless: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** @throws ConfigurationError ERR_CONFIG_OPTION for a url that is no path or a scriptName that is none */
export function prepareRequest(request: InjectRequest): PreparedRequest {
  const { method = "GET", url = "/", https = false, scriptName = "" } = request;
  if (!/^[/?]/.test(url) && url !== "") throw refused("url", url, 'a path such as "/p?q=1"');
  if (scriptName !== "" && !/^\/.*[^/]$/s.test(scriptName)) {
    throw refused("scriptName", scriptName, '"" or a path such as "/app"');
  }
  const body = typeof request.body === "string" ? new TextEncoder().encode(request.body) : request.body;
  const pairs = headerPairs(request.headers);
  const named = (name: string): boolean => pairs.some(([each]) => each.toLowerCase() === name);
  if (!named("host")) pairs.unshift(["Host", "localhost"]);
  if (!named("content-length") && !named("transfer-encoding")) {
    if (body instanceof Uint8Array) pairs.push(["Content-Length", String(body.length)]);
    else if (body === undefined && !bodiless.has(method)) pairs.push(["Content-Length", "0"]);
  }
  return {
    method,
    target: encodePath(scriptName) + url || "/",
    rawHeaders: pairs.flat(),
    body,
    addresses: {
      localAddress: "127.0.0.1",
      localPort: https ? 443 : 80,
      remoteAddress: request.remoteAddress ?? "127.0.0.1",
      remotePort: request.remotePort ?? 50_000,
    },
    scriptName,
    params: { ...(https ? { HTTPS: "on", REQUEST_SCHEME: "https" } : {}), ...request.params },
    signal: request.signal,
    role: request.role,
    data: request.data,
  };
}

/**
 * The variables that a web server would send.
 * @throws RemoteProtocolError ERR_REQUEST_URI, ERR_REQUEST_PARAMS for what a web server would refuse
 */
export function requestParams(request: PreparedRequest): Map<string, string> {
  const { method, target, rawHeaders, addresses, scriptName, params } = request;
  const head = { method, url: target, httpVersion: "1.1", rawHeaders };
  const settings = { scriptName, serverSoftware: "tsgi", params };
  const found = buildRequestParams(head, addresses, settings);
  if (found === undefined) throw refused("url", target, `a path below the mount "${scriptName}"`);
  return found;
}

function headerPairs(headers: InjectRequest["headers"] = []): Array<[name: string, value: string]> {
  if (Symbol.iterator in headers) {
    return [...(headers as Iterable<readonly [string, string]>)].map(([name, value]) => [name, value]);
  }
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value as string]),
  );
}

function refused(name: string, value: string, expected: string): ConfigurationError {
  return new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `inject() got ${name} ${JSON.stringify(value.slice(0, 100))}: expected ${expected}`,
  );
}
