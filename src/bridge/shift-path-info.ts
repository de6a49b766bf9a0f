/**
 * `shiftPathInfo`: moves one segment of the path from PATH_INFO to SCRIPT_NAME, as wsgiref.util's `shift_path_info`.
 * @module
 */
import { normalisePath } from "./request-uri.ts";

/** The part of an environ that is changed. */
export interface PathVariables {
  SCRIPT_NAME?: string | undefined;
  PATH_INFO?: string | undefined;
}

/**
 * Moves the first segment of PATH_INFO to the end of SCRIPT_NAME and returns it. Empty segments and "." in the middle
 * are left out, and SCRIPT_NAME is normalised, ".." included.
 *
 * `environ` is changed: give it a copy where others still need it. The last slash counts: PATH_INFO "/" gives "" and a
 * slash at the end of SCRIPT_NAME.
 * @returns undefined when there is nothing to move: PATH_INFO is empty, or does not begin with "/", or was "/."
 */
export function shiftPathInfo(environ: PathVariables): string | undefined {
  const path = environ.PATH_INFO ?? "";
  if (!path.startsWith("/")) return undefined;
  const [, ...segments] = path.split("/");
  const last = segments.pop() ?? "";
  const [name = "", ...rest] = [...segments.filter((each) => each !== "" && each !== "."), last];
  const scriptName = withoutLastSlash(normalisePath(`${environ.SCRIPT_NAME ?? ""}/${name}`));
  environ.SCRIPT_NAME = name === "" ? `${scriptName}/` : scriptName;
  environ.PATH_INFO = rest.length === 0 ? "" : `/${rest.join("/")}`;
  return name === "." ? undefined : name;
}

function withoutLastSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
