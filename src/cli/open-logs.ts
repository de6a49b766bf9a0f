/**
 * The log settings of the command line, as files.
 *
 * Every process writes for itself, also the workers: none depends on another for its log, and a master that is busy or
 * gone loses nothing. Only what workers print goes through the master.
 * @module
 */
import { compileAccessLogFormat, formatLogEntry, type LogEntry } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import {
  atLevel,
  openAccessLog,
  openErrorLog,
  type ErrorLog,
  type ErrorLogFormat,
  type LogLevel,
  type LogOwner,
  type StandardDescriptors,
} from "../logs/index.ts";
import type { ServeOptions } from "../server/index.ts";
import type { SettingValues } from "./setting-values.ts";

type Values = SettingValues;

export interface ServerLogs {
  /** The options of `serve` that say where to log. */
  readonly options: Pick<ServeOptions, "writeErrors" | "accessLog" | "slowRequestMs"> &
    Required<Pick<ServeOptions, "log">>;
  readonly slowRequestMs: number | undefined;
  /** Writes a line of information to the error log, if that is a file, whatever the level. */
  note(message: string): void;
  reopen(): void;
  /** Writes what waits, for up to a second. */
  close(): Promise<void>;
}

/**
 * Opens the logs of a process that serves.
 * @param worker - the number of the worker that it is
 * @param owner - whom files are given to that were not there
 * @param standard - what standard output and standard error are, where descriptors 1 and 2 are something else
 * @throws ConfigurationError ERR_CONFIG_OPTION
 */
export function openLogs(
  values: Values,
  {
    worker,
    owner,
    standard,
  }: { worker?: number; owner?: LogOwner | undefined; standard?: StandardDescriptors } = {},
): ServerLogs {
  const where = {
    ...(owner === undefined ? {} : { owner }),
    ...(standard === undefined ? {} : { standard }),
  };
  const file = textOf(values, "error-log");
  const format = errorLogFormat(values);
  const errorLog =
    file === undefined
      ? undefined
      : openErrorLog({
          file,
          format: format ?? "text",
          level: logLevelOf(values),
          ...(worker === undefined ? {} : { worker }),
          ...where,
        });
  const complain =
    errorLog === undefined ? undefined : (message: string): void => errorLog.log({ level: "error", message });
  const accessLog = isAccessLogged(values)
    ? openAccessLog({
        file: textOf(values, "access-log") ?? "-",
        format: textOf(values, "access-log-format") ?? "combined",
        ...(complain === undefined ? {} : { complain }),
        ...where,
      })
    : undefined;
  const slowRequestMs = slowRequestOf(values);
  return {
    options: {
      log: errorLog?.log ?? atLevel(logLevelOf(values), printEntry),
      ...(errorLog === undefined ? {} : { writeErrors: errorLog.writeErrors }),
      ...(accessLog === undefined ? {} : { accessLog: accessLog.write }),
      ...(slowRequestMs === undefined ? {} : { slowRequestMs }),
    },
    slowRequestMs,
    note: (message) => errorLog?.note(message),
    reopen: () => {
      errorLog?.reopen();
      accessLog?.reopen();
    },
    close: async () => {
      await accessLog?.close();
      await errorLog?.close();
    },
  };
}

function printEntry(entry: LogEntry): void {
  process.stderr.write(formatLogEntry(entry));
}

/** The master's error log: standard error where none is named. */
export function openMasterLog(values: Values, owner?: LogOwner): ErrorLog {
  const file = textOf(values, "error-log");
  const format = errorLogFormat(values);
  return openErrorLog({
    file: file ?? "-",
    format: file === undefined ? "plain" : (format ?? "text"),
    level: logLevelOf(values),
    ...(owner === undefined ? {} : { owner }),
  });
}

/**
 * Sees to it in the master that the workers can write their access log: to a file that they may not create themselves.
 * @throws ConfigurationError ERR_CONFIG_OPTION
 */
export function prepareAccessLog(values: Values, owner?: LogOwner): void {
  if (!isAccessLogged(values)) return;
  compileAccessLogFormat(textOf(values, "access-log-format") ?? "combined");
  const file = textOf(values, "access-log") ?? "-";
  void openAccessLog({ file, ...(owner === undefined ? {} : { owner }) }).close();
}

/**
 * Finds out whether the formats would be taken, and opens nothing.
 * @throws ConfigurationError ERR_CONFIG_OPTION
 */
export function checkLogFormats(values: Values): void {
  errorLogFormat(values);
  if (isAccessLogged(values)) compileAccessLogFormat(textOf(values, "access-log-format") ?? "combined");
}

function isAccessLogged(values: Values): boolean {
  if (values["access-log"] !== undefined) return true;
  if (values["access-log-format"] === undefined) return false;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    "--access-log-format is set and no access log is written: add --access-log FILE, or --access-log -",
  );
}

function errorLogFormat(values: Values): ErrorLogFormat | undefined {
  const format = textOf(values, "error-log-format");
  if (format === undefined) return undefined;
  if (format !== "text" && format !== "json") {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `--error-log-format is ${JSON.stringify(format)}: expected text or json`,
    );
  }
  if (values["error-log"] !== undefined) return format;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    "--error-log-format is set and no error log is named: add --error-log FILE, or --error-log -",
  );
}

/** The least that is logged of what the server says. */
export function logLevelOf(values: Values): LogLevel {
  return (values["log-level"] as LogLevel | undefined) ?? "info";
}

/** From how many ms on a request is slow. */
export function slowRequestOf(values: Values): number | undefined {
  const seconds = values["slow-request"];
  return typeof seconds === "number" && seconds > 0 ? 1_000 * seconds : undefined;
}

function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}
