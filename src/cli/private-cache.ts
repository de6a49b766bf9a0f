/**
 * Files that save work on the next start: transpiled TypeScript and V8's compiled code. Losing them costs time only.
 *
 * What is in them is run, so they are used only where nobody else can have put them: in a directory of mode 0700 that
 * belongs to this user and is none through a symbolic link. Files appear whole, by renaming.
 * @module
 */
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** `undefined`: not looked for yet; "": there is none that can be trusted. */
let directory: string | undefined;

/** The directory, made if need be; undefined where there is none that can be trusted. */
export function privateCacheDirectory(): string | undefined {
  directory ??= findDirectory() ?? "";
  return directory === "" ? undefined : directory;
}

/** What was last written under that name, or undefined. */
export function readCached(name: string): Buffer | undefined {
  const folder = privateCacheDirectory();
  if (folder === undefined) return undefined;
  try {
    return readFileSync(`${folder}/${name}`);
  } catch {
    return undefined;
  }
}

/** Keeps octets for the next start, or does nothing. */
export function writeCached(name: string, content: string | Uint8Array): void {
  const folder = privateCacheDirectory();
  if (folder === undefined) return;
  const temporary = `${folder}/.${process.pid.toString(36)}-${process.hrtime.bigint().toString(36)}`;
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: 0o600 });
    renameSync(temporary, `${folder}/${name}`);
  } catch {
    // A full or read-only disk costs time, not the request.
  }
}

/** A short name for a path. Not unique: whoever reads the file compares what it was made of. */
export function cacheName(path: string): string {
  let hash = 0;
  for (let index = 0; index < path.length; index++) hash = (Math.imul(hash, 31) + path.charCodeAt(index)) | 0;
  return (hash >>> 0).toString(36);
}

function findDirectory(): string | undefined {
  const user = process.getuid?.();
  // Windows has no owner to compare.
  if (user === undefined) return undefined;
  const { XDG_CACHE_HOME: home, TMPDIR: temporary = "/tmp" } = process.env;
  const places = [
    ...(home?.startsWith("/") === true ? [`${home}/tsgi`] : []),
    // Also where the other is somebody else's: a process that root started may have become another user.
    `${temporary.replace(/\/+$/, "")}/tsgi-cache-${user}`,
  ];
  return places.find((path) => isTrusted(path, user));
}

function isTrusted(path: string, user: number): boolean {
  try {
    // A look first: as a rule it is there, and mkdir's error takes longer.
    let found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      mkdirSync(path, { mode: 0o700 });
      found = lstatSync(path);
    }
    return found.isDirectory() && found.uid === user && (found.mode & 0o077) === 0;
  } catch {
    // In a directory that is not there, or that this user may not look into or write to.
    return false;
  }
}
