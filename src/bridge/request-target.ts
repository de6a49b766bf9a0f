/**
 * The path and query of a request, for every adapter alike: what the web server matched (security U3).
 *
 * SCRIPT_NAME + PATH_INFO is the path that the web server's rules, and middleware, decided on; REQUEST_URI is what the
 * client wrote. Where REQUEST_URI is an encoding of that path, its own escapes are kept ("%2F" stays). Where it is not
 * (slashes merged, dot segments taken out, a rewrite), SCRIPT_NAME and PATH_INFO are encoded anew, so that no router
 * sees a path which no rule has seen. The query is QUERY_STRING, which a rewrite may have changed too.
 * docs/environ.md, "What routers see".
 * @module
 */
import { decodePath, encodePath, normalisePath, splitRequestUri } from "./request-uri.ts";
import type { Environ } from "./types.ts";

/**
 * The target with the mount point: what a whole URL has. Begins with "/". It may hold octets that no URL may, as sent.
 */
export function wholeTarget(environ: Environ): string {
  const { SCRIPT_NAME: mount, PATH_INFO: path, QUERY_STRING: query, REQUEST_URI: uri } = environ;
  if (uri !== undefined && isPlain(uri, mount + path, query)) return uri;
  const parts = pathParts(environ);
  const whole = parts.mount + parts.path;
  return (whole.startsWith("/") ? whole : `/${whole}`) + queryPart(uri, query);
}

/** The target below the mount point. Begins with "/", or is `*`. */
export function targetBelowMount(environ: Environ): string {
  const { SCRIPT_NAME: mount, PATH_INFO: path, QUERY_STRING: query, REQUEST_URI: uri } = environ;
  if (mount === "" && uri !== undefined && isPlain(uri, path, query)) return uri;
  if (uri === "*" && path === "") return "*";
  const below = pathParts(environ).path;
  return (below.startsWith("/") ? below : `/${below}`) + queryPart(uri, query);
}

/** Whether the target is the path and query, octet for octet: so for most requests, which have no escapes. */
function isPlain(uri: string, path: string, query: string): boolean {
  if (uri.charCodeAt(0) !== 47) return false;
  return query === "" ? uri === path : uri === `${path}?${query}`;
}

/** Both encoded; the mount is "" where the client's URL does not have it. */
function pathParts(environ: Environ): { readonly mount: string; readonly path: string } {
  const { SCRIPT_NAME: mount, PATH_INFO: path } = environ;
  const sent = sentPath(environ);
  if (sent !== undefined) {
    const decoded = decodePath(sent);
    if (decoded === mount + path) {
      const cut = encodedLength(sent, mount.length);
      return { mount: sent.slice(0, cut), path: sent.slice(cut) };
    }
    // "RewriteRule ^(.*)$ /app.fcgi/$1": SCRIPT_NAME is not in the client's URL.
    if (decoded === path) return { mount: "", path: sent };
    const normalised = normalisePath(decoded);
    if (normalised === path) return { mount: "", path: encodePath(path) };
    if (path === "" && isFolderOf(mount, normalised))
      return { mount: encodePath(normalised.slice(0, -1)), path: "/" };
  }
  return { mount: encodePath(mount), path: encodePath(path) };
}

/** Whether the script is the index file of the folder that was asked for: "/dir/" and "/dir/index.cgi". */
function isFolderOf(script: string, folder: string): boolean {
  return folder.endsWith("/") && script.startsWith(folder) && !script.includes("/", folder.length);
}

/** The path of REQUEST_URI, with its escapes. */
function sentPath({ REQUEST_URI: uri, REQUEST_METHOD: method }: Environ): string | undefined {
  if (uri === undefined || uri === "") return undefined;
  try {
    return splitRequestUri(uri, method).path;
  } catch {
    // The gateway answers such a target 400, so middleware made it: PATH_INFO is all there is to go by.
    return undefined;
  }
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
