/**
 * Links within the application. They begin with SCRIPT_NAME, wherever the web server has put the application.
 * @module
 */
import type { Environ } from "tsgi";

/** The application's own root, with a closing slash, ready to stand in a URL. */
export function homePath(environ: Environ): string {
  // Two slashes at the start of a link would name another host.
  return `${quotePath(environ.SCRIPT_NAME).replace(/^\/+/, "/")}/`;
}

/** Percent-encodes a path of the environ: one character there is one octet. */
function quotePath(path: string): string {
  return path.replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g,
    (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
