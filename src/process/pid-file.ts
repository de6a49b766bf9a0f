/**
 * The file that names the process to send signals to.
 * @module
 */
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { ConfigurationError } from "../errors/index.ts";

/** Longer than any process id: what is longer is some other file. */
const maxContentLength = 24;

/**
 * Writes this process's id and a newline, in one step: nobody reads half a number. A file that names a process that
 * has gone is replaced; whatever the umask, only its owner may write to it.
 * @param predecessor - a process that is allowed to be named there: the one that this one replaces
 * @throws ConfigurationError ERR_CONFIG_OPTION when the file names another running server, is something else, or
 * cannot be written
 */
export function writePidFile(path: string, predecessor?: number): void {
  const temporary = `${path}.${process.pid}`;
  try {
    rmSync(temporary, { force: true });
    writeFileSync(temporary, `${process.pid}\n`, { flag: "wx", mode: 0o644 });
    try {
      linkSync(temporary, path);
      unlinkSync(temporary);
    } catch (error) {
      // EPERM, ENOTSUP: a file system without links. Only there may two that start at once overtake each other.
      if ((error as NodeJS.ErrnoException).code === "EEXIST") refusePidFile(path, predecessor);
      renameSync(temporary, path);
    }
  } catch (error) {
    rmSync(temporary, { force: true });
    if (error instanceof ConfigurationError) throw error;
    throw unusable(path, error);
  }
}

/**
 * Looks before anything is started.
 * @throws ConfigurationError ERR_CONFIG_OPTION when the file names another running server, or is something else
 */
export function refusePidFile(path: string, predecessor?: number): void {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw unusable(path, error);
  }
  if (text.length > maxContentLength || !/^\s*\d*\s*$/.test(text)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `${path} is no pid file: its content is something else; choose another name, or remove it yourself`,
    );
  }
  const pid = Number(text);
  if (pid === 0 || pid === process.pid || pid === predecessor || !mayBeServer(pid)) return;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `the pid file ${path} names process ${pid}, which is running: stop it first, or choose another pid file`,
  );
}

/** A number is given again, after a reboot above all: a process that does not run Node.js is not meant. */
function mayBeServer(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  try {
    const program = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    return basename(program) === basename(process.execPath);
  } catch {
    // No such thing here, or another user's.
    return true;
  }
}

function unusable(path: string, error: unknown): ConfigurationError {
  const { code } = error as NodeJS.ErrnoException;
  return new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `cannot write the pid file ${path} (${code}): choose a directory that exists and is writable`,
    { cause: error },
  );
}

/** Removes the file if it still names this process: a new master may have written its own there. */
export function removePidFile(path: string): void {
  try {
    if (Number(readFileSync(path, "utf8")) === process.pid) unlinkSync(path);
  } catch {
    // Somebody else has removed it, or a process that has become another user may not.
  }
}
