/**
 * The URI of a request, made of its environ: PEP 3333 "URL Reconstruction", wsgiref.util's `request_uri` and
 * `application_uri`.
 *
 * It is made of SCRIPT_NAME and PATH_INFO, which are decoded: what a client had escaped without need comes back plain,
 * and "%2F" comes back as "/". The request as it was sent is REQUEST_URI.
 * @module
 */
import { hostError, inBrackets, splitHost } from "../protocols/host.ts";
import { percentEncode } from "./request-uri.ts";

/** The variables that a URI is made of. Every Environ has them. */
export interface UriVariables {
  readonly HTTP_HOST?: string | undefined;
  readonly HTTPS?: string | undefined;
  readonly SERVER_NAME?: string | undefined;
  readonly SERVER_PORT?: string | undefined;
  readonly SCRIPT_NAME?: string | undefined;
  readonly PATH_INFO?: string | undefined;
  readonly QUERY_STRING?: string | undefined;
  readonly "wsgi.url_scheme"?: string | undefined;
}

export interface RequestUriOptions {
  /** Whether QUERY_STRING is a part of it. Default true. */
  readonly includeQuery?: boolean;
}

/** What `wsgi.url_scheme` should be: "https" when HTTPS is "on", "1" or "yes", in upper or lower case. */
export function guessScheme(environ: { readonly HTTPS?: string | undefined }): "http" | "https" {
  return /^(?:on|1|yes)$/i.test(environ.HTTPS ?? "") ? "https" : "http";
}

/**
 * The URI that the application is mounted at, without a query: `https://example.org/app`. The root is "/".
 * @throws RemoteProtocolError ERR_REQUEST_PARAMS: HTTP_HOST is no host, so that a URI made of it could lead anywhere (U4);
 * answer 400
 */
export function applicationUri(environ: UriVariables): string {
  const scheme = environ["wsgi.url_scheme"] ?? guessScheme(environ);
  return `${scheme}://${authority(environ, scheme)}${quotePath(environ.SCRIPT_NAME || "/", plainInScriptName)}`;
}

/**
 * The URI of the request: `applicationUri`, PATH_INFO, and QUERY_STRING as it was sent.
 * @throws RemoteProtocolError ERR_REQUEST_PARAMS: see `applicationUri`
 */
export function requestUri(environ: UriVariables, { includeQuery = true }: RequestUriOptions = {}): string {
  const path = quotePath(environ.PATH_INFO ?? "", plainInPathInfo);
  // Without a SCRIPT_NAME the slash that PATH_INFO begins with is there already.
  const uri = applicationUri(environ) + (environ.SCRIPT_NAME ? path : path.slice(1));
  return includeQuery && environ.QUERY_STRING ? `${uri}?${environ.QUERY_STRING}` : uri;
}

const standardPorts: Readonly<Record<string, string>> = { http: "80", https: "443" };

function authority(environ: UriVariables, scheme: string): string {
  if (environ.HTTP_HOST) {
    if (splitHost(environ.HTTP_HOST) === undefined) throw hostError(environ.HTTP_HOST);
    return environ.HTTP_HOST;
  }
  const name = environ.SERVER_NAME ?? "";
  const host = inBrackets(name);
  const port = environ.SERVER_PORT;
  return port === undefined || port === standardPorts[scheme] ? host : `${host}:${port}`;
}

/** What Python's `quote` leaves as it is, with "/" as it does by default. */
const plainInScriptName = tableOf("/");
/** PATH_INFO may have parameters: "/cart;id=1,2". */
const plainInPathInfo = tableOf("/;=,");

function tableOf(more: string): ReadonlySet<string> {
  return new Set(`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~${more}`);
}

/** Percent-encodes a native string, octet by octet. */
function quotePath(path: string, plain: ReadonlySet<string>): string {
  let encoded = "";
  for (const octet of path) encoded += plain.has(octet) ? octet : percentEncode(octet);
  return encoded;
}
