/**
 * Owner, group and permission bits of a UNIX socket that has just been bound under a name of its own.
 * @module
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lchownSync,
  openSync,
} from "node:fs";
import { ConfigurationError } from "../errors/index.ts";
import { findGroup, findUser } from "./accounts.ts";
import { asBigInt } from "./socket-stats.ts";

/** Whose a UNIX socket is to be, and who may connect. */
export interface SocketRights {
  /** Permission bits. */
  readonly mode: number;
  /** Absent: as the system gives it. */
  readonly uid?: number;
  readonly gid?: number;
}

/** The same as it is asked for: names or numbers. */
export interface SocketOwnership {
  readonly socketMode?: number;
  readonly socketUser?: string | number;
  readonly socketGroup?: string | number;
}

/**
 * What was asked for, as numbers. Whoever may connect may run requests as anyone, so the mode is 0660 unless told (O1).
 * @throws ConfigurationError ERR_CONFIG_OPTION for a user or group that does not exist
 */
export function socketRights({ socketMode, socketUser, socketGroup }: SocketOwnership): SocketRights {
  return {
    mode: socketMode ?? 0o660,
    ...(socketUser === undefined ? {} : { uid: findUser(socketUser).uid }),
    ...(socketGroup === undefined ? {} : { gid: findGroup(socketGroup) }),
  };
}

/** Where Linux has a process's open files by number; missing where /proc is not mounted. */
const openFiles = "/proc/self/fd";

/** O_PATH of Linux: names a file without opening it, which a socket does not allow. */
const openPath = 0o10_000_000;

/**
 * Applies the rights to the socket at `path`. It must have been bound without any: nobody connects until it is done.
 * @param place - what the user called it, for the error
 * @throws ConfigurationError ERR_CONFIG_LISTEN when this user may not
 */
export function applyRights(path: string, { mode, uid, gid }: SocketRights, place: string): void {
  try {
    if (process.platform === "linux" && existsSync(openFiles))
      applyByDescriptor(path, mode, uid ?? -1, gid ?? -1);
    else {
      if (uid !== undefined || gid !== undefined) lchownSync(path, uid ?? -1, gid ?? -1);
      chmodSync(path, mode);
    }
  } catch (error) {
    const asked = [
      ...(uid === undefined ? [] : [`user ${uid}`]),
      ...(gid === undefined ? [] : [`group ${gid}`]),
    ];
    const remedy = asked.length === 0 ? "" : ": root may, others only give it to one of their own groups";
    const what = asked.length === 0 ? `mode ${mode.toString(8)}` : asked.join(" and ");
    throw new ConfigurationError(
      "ERR_CONFIG_LISTEN",
      `cannot listen on ${place}: the socket cannot be given ${what} (${(error as NodeJS.ErrnoException).code})${remedy}`,
      { cause: error },
    );
  }
}

/**
 * By the file rather than its name: who may write to the directory could put a link there in between, and chmod
 * follows it to whatever root may change.
 */
function applyByDescriptor(path: string, mode: number, uid: number, gid: number): void {
  const fd = openSync(path, openPath | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(fd, asBigInt).isSocket()) {
      throw Object.assign(new Error("not the socket that was bound"), { code: "ENOTSOCK" });
    }
    const file = `${openFiles}/${fd}`;
    if (uid !== -1 || gid !== -1) chownSync(file, uid, gid);
    chmodSync(file, mode);
  } finally {
    closeSync(fd);
  }
}
