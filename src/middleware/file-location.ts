/**
 * Finds the file that a request means: index files of directories, extensions left out, symbolic links.
 *
 * Nothing is opened here.
 * @module
 */
import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { RequestedFile } from "./file-name.ts";

/** Where to look and what to take. */
export interface LocationSettings {
  /** An absolute path. */
  readonly root: string;
  /** Names of index files, in order; none: directories are not served. */
  readonly index: readonly string[];
  /** Tried, with a dot before them, where a name without a dot is no file. */
  readonly extensions: readonly string[];
  readonly symlinks: "inside" | "follow" | "refuse";
}

/** What was found: a file with its path, a directory that is to be asked for with a slash, or the reason for neither. */
export type Location =
  | { readonly kind: "file"; readonly path: string; readonly stats: Stats }
  | { readonly kind: "directory" }
  | { readonly kind: "missing" }
  | { readonly kind: "forbidden" };

const missing: Location = { kind: "missing" };
const forbidden: Location = { kind: "forbidden" };

/** What says that there is no such file, rather than that something is wrong. */
const missingCodes: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ENAMETOOLONG",
  "ELOOP",
  "EINVAL",
  "ERR_INVALID_ARG_VALUE",
]);

/**
 * Finds what `names` lead to.
 * @throws what node:fs throws, where it is neither absence nor a lack of rights
 */
export async function locateFile(
  { names, isDirectory }: RequestedFile,
  settings: LocationSettings,
): Promise<Location> {
  const path = join(settings.root, ...names);
  if (isDirectory) return locateIndex(path, settings);
  const found = await look(path, settings);
  if (found.kind !== "missing" && found.kind !== "directory") return found;
  if (found.kind === "directory" && (await locateIndex(path, settings)).kind === "file") return found;
  const name = names.at(-1);
  if (name === undefined || name.includes(".")) return missing;
  return lookFirst(
    settings.extensions.map((extension) => `${path}.${extension}`),
    settings,
  );
}

/** What `error` of node:fs means for a request. */
export function describeFileError(error: unknown): "missing" | "forbidden" | "failed" {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string") return "failed";
  if (missingCodes.has(code)) return "missing";
  return code === "EACCES" || code === "EPERM" ? "forbidden" : "failed";
}

function locateIndex(directory: string, settings: LocationSettings): Promise<Location> {
  return lookFirst(
    settings.index.map((name) => join(directory, name)),
    settings,
  );
}

/** The first that is a file, else the first that is not to be seen. */
async function lookFirst(paths: readonly string[], settings: LocationSettings): Promise<Location> {
  let otherwise = missing;
  for (const path of paths) {
    const found = await look(path, settings);
    if (found.kind === "file") return found;
    if (found.kind === "forbidden") otherwise = found;
  }
  return otherwise;
}

/** Looks at one path. A socket, a pipe or a device is no file to serve. */
export async function look(path: string, settings: LocationSettings): Promise<Location> {
  try {
    const [stats, allowed] = await Promise.all([stat(path), isAllowed(path, settings)]);
    if (!allowed) return missing;
    if (stats.isDirectory()) return { kind: "directory" };
    return stats.isFile() ? { kind: "file", path, stats } : missing;
  } catch (error) {
    const meaning = describeFileError(error);
    if (meaning === "failed") throw error;
    return meaning === "missing" ? missing : forbidden;
  }
}

async function isAllowed(path: string, { root, symlinks }: LocationSettings): Promise<boolean> {
  if (symlinks === "follow") return true;
  // The root itself may be a link, and point elsewhere after the next deployment: it is resolved each time.
  const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
  if (symlinks === "refuse") return real === join(realRoot, path.slice(root.length));
  return real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
}
