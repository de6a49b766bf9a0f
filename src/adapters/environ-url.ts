/**
 * The URL of a request, from its environ: one URL for every adapter, router and log (security U3, U4).
 *
 * Scheme from `wsgi.url_scheme`, authority from HTTP_HOST (SERVER_NAME and SERVER_PORT where it is absent), path and
 * query as request-target.ts decides. PEP 3333 "URL Reconstruction", RFC 9110 section 7.1, WHATWG URL. X-Forwarded-* is
 * never asked.
 * @module
 */
import {
  hostError,
  inBrackets,
  percentEncode,
  splitHost,
  wholeTarget,
  type Environ,
} from "../bridge/index.ts";

/**
 * The URL as the WHATWG URL parser serialises it: ASCII, dot segments resolved, no fragment, no default port. Octets
 * that no URL may hold are percent-encoded one by one, never read as UTF-8.
 * @param origin - what `originOfEnviron` says
 */
export function urlAtOrigin(environ: Environ, origin: string): string {
  const target = wholeTarget(environ);
  if (isPlainTarget(target)) return origin + target;
  return new URL(origin + escapeTarget(target)).href;
}

let lastScheme = "";
let lastHost = "";
let lastOrigin = "";

/**
 * The scheme and authority, such as `https://example.org:8443`.
 * @throws RemoteProtocolError ERR_REQUEST_PARAMS for a Host that is none
 */
export function originOfEnviron(environ: Environ): string {
  const scheme = environ["wsgi.url_scheme"];
  const host = environ.HTTP_HOST;
  if (host === undefined || host === "") return `${scheme}://${serverHost(environ, scheme)}`;
  // Most requests of a server name the host of the one before; one entry is also a bound.
  if (host === lastHost && scheme === lastScheme) return lastOrigin;
  const canonical = canonicalHost(host, scheme);
  if (canonical === undefined) throw hostError(host);
  const origin = `${scheme}://${canonical}`;
  lastScheme = scheme;
  lastHost = host;
  lastOrigin = origin;
  return origin;
}

/** What the deployer named, where the client named nothing. A server_name that is a pattern names no host. */
function serverHost(environ: Environ, scheme: string): string {
  const { SERVER_NAME: name, SERVER_PORT: port } = environ;
  const host = inBrackets(name);
  return canonicalHost(`${host}:${port}`, scheme) ?? canonicalHost(host, scheme) ?? "localhost";
}

/** Names that a URL holds as they are: lower case, no internationalised label, the last label no number. */
const plainName = /^(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*$/;

/** The host as a URL has it, without a default port; undefined when it is none. */
function canonicalHost(host: string, scheme: string): string | undefined {
  const colon = host.indexOf(":");
  const name = colon === -1 ? host : host.slice(0, colon);
  if (
    plainName.test(name) &&
    !name.includes("xn--") &&
    (colon === -1 || isPlainPort(host.slice(colon + 1)))
  ) {
    return host;
  }
  // An escape is no part of a name that the web server routed on; the parser would undo it.
  if (host.includes("%") || splitHost(host) === undefined) return undefined;
  try {
    const url = new URL(`${scheme}://${host}/`);
    return url.host === "" ? undefined : url.host;
  } catch {
    return undefined;
  }
}

/** A port that the parser would neither rewrite nor leave out; 80 and 443 go to the parser. */
function isPlainPort(port: string): boolean {
  return /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 && port !== "80" && port !== "443";
}

/** What the URL parser leaves as it is; "/." and "%2e" may be dot segments. */
const plainTarget = /^[!$-;=@-Z_a-z~]*(?:\?[!$-&(-;=?-~]*)?$/;

function isPlainTarget(target: string): boolean {
  if (!plainTarget.test(target) || target.includes("/.")) return false;
  return !target.includes("%") || !/%2e/i.test(target);
}

/** Encodes what the parser would drop, take for a slash or a fragment, or read as text of more octets than one. */
function escapeTarget(target: string): string {
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const encoded = path.replaceAll(/[\x00-\x20\x7f-\xff#\\]/g, percentEncode);
  // oxlint-disable-next-line no-control-regex -- the same
  return encoded + query.replaceAll(/[\x00-\x20\x7f-\xff#]/g, percentEncode);
}
