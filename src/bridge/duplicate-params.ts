/**
 * What a parameter that came twice means (H2; RFC 3875 section 4.1.18).
 *
 * nginx before 1.23, HAProxy and h2o repeat a parameter for each repeated header; lighttpd and h2o also send `X_Foo`
 * as a second HTTP_X_FOO. Keeping the last, as flup does, lets a client choose which one a check and which one the
 * application sees.
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { quoted } from "../protocols/quoted.ts";

/**
 * One value for a parameter that came with `first` and again with `second`.
 * @returns HTTP_*: both, joined with ", " (HTTP_COOKIE with "; "); else the one value that they agree on
 * @throws RemoteProtocolError ERR_REQUEST_PARAMS: a single-valued parameter has two values
 */
export function mergeDuplicateParam(name: string, first: string, second: string): string {
  if (name === "HTTP_COOKIE") return `${first}; ${second}`;
  if (name.startsWith("HTTP_") && !isSingleHeader(name)) return `${first}, ${second}`;
  if (first === second) return first;
  throw new RemoteProtocolError(
    "ERR_REQUEST_PARAMS",
    `the parameter ${quoted(name)} came twice, as ${quoted(first)} and as ${quoted(second)}; expected one value` +
      (name.startsWith("HTTP_")
        ? ""
        : " (when the web server's own configuration sets it twice, for instance beside an included fastcgi_params, remove one)"),
  );
}

/** Headers that are no lists: a second one that differs is an attempt to be read differently by two programs. */
function isSingleHeader(name: string): boolean {
  return (
    name === "HTTP_HOST" ||
    name === "HTTP_AUTHORIZATION" ||
    name === "HTTP_CONTENT_LENGTH" ||
    name === "HTTP_CONTENT_TYPE"
  );
}
