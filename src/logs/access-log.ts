/**
 * The access log as a file: a line for each entry, in a format of bridge/access-log-format.ts.
 * @module
 */
import { compileAccessLogFormat, type AccessLogEntry } from "../bridge/index.ts";
import { LineWriter } from "./line-writer.ts";
import { ownDescriptors, placeOf, type LogOwner, type StandardDescriptors } from "./log-target.ts";

/** Lines leave together, at most so much later, in ms. */
const gatherMs = 100;

export interface AccessLogFileOptions {
  /** A path, or `-`: standard output. */
  readonly file: string;
  /** `combined` (the default), `common`, `json`, or a text with directives. */
  readonly format?: string;
  /** Told, in one line each, of lines that cannot be written. Default: a line on standard error. */
  readonly complain?: (message: string) => void;
  /** What the standard streams are, where they are not 1 and 2. */
  readonly standard?: StandardDescriptors;
  /** Whom the file is given to if it was not there. Default: it stays this process's. */
  readonly owner?: LogOwner;
}

export interface AccessLog {
  /** Writes an entry's line, soon. `serve`'s option `accessLog` takes this function. */
  readonly write: (entry: AccessLogEntry) => void;
  /** The file has been moved away: lines go to a new one of its name from here on. */
  readonly reopen: () => void;
  /** Writes what waits and closes the file. */
  readonly close: () => Promise<void>;
}

/** @throws ConfigurationError ERR_CONFIG_OPTION: no such format, or the file cannot be opened */
export function openAccessLog(options: AccessLogFileOptions): AccessLog {
  const { file, format = "combined", standard = ownDescriptors } = options;
  const formatter = compileAccessLogFormat(format);
  const lines = new LineWriter({
    place: placeOf(file, standard.stdout, standard),
    what: "access log",
    owner: options.owner,
    gatherMs,
    complain: options.complain ?? ((message) => void process.stderr.write(`error: ${message}\n`)),
  });
  return {
    write: (entry) => lines.write(formatter(entry)),
    reopen: () => lines.reopen(),
    close: () => lines.close(),
  };
}
