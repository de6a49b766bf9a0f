/**
 * The CGI variables of an HTTP request: what the front end sends on, and what the HTTP server gives applications.
 *
 * REQUEST_URI stays as the client wrote it, PATH_INFO is that path percent-decoded and otherwise untouched (dot segments
 * and double slashes are kept, as Caddy and HAProxy do), so both always agree. What the client does not control is
 * taken from the socket. RFC 3875 section 4.1; rules H1, H2, H7, U1 to U4, W19, W20.
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { hopByHopNames } from "./hop-by-hop.ts";
import { hostError, inBrackets, splitHost } from "./host.ts";
import { quoted } from "./quoted.ts";

/** An HTTP request without its body: a node:http IncomingMessage fits, its socket aside. */
export interface HttpRequestHead {
  readonly method?: string | undefined;
  /** The request target, as it came. */
  readonly url?: string | undefined;
  /** Such as `1.1`. */
  readonly httpVersion: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/** The two ends of the connection that the request came over; a UNIX socket has neither. */
export interface RequestSocket {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** What is added to each request. */
export interface ParamsSettings {
  /** Where the application is mounted: "" or a decoded path that begins with "/" and does not end with one. */
  readonly scriptName: string;
  readonly serverSoftware: string;
  /** Variables that stand over the others, such as `HTTPS: "on"` behind a proxy that ends TLS. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Builds the variables of a request; undefined when its path is not under the mount.
 * @throws RemoteProtocolError ERR_REQUEST_URI for a target that is no path, or holds NUL or a broken escape;
 * ERR_REQUEST_PARAMS for a malformed Host or a header that contradicts itself
 */
export function buildRequestParams(
  request: HttpRequestHead,
  socket: RequestSocket,
  settings: ParamsSettings,
): Map<string, string> | undefined {
  const target = splitTarget(request.url ?? "");
  const { scriptName } = settings;
  const path = percentDecode(target.path);
  if (!path.startsWith(scriptName)) return undefined;
  const pathInfo = path.slice(scriptName.length);
  if (pathInfo !== "" && !pathInfo.startsWith("/")) return undefined;
  const headers = headerParams(request.rawHeaders);
  // RFC 9112 section 3.2.2: the authority of an absolute target stands for the Host header.
  const host = target.authority ?? headers.get("HTTP_HOST");
  if (host !== undefined) headers.set("HTTP_HOST", host);
  const local = socket.localAddress ?? "";
  const params = new Map([
    ["GATEWAY_INTERFACE", "CGI/1.1"],
    ["SERVER_SOFTWARE", settings.serverSoftware],
    ["SERVER_PROTOCOL", `HTTP/${request.httpVersion}`],
    ["SERVER_NAME", hostName(host) || inBrackets(local) || "localhost"],
    ["SERVER_PORT", `${socket.localPort ?? 80}`],
    ["SERVER_ADDR", local],
    // A UNIX socket's peer has no address; nginx says so with this word.
    ["REMOTE_ADDR", socket.remoteAddress ?? "unix:"],
    ["REMOTE_PORT", `${socket.remotePort ?? ""}`],
    ["REQUEST_METHOD", request.method ?? "GET"],
    ["REQUEST_SCHEME", "http"],
    ["REQUEST_URI", target.uri],
    ["SCRIPT_NAME", scriptName],
    ["PATH_INFO", pathInfo],
    ["QUERY_STRING", target.query],
    ...headers,
  ]);
  for (const [name, value] of Object.entries(settings.params)) params.set(name, value);
  return params;
}

interface Target {
  /** In origin form, as it came. */
  readonly uri: string;
  readonly path: string;
  readonly query: string;
  readonly authority: string | undefined;
}

function splitTarget(url: string): Target {
  let uri = url;
  let authority: string | undefined;
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(url);
  if (absolute !== null) {
    authority = absolute[1] ?? "";
    uri = url.slice(absolute[0].length);
    if (!uri.startsWith("/")) uri = `/${uri}`;
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!uri.startsWith("/") || /[\x00-\x20\x7f#]/.test(uri)) {
    throw uriError(`the request target ${quoted(url)} is no path; expected /path?query`);
  }
  const mark = uri.indexOf("?");
  const path = mark === -1 ? uri : uri.slice(0, mark);
  return { uri, path, query: mark === -1 ? "" : uri.slice(mark + 1), authority };
}

function percentDecode(path: string): string {
  if (!path.includes("%")) return path;
  return path.replaceAll(/%([0-9a-fA-F]{2})?/g, (_, digits: string | undefined) => {
    if (digits === undefined || digits === "00") {
      throw uriError(`the path ${quoted(path)} holds a NUL or a broken escape; expected %01 to %FF`);
    }
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}

/** Headers of one connection only, and the one that the front end has acted on itself. */
const hopByHop: ReadonlySet<string> = new Set([...hopByHopNames, "expect"]);

/** Headers that say one thing; two that differ would let two readers see two requests (H2). */
const singular: ReadonlySet<string> = new Set(["host", "authorization", "content-type", "content-length"]);

function headerParams(rawHeaders: readonly string[]): Map<string, string> {
  const named = connectionNames(rawHeaders);
  const params = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    // X_Y and X-Y would become one variable, and HTTP_PROXY would be taken for the process's own (H1, H7).
    if (!/^[a-z0-9-]+$/.test(name) || name === "proxy" || hopByHop.has(name) || named.has(name)) continue;
    const key = variableName(name);
    const before = params.get(key);
    if (before === undefined) params.set(key, value);
    else if (!singular.has(name)) params.set(key, `${before}${name === "cookie" ? "; " : ", "}${value}`);
    else if (before !== value || name === "host") {
      throw new RemoteProtocolError("ERR_REQUEST_PARAMS", `two ${name} headers came; expected one`);
    }
  }
  return params;
}

function variableName(name: string): string {
  if (name === "content-type") return "CONTENT_TYPE";
  if (name === "content-length") return "CONTENT_LENGTH";
  return `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** The headers that a Connection header declares to be of this connection only. */
function connectionNames(rawHeaders: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== "connection") continue;
    for (const name of (rawHeaders[index + 1] ?? "").split(",")) names.add(name.trim().toLowerCase());
  }
  // Naming these would take the request's own meaning from it.
  for (const name of [...singular, "cookie"]) names.delete(name);
  return names;
}

/** The name in a Host header, without its port; "" when there is none. */
function hostName(host: string | undefined): string {
  if (host === undefined || host === "") return "";
  const split = splitHost(host);
  if (split === undefined) throw hostError(host);
  return split.name;
}

function uriError(message: string): RemoteProtocolError {
  return new RemoteProtocolError("ERR_REQUEST_URI", message);
}
