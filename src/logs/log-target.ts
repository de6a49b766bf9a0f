/**
 * Where log lines go: a file that is appended to, or one of the standard descriptors.
 * @module
 */
import { closeSync, constants, fchownSync, fstatSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigurationError } from "../errors/index.ts";

/** Or Node.js would not resolve links after a look at a socket or a pipe: src/server/socket-stats.ts. */
const asBigInt = { bigint: true } as const;

// Not blocking: opening a named pipe that nobody reads must fail, not wait.
const flags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Requests name people: nobody outside of the group reads about them. */
const mode = 0o640;

/** What `-`, `/dev/stdout` and `/dev/stderr` are. */
export interface StandardDescriptors {
  readonly stdout: number;
  readonly stderr: number;
}

export const ownDescriptors: StandardDescriptors = { stdout: 1, stderr: 2 };

/** Whom a file is given to that was not there: workers of another user append to what their master has created. */
export interface LogOwner {
  readonly uid: number;
  readonly gid: number;
}

export class LogTarget {
  /** The file's path, or what stands for a descriptor. */
  readonly name: string;
  readonly #path: string | undefined;
  readonly #owner: LogOwner | undefined;
  #fd: number;
  #isFile = false;

  /**
   * Opens a file, relative to the working directory of this moment, or takes a descriptor.
   * @throws ConfigurationError ERR_CONFIG_OPTION: it cannot be opened for writing
   */
  constructor(place: string | number, what: string, owner?: LogOwner) {
    this.#owner = owner;
    if (typeof place === "number") {
      this.name = place === 1 ? "standard output" : "standard error";
      this.#fd = withoutBlocking(place);
    } else {
      this.name = this.#path = resolve(place);
      try {
        this.#fd = openFile(this.#path, owner);
      } catch (error) {
        throw new ConfigurationError(
          "ERR_CONFIG_OPTION",
          `the ${what} ${this.#path} cannot be opened for writing (${messageOf(error)}): name a file in a directory ` +
            "that this user may write to, or - for the standard streams",
        );
      }
    }
    this.#look();
  }

  get fd(): number {
    return this.#fd;
  }

  /** A file on a disk: lines of any number can be appended at once without another process's getting in between. */
  get isFile(): boolean {
    return this.#isFile;
  }

  /**
   * Opens the path anew. Standard descriptors stay as they are.
   * @returns the old descriptor, for the caller to close; undefined when there is none
   * @throws the error of node:fs: the old file stays open
   */
  reopen(): number | undefined {
    if (this.#path === undefined) return undefined;
    const old = this.#fd;
    this.#fd = openFile(this.#path, this.#owner);
    this.#look();
    return old;
  }

  close(): void {
    if (this.#path !== undefined) closeSync(this.#fd);
  }

  #look(): void {
    try {
      this.#isFile = fstatSync(this.#fd, asBigInt).isFile();
    } catch {
      // A descriptor that is closed: writing will say so.
      this.#isFile = false;
    }
  }
}

function openFile(path: string, owner: LogOwner | undefined): number {
  if (owner === undefined) return openSync(path, flags, mode);
  let fd: number;
  try {
    // Only what did not exist changes hands: never a file that somebody has put, or linked to, under this name.
    fd = openSync(path, flags | constants.O_EXCL, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return openSync(path, flags, mode);
  }
  try {
    fchownSync(fd, owner.uid, owner.gid);
  } catch {
    // A file system without owners; or not root any more, and then the file is that user's anyway.
  }
  return fd;
}

/**
 * A pipe that is not read would hold up the thread that writes to it, and with that the end of the process. Opened
 * anew it has flags of its own, and those of whoever shares it stay as they are. Linux; elsewhere it stays as it is.
 */
function withoutBlocking(descriptor: number): number {
  try {
    if (!fstatSync(descriptor, asBigInt).isFIFO()) return descriptor;
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return descriptor;
  }
}

/** What node:fs says of a failure. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a FILE setting means: the stream that `-` stands for is the log's own. */
export function placeOf(file: string, dash: number, standard: StandardDescriptors): string | number {
  if (file === "-") return dash;
  if (file === "/dev/stdout") return standard.stdout;
  return file === "/dev/stderr" ? standard.stderr : file;
}
