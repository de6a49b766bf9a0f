/**
 * Log entries as text: one line, then the stack of the thrown value, indented.
 *
 * Nothing that a request or an error brings can begin a line or move a terminal's cursor (security O5).
 * @module
 */
import type { LogEntry } from "./exchange-types.ts";

/** How deep a chain of `cause` is followed: a chain can be made to lead back to its start. */
const maxCauses = 4;

/** `entry` as text that ends in "\n": `error: message (CODE)`, and four spaces before each line of a stack. */
export function formatLogEntry(entry: LogEntry): string {
  const code = entry.code === undefined ? "" : ` (${entry.code})`;
  let text = `${entry.level}: ${escapeControls(entry.message)}${code}\n`;
  for (const line of detailLines(entry)) text += `    ${line}\n`;
  return text;
}

/** The lines below an entry's first: the stack of what was thrown, or where the application was. Safe to print. */
export function detailLines({ error, stack }: LogEntry): string[] {
  const text = error === undefined ? stack : stackOf(error);
  return text === undefined ? [] : text.split("\n").map(escapeControls);
}

/**
 * C0, DEL, C1 and the two line separators of Unicode: what is none of the rest. The classes of Unicode (\p{Cc}) would
 * take 0.15 ms to look up, of the 7 that a CGI request takes.
 */
const controls = /[^ -~\u00a0-\u2027\u202a-\uffff]/g;

/** `text` with each control character written as `\xNN` or `\uNNNN`. */
export function escapeControls(text: string): string {
  return text.replace(controls, (control) => {
    const code = control.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, "0")}`;
  });
}

/** One line that says what was thrown, whatever it is. */
export function summaryOf(thrown: unknown): string {
  return guarded(() => {
    if (thrown instanceof Error) {
      const message = String(thrown.message);
      return message === "" ? String(thrown.name) : `${thrown.name}: ${message}`;
    }
    return describeValue(thrown);
  });
}

/** The stack of what was thrown with those of its causes; a line where there is none. */
export function stackOf(thrown: unknown): string {
  return guarded(() => {
    let text = "";
    let error = thrown;
    for (let depth = 0; depth <= maxCauses && error !== undefined; depth += 1) {
      if (depth > 0) text += "\ncaused by: ";
      text += error instanceof Error ? String(error.stack ?? summaryOf(error)) : summaryOf(error);
      error = error instanceof Error ? error.cause : undefined;
    }
    return text;
  });
}

const shownLength = 60;

/** What a value is, in a few words for a message: `a string ("abc")`, `undefined`, `an object (Response)`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return guarded(() => {
    switch (typeof value) {
      case "string":
        return `a string (${JSON.stringify(value.length > shownLength ? `${value.slice(0, shownLength)}...` : value)})`;
      case "object": {
        const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
        return typeof name === "string" && name !== "" ? `an object (${name})` : "an object";
      }
      case "function":
        return "a function";
      default:
        return `a ${typeof value} (${String(value)})`;
    }
  });
}

/** Errors may have getters that throw; reporting one must not be what ends the request. */
function guarded(describe: () => string): string {
  try {
    return describe();
  } catch {
    return "a value that cannot be shown";
  }
}
