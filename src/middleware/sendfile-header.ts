/**
 * The headers by which an application leaves a file to its web server: X-Accel-Redirect (nginx), X-Sendfile (Apache's
 * mod_xsendfile and mod_proxy_scgi) and X-LIGHTTPD-send-file (lighttpd).
 *
 * nginx reads a URI and lighttpd decodes what it gets, so their headers are percent-encoded. mod_xsendfile 0.12 and
 * mod_proxy_scgi take theirs as it is. lighttpd knows X-Sendfile too, and decodes it: a name with a percent sign is
 * then another's.
 * @module
 */
import { sep } from "node:path";
import { encodePath } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";

/** Which header the web server in front understands, and what the file is called there. */
export interface SendfileOptions {
  readonly header: "x-accel-redirect" | "x-sendfile" | "x-lighttpd-send-file";
  /**
   * What stands for `root`. For x-accel-redirect the URI of an internal location, such as "/protected/"; for the
   * others the directory as the web server sees it, `root` unless given.
   */
  readonly mapping?: string;
}

const headerNames = {
  "x-accel-redirect": "X-Accel-Redirect",
  "x-sendfile": "X-Sendfile",
  "x-lighttpd-send-file": "X-LIGHTTPD-send-file",
} as const;

/** Makes the header of a file from its path, which lies below the root. */
export type SendfileHeader = (path: string) => [name: string, value: string];

/**
 * @param root an absolute path
 * @throws ConfigurationError ERR_CONFIG_OPTION: an unknown header, no mapping where one is needed, or one that is no
 *   absolute path
 */
export function buildSendfileHeader({ header, mapping }: SendfileOptions, root: string): SendfileHeader {
  if (!Object.hasOwn(headerNames, header)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `staticFiles: sendfile.header is ${JSON.stringify(header)}; expected ${Object.keys(headerNames).join(", ")}`,
    );
  }
  if (mapping === undefined && header === "x-accel-redirect") {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      'staticFiles: sendfile.header "x-accel-redirect" needs a mapping: the internal location of nginx, such as "/protected/"',
    );
  }
  const base = mapping ?? root.replaceAll(sep, "/");
  if (!/^(?:\/|[A-Za-z]:\/)/.test(base) || /(?:^|\/)\.{1,2}(?:\/|$)|\0/.test(base)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `staticFiles: sendfile.mapping is ${JSON.stringify(base)}; expected a path that begins with "/" and has no "." or ".."`,
    );
  }
  const prefix = base.replace(/\/$/, "");
  const name = headerNames[header];
  const encode = header === "x-sendfile" ? (octets: string) => octets : encodePath;
  return (path) => [name, encode(octetsOf(prefix + path.slice(root.length).replaceAll(sep, "/")))];
}

/** A character for each octet, as a header has it. */
function octetsOf(path: string): string {
  return Buffer.from(path).toString("latin1");
}
