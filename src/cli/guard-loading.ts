/**
 * Says so when an application ends the process while it is loaded: without a word, a service manager would see a server
 * that has stopped with status 0.
 * @module
 */
import { writeSync } from "node:fs";
import { ExitStatus } from "./exit-status.ts";

const standardError = 2;

/**
 * Loads, in the process that serves.
 * @param isStopped - says that it ends because it was told to
 * @returns what `load` gives
 */
export async function guardLoading<Loaded>(
  specifier: string,
  load: () => Promise<Loaded>,
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
  try {
    return await load();
  } finally {
    process.off("exit", ended);
  }
}
