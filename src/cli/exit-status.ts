/** The exit statuses of `tsgi`; docs/command-line.md lists them. @module */
import { ConfigurationError } from "../errors/index.ts";

export const ExitStatus = {
  stopped: 0,
  failed: 1,
  usage: 2,
  workerFailed: 3,
  applicationFailed: 4,
} as const;
export type ExitStatusCode = (typeof ExitStatus)[keyof typeof ExitStatus];

/** What a command ends with that an error has ended. */
export function exitStatusOf(error: unknown): ExitStatusCode {
  if (!(error instanceof ConfigurationError)) return ExitStatus.failed;
  switch (error.code) {
    case "ERR_CONFIG_OPTION":
    case "ERR_CONFIG_ADDRESS":
      return ExitStatus.usage;
    case "ERR_CONFIG_APPLICATION":
      return ExitStatus.applicationFailed;
    default:
      return ExitStatus.failed;
  }
}
