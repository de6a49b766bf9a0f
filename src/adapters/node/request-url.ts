/**
 * `req.url`: the request target below the mount, as sent.
 *
 * Routers must see the path that the web server and middleware decided on (security U3), and that is PATH_INFO. Where
 * REQUEST_URI is an encoding of SCRIPT_NAME + PATH_INFO, its own escapes are kept; where it is not (middleware or a
 * rewrite changed the path, the web server normalised it), PATH_INFO is encoded anew.
 * @module
 */
import { decodePath, encodePath, splitRequestUri, type Environ } from "../../bridge/index.ts";

/** The target: begins with "/", or is `*`. */
export function requestUrl(environ: Environ): string {
  const { SCRIPT_NAME: mount, PATH_INFO: path, QUERY_STRING: query, REQUEST_URI: uri } = environ;
  // The whole of most requests: at the root, without escapes.
  if (mount === "" && uri !== undefined && uri.charCodeAt(0) === 47) {
    if (query === "" ? uri === path : uri === `${path}?${query}`) return uri;
  }
  return (
    (sentPath(uri, environ.REQUEST_METHOD, mount, path) ?? (path === "" ? "/" : encodePath(path))) +
    queryPart(uri, query)
  );
}

/** The path of REQUEST_URI behind the mount, when it is an encoding of PATH_INFO. */
function sentPath(uri: string | undefined, method: string, mount: string, path: string): string | undefined {
  if (uri === undefined || uri === "") return undefined;
  if (uri === "*" && path === "") return "*";
  let sent: string;
  try {
    sent = splitRequestUri(uri, method).path;
  } catch {
    // An environ that middleware made: PATH_INFO is all there is to go by.
    return undefined;
  }
  if (decodePath(sent) !== mount + path) return undefined;
  const behind = sent.slice(encodedLength(sent, mount.length));
  return behind === "" ? "/" : behind;
}

/** How many characters of `sent` decode to `octets` octets. */
function encodedLength(sent: string, octets: number): number {
  let at = 0;
  for (let count = 0; count < octets; count += 1) {
    at += sent.charCodeAt(at) === 37 && decodePath(sent.slice(at, at + 3)).length === 1 ? 3 : 1;
  }
  return at;
}

/** "?" and the query; a "?" with nothing behind it is kept where it was sent. */
function queryPart(uri: string | undefined, query: string): string {
  if (query !== "") return `?${query}`;
  return uri?.endsWith("?") === true && uri.indexOf("?") === uri.length - 1 ? "?" : "";
}
