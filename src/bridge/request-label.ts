/**
 * What log lines call a request: `GET /app/path`, safe to print (security O5).
 * @module
 */
import type { ParamsBlock } from "../protocols/params-block.ts";
import { escapeControls } from "./log-line.ts";

const shownLength = 200;

/** `text` as a log line may show it: control characters escaped, cut after 200 characters, "-" when empty. */
export function labelPart(text: string): string {
  if (text === "") return "-";
  return escapeControls(text.length > shownLength ? `${text.slice(0, shownLength)}...` : text);
}

/** The first value of a parameter, for requests that never get an environ; "" when there is none. */
export function findParam({ octets, spans }: ParamsBlock, name: string): string {
  for (let i = 0; i + 3 < spans.length; i += 4) {
    if (textOf(octets, spans[i]!, spans[i + 1]!) === name)
      return textOf(octets, spans[i + 2]!, spans[i + 3]!);
  }
  return "";
}

function textOf(octets: Uint8Array, start: number, end: number): string {
  return Buffer.from(octets.buffer, octets.byteOffset + start, end - start).toString("latin1");
}
