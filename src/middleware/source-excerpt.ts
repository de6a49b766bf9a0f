/**
 * The lines of source around the place that an error came from, for the page a developer sees.
 *
 * Only a file that the error's own stack names is read, never one that a request names, and only a readable, ordinary
 * file of at most a megabyte. `node:` modules and packages are passed over: the fault is looked for in the application.
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Lines of one file. */
export interface SourceExcerpt {
  readonly file: string;
  /** The line that the stack names, from 1. */
  readonly line: number;
  /** The number of the first of `lines`. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

const maxFileOctets = 1_048_576;
const linesAround = 6;
/** A message may have as many lines as it likes. */
const maxStackLines = 200;
const maxLineLength = 400;

/** `at name (file:line:column)` or `at file:line:column`. */
const frame = /^\s*at (?:.*\()?((?:file:\/\/)?\/?[^()\s][^()]*?):(\d+):\d+\)?$/;

/** The excerpt for the first frame of the application's own; undefined where there is none that can be read. */
export function findSource(stack: string): SourceExcerpt | undefined {
  for (const text of stack.split("\n", maxStackLines)) {
    const match = frame.exec(text.slice(0, 2_000));
    const place = match?.[1];
    if (place === undefined || place.startsWith("node:") || place.includes("node_modules")) continue;
    return readExcerpt(place, Number(match?.[2]));
  }
  return undefined;
}

function readExcerpt(place: string, line: number): SourceExcerpt | undefined {
  try {
    const file = place.startsWith("file:") ? fileURLToPath(place.replace(/\?.*$/s, "")) : place;
    const facts = statSync(file);
    if (!facts.isFile() || facts.size > maxFileOctets) return undefined;
    const all = readFileSync(file, "utf8").split(/\r?\n/);
    if (line < 1 || line > all.length) return undefined;
    const first = Math.max(1, line - linesAround);
    const lines = all.slice(first - 1, line + linesAround).map((each) => each.slice(0, maxLineLength));
    return { file, line, firstLine: first, lines };
  } catch {
    return undefined;
  }
}
