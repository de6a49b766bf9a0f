/**
 * SCRIPT_NAME and PATH_INFO: where the path is cut. All comparisons are on the octets as sent (U2), and a cut is only
 * ever made at the end of a segment: "/app" is no prefix of "/application".
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { isNativeText } from "./environ-keys.ts";
import { decodePath, normalisePath } from "./request-uri.ts";

/**
 * Reads the `scriptName` setting: "" or "/app"; a slash at its end is left out, so "/" means "".
 * @throws ConfigurationError ERR_CONFIG_OPTION: it does not begin with "/", or has code points past U+00FF
 */
export function parseScriptName(setting: string): string {
  if (setting === "") return "";
  if (!setting.startsWith("/") || !isNativeText(setting)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `scriptName is ${JSON.stringify(setting)}; expected "" or a path such as "/app", one character for each octet`,
    );
  }
  return setting.endsWith("/") ? setting.slice(0, -1) : setting;
}

/** What stands behind `prefix` in `path` ("" or "/..."), or undefined when `prefix` does not end at a segment's end. */
export function pathBehind(path: string, prefix: string): string | undefined {
  if (path === prefix) return "";
  // A prefix "/app/" leaves its slash to what follows.
  const cut = prefix.endsWith("/") ? prefix.length - 1 : prefix.length;
  if (!path.startsWith(prefix)) return undefined;
  return path.charCodeAt(cut) === 47 ? path.slice(cut) : undefined;
}

/**
 * PATH_INFO of a request that came without one: the path of its REQUEST_URI, decoded, less SCRIPT_NAME.
 *
 * A web server that takes SCRIPT_NAME from the path has usually normalised it ("//" merged, ".." resolved), so where
 * the path as sent does not begin with SCRIPT_NAME, the normalised one is tried.
 * @param rawPath path of REQUEST_URI, with its escapes
 * @returns undefined when the two have nothing to do with each other: a rewrite, an index file
 */
export function derivePathInfo(rawPath: string, scriptName: string): string | undefined {
  // nginx's stock fastcgi_params on a plain path: SCRIPT_NAME is all of it.
  if (rawPath === scriptName) return "";
  const path = decodePath(rawPath);
  if (path === "") return "";
  return pathBehind(path, scriptName) ?? pathBehind(normalisePath(path), scriptName);
}

/**
 * PATH_INFO under the mount that the deployer named.
 * @param sent SCRIPT_NAME + PATH_INFO as sent, "" when the web server sent neither
 * @param rawPath path of REQUEST_URI, with its escapes, for that case
 * @returns undefined when the path is not under the mount
 */
export function pathUnderMount(sent: string, rawPath: string, mount: string): string | undefined {
  if (sent !== "") return pathBehind(sent, mount);
  return derivePathInfo(rawPath, mount);
}
