/**
 * Says so when an application ends the process while it is loaded: without a word, a service manager would see a server
 * that has stopped with status 0.
 * @module
 */
import { writeSync } from "node:fs";
import { ExitStatus } from "./exit-status.ts";

/** Loads, in the process that serves. @returns what `load` gives */
export async function guardLoading<Loaded>(specifier: string, load: () => Promise<Loaded>): Promise<Loaded> {
  const ended = (status: number): void => {
    writeSync(
      2,
      `tsgi: cannot load ${specifier}: it ended the process before it had loaded (status ${status})\n`,
    );
    process.exitCode = ExitStatus.applicationFailed;
  };
  process.once("exit", ended);
  try {
    return await load();
  } finally {
    process.off("exit", ended);
  }
}
