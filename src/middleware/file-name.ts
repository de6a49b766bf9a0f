/**
 * From PATH_INFO to the names of a file below a root, and nothing that could lead elsewhere.
 *
 * PATH_INFO has been decoded once, by the web server or the gateway, and is not decoded again: "%2e" in it is a name
 * with a percent sign. Works on names alone; what they lead to on the disk, symbolic links included, is
 * file-location.ts.
 * @module
 */

/** What is asked for: the names from the root down, and whether a slash stood behind the last. */
export interface RequestedFile {
  readonly names: readonly string[];
  /** "/docs/": a directory is meant. The root alone is always one. */
  readonly isDirectory: boolean;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The names that mean devices in every directory of Windows, with any extension. */
const windowsDevices = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?:\.|$)/i;

/**
 * @param path a native string: one character for each octet of the decoded path behind the prefix, "" or "/..."
 * @returns undefined when no file can be meant: "." or ".." or an empty name, NUL, a backslash, no UTF-8; on Windows
 *   also what its file system reads in a way of its own (drives, streams, devices, names that end in "." or " ")
 */
export function parseRequestedFile(
  path: string,
  platform: NodeJS.Platform = process.platform,
): RequestedFile | undefined {
  if (path === "" || path === "/") return { names: [], isDirectory: path === "/" };
  if (!path.startsWith("/")) return undefined;
  const text = decodeNative(path);
  if (text === undefined) return undefined;
  const isDirectory = text.endsWith("/");
  const names = text.slice(1, isDirectory ? -1 : undefined).split("/");
  return names.every((name) => isPlainName(name, platform)) ? { names, isDirectory } : undefined;
}

function isPlainName(name: string, platform: NodeJS.Platform): boolean {
  if (name === "" || name === "." || name === "..") return false;
  // A separator on Windows; refused everywhere, so that a path means the same on every machine.
  if (name.includes("\0") || name.includes("\\")) return false;
  if (platform !== "win32") return true;
  return !/[<>:"|?*]|[. ]$/.test(name) && !windowsDevices.test(name);
}

function decodeNative(path: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(path, "latin1"));
  } catch {
    return undefined;
  }
}
