/**
 * The file that names the process to send signals to.
 * @module
 */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { ConfigurationError } from "../errors/index.ts";

/**
 * Writes this process's id and a newline, in one step: nobody reads half a number.
 * @throws ConfigurationError ERR_CONFIG_OPTION when the file cannot be written
 */
export function writePidFile(path: string): void {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, `${process.pid}\n`);
    renameSync(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `cannot write the pid file ${path} (${code}): choose a directory that exists and is writable`,
      { cause: error },
    );
  }
}

/** Removes the file if it still names this process: a new master may have written its own there. */
export function removePidFile(path: string): void {
  try {
    if (Number(readFileSync(path, "utf8")) === process.pid) unlinkSync(path);
  } catch {
    // Somebody else has removed it.
  }
}
