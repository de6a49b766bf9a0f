/**
 * What is said at the start of log files that this process will not be able to make anew once they have been moved away.
 * @module
 */
import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SettingValues } from "./setting-values.ts";

/** Names that are no files. */
const streams: ReadonlySet<string> = new Set(["-", "/dev/stdout", "/dev/stderr"]);

/**
 * Looks as the user that this process has become, before the application changes the working directory. With workers
 * there is nothing to say: their master stays who it was, and makes the files.
 * @returns a warning for each log, in one line
 */
export function rotationWarnings(values: SettingValues): string[] {
  return ["access-log", "error-log"].flatMap((name) => {
    const file = values[name] as string | undefined;
    if (file === undefined || streams.has(file)) return [];
    const directory = dirname(resolve(file));
    if (mayCreateIn(directory)) return [];
    const user = String(values["user"]);
    return [
      `--${name} cannot be opened anew after a rotation, because ${user} may not create files in ${directory}: ` +
        `give the directory to ${user}, let logrotate create the file, or add --workers`,
    ];
  });
}

function mayCreateIn(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
