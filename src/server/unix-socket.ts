/**
 * The path of a UNIX socket: bound so that it is never missing and never wider open than asked, removed only by its owner.
 *
 * A socket is bound under a name of its own, given its owner and mode, and only then renamed over the path. So a stale socket is
 * replaced in one step; and when Node.js unlinks the name it bound, on close, it hits nothing that others listen on.
 * @module
 */
import { existsSync, lstatSync, renameSync, unlinkSync, type BigIntStats } from "node:fs";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { ConfigurationError } from "../errors/index.ts";
import { listenError } from "../protocols/listen-error.ts";
import { applyRights, type SocketRights } from "./socket-rights.ts";
import { asBigInt } from "./socket-stats.ts";

/** The longest path that fits sockaddr_un with its terminating zero, on Linux. */
const maxPathOctets = 107;

/** A path and the very socket that was put there. */
export interface OwnedPath {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

/** A socket that is bound, and not at its path yet. */
export interface PreparedPath {
  /**
   * Puts it at its path.
   * @throws ConfigurationError ERR_CONFIG_LISTEN when something else has come to be there, or a server that answers
   */
  publish(): Promise<OwnedPath>;
  /** Removes what there is of it instead. */
  discard(): void;
}

/**
 * Binds with `listenAt` and puts the socket at `path`.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when something else is there, or a server that answers
 */
export async function bindUnixPath(
  path: string,
  rights: SocketRights,
  listenAt: (path: string) => Promise<void>,
): Promise<OwnedPath> {
  return (await prepareUnixPath(path, rights, listenAt)).put();
}

/**
 * Binds with `listenAt`; the path comes later. Where the directory leaves no room for another name, it is the path
 * itself that is bound.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when something else is there, or a server that answers
 */
export async function prepareUnixPath(
  path: string,
  rights: SocketRights,
  listenAt: (path: string) => Promise<void>,
): Promise<PreparedPath & { put(): OwnedPath }> {
  if (Buffer.byteLength(path) > maxPathOctets) {
    throw refused(
      path,
      `the path has ${Buffer.byteLength(path)} octets, ${maxPathOctets} are possible: choose a shorter one`,
    );
  }
  // libuv reports a directory that is missing as EACCES.
  if (!existsSync(dirname(path))) throw refused(path, "its directory does not exist: make it first");
  await refuseUnlessStale(path);
  // By chance: containers that share a directory may have the same process ids, and one may have died just here.
  const name = join(dirname(path), `.${process.pid.toString(36)}-${randomBytes(6).toString("base64url")}`);
  const temporary = Buffer.byteLength(name) <= maxPathOctets ? name : path;
  if (temporary === path && exists(path) !== undefined) unlinkSync(path);
  // Nobody may connect until it has the owner that is asked for: the path itself may be what is bound.
  await withUmask(0o777, () => listenAt(temporary));
  const bound = lstatSync(temporary, asBigInt);
  // Numbers again: a master hands them to the next one as JSON.
  const [device, inode] = [Number(bound.dev), Number(bound.ino)];
  try {
    applyRights(temporary, rights, `unix:${path}`);
  } catch (error) {
    removeOwnSocket({ path: temporary, device, inode });
    throw error;
  }
  const put = (): OwnedPath => {
    if (temporary !== path) renameSync(temporary, path);
    return { path, device, inode };
  };
  return {
    put,
    publish: async () => {
      if (temporary !== path) await refuseUnlessStale(path);
      return put();
    },
    discard: () => removeOwnSocket({ path: temporary, device, inode }),
  };
}

/** Node.js binds before `listen` returns, so the socket is there without rights first. */
function withUmask<Result>(mask: number, action: () => Result): Result {
  if (!isMainThread) return action();
  const before = process.umask(mask);
  try {
    return action();
  } finally {
    process.umask(before);
  }
}

/** Removes the path if it is still the socket that was bound. */
export function removeOwnSocket(owned: OwnedPath): void {
  const found = exists(owned.path);
  if (found === undefined || Number(found.ino) !== owned.inode || Number(found.dev) !== owned.device) return;
  try {
    unlinkSync(owned.path);
  } catch {
    // A process that has become another user may not, where the directory is not its own: the next one finds it stale.
  }
}

async function refuseUnlessStale(path: string): Promise<void> {
  const found = exists(path);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw refused(path, "something that is not a socket is there: remove it yourself if it is not needed");
  }
  if (await answers(path))
    throw refused(path, "another server listens there: stop it, or choose another path");
}

function exists(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { ...asBigInt, throwIfNoEntry: false });
  } catch (error) {
    // In a directory that this user may not even look into, or below something that is none.
    throw listenError({ kind: "unix", path }, error as NodeJS.ErrnoException);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // Only a refusal proves that nobody listens; a socket we may not reach, or a full backlog, is somebody's.
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
  });
}

function refused(path: string, why: string): ConfigurationError {
  return new ConfigurationError("ERR_CONFIG_LISTEN", `cannot listen on unix:${path}: ${why}`);
}
