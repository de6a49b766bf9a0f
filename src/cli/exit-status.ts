/** The exit statuses of `tsgi`; docs/command-line.md lists them. @module */
export const ExitStatus = {
  stopped: 0,
  failed: 1,
  usage: 2,
  workerFailed: 3,
  applicationFailed: 4,
} as const;
export type ExitStatusCode = (typeof ExitStatus)[keyof typeof ExitStatus];
