/**
 * The error log as a file: what the server says, what applications write to `wsgi.errors`, and what workers print.
 *
 * Nothing that a request brings can begin a line or move a terminal's cursor (security O5).
 * @module
 */
import { detailLines, escapeControls, formatLogEntry, type LogEntry } from "../bridge/index.ts";
import { isLogged, type LogLevel } from "./log-level.ts";
import { LineWriter } from "./line-writer.ts";
import { ownDescriptors, placeOf, type LogOwner, type StandardDescriptors } from "./log-target.ts";

/** `plain` has no time: for a terminal, and for whoever adds one (journald, a container's log). */
export type ErrorLogFormat = "plain" | "text" | "json";

export interface ErrorLogOptions {
  /** A path, or `-`: standard error. */
  readonly file: string;
  readonly format: ErrorLogFormat;
  /** The least that `log` takes. Default: info. */
  readonly level?: LogLevel;
  /** The number of the worker that this process is. */
  readonly worker?: number;
  readonly standard?: StandardDescriptors;
  /** Whom the file is given to if it was not there. Default: it stays this process's. */
  readonly owner?: LogOwner;
}

/** Which process a line is from. */
export interface LogSource {
  readonly pid: number;
  /** Undefined for the master, and where there are no workers. */
  readonly worker: number | undefined;
}

export interface ErrorLog {
  readonly log: (entry: LogEntry) => void;
  /** A line of information that is wanted whatever the level: that the service is ready. */
  readonly note: (message: string) => void;
  /** `wsgi.errors`. Each call begins a line of its own. */
  readonly writeErrors: (text: string) => void;
  /** A line that a worker has printed. */
  readonly output: (source: LogSource, line: string) => void;
  readonly reopen: () => void;
  readonly close: () => Promise<void>;
}

/** Text of an application is cut into lines of so many characters. */
const maxLineLength = 8_192;

/** @throws ConfigurationError ERR_CONFIG_OPTION: the file cannot be opened */
export function openErrorLog(options: ErrorLogOptions): ErrorLog {
  const { format, level = "info", worker, standard = ownDescriptors } = options;
  const place = placeOf(options.file, standard.stderr, standard);
  const lines = new LineWriter({
    place,
    what: "error log",
    owner: options.owner,
    // What is logged last before a process blocks or dies is what is looked for.
    gatherMs: 0,
    // Where the error log itself is lost, there is nothing but standard error left.
    complain: (message) => {
      if (place !== standard.stderr) process.stderr.write(`error: ${message}\n`);
    },
  });
  const source: LogSource = { pid: process.pid, worker };
  const write = (entry: LogEntry): void => lines.write(formatServerLine(format, source, entry));
  return {
    log: (entry) => {
      if (isLogged(entry.level, level)) write(entry);
    },
    note: (message) => write({ level: "info", message }),
    writeErrors: (text) => {
      for (const line of applicationLines(text))
        lines.write(formatApplicationLine(format, source, "wsgi.errors", line));
    },
    output: (from, text) => {
      for (const line of applicationLines(text))
        lines.write(formatApplicationLine(format, from, "output", line));
    },
    reopen: () => lines.reopen(),
    close: () => lines.close(),
  };
}

function formatServerLine(format: ErrorLogFormat, source: LogSource, entry: LogEntry): string {
  const { level, message, code } = entry;
  if (format === "json") {
    const detail = detailLines(entry);
    const stack = detail.length === 0 ? undefined : detail.join("\n");
    return jsonLine({ time: now(), ...source, source: "server", level, message, code, stack });
  }
  const text = formatLogEntry(entry).trimEnd();
  if (format === "plain") return text.replace(/^info: |^warning: |^error: |^(?=debug: )/, `${program}: `);
  return `${now()} ${describe(source)} ${text}`;
}

/** What the lines of the command itself begin with. */
const program = "tsgi";

function formatApplicationLine(
  format: ErrorLogFormat,
  source: LogSource,
  from: "wsgi.errors" | "output",
  line: string,
): string {
  if (format === "json") return jsonLine({ time: now(), ...source, source: from, message: line });
  const text = line.split("\t").map(escapeControls).join("\t");
  if (format === "plain") return `worker ${source.worker} (${source.pid}): ${text}`;
  return `${now()} ${describe(source)} ${from}: ${text}`;
}

/** JSON escapes C0; DEL, C1 and Unicode's line separators are no less dangerous to whoever shows the file. */
function jsonLine(fields: object): string {
  return JSON.stringify(fields).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function describe({ pid, worker }: LogSource): string {
  return worker === undefined ? `[${pid}]` : `[${pid} worker ${worker}]`;
}

function now(): string {
  return new Date().toISOString();
}

/** The lines of a text, without those that are empty. */
function* applicationLines(text: string): Iterable<string> {
  for (const whole of text.split(/\r?\n/)) {
    for (let at = 0; at < whole.length; at += maxLineLength) yield whole.slice(at, at + maxLineLength);
  }
}
