/**
 * Says so when an application takes long to load, or ends the process meanwhile: without a word, nobody would know what a
 * server waits for, or a service manager see one that has stopped with status 0.
 * @module
 */
import { writeSync } from "node:fs";
import { ExitStatus } from "./exit-status.ts";

const standardError = 2;

/** When it is said that an application takes long to load, in ms. */
export const slowLoadMs = 10_000;

/**
 * Loads, in the process that serves.
 * @param warn - told in one line, once, that it takes long
 * @param isStopped - says that it ends because it was told to
 * @returns what `load` gives
 */
export async function guardLoading<Loaded>(
  specifier: string,
  load: () => Promise<Loaded>,
  warn: (text: string) => void,
  isStopped: () => boolean = () => false,
): Promise<Loaded> {
  const ended = (status: number): void => {
    if (isStopped()) return;
    process.exitCode = ExitStatus.applicationFailed;
    const why = `it ended the process before it had loaded (status ${status})`;
    try {
      writeSync(standardError, `tsgi: cannot load ${specifier}: ${why}\n`);
    } catch {
      // Nobody reads it.
    }
  };
  process.once("exit", ended);
  const slow = setTimeout(() => {
    const remedy = "see what its top level awaits, and leave that to the first request";
    warn(`${specifier} has been loading for ${slowLoadMs / 1_000} s and goes on: ${remedy}`);
  }, slowLoadMs);
  // An application that waits for nothing any more ends the process, which is told.
  slow.unref();
  try {
    return await load();
  } finally {
    clearTimeout(slow);
    process.off("exit", ended);
  }
}
