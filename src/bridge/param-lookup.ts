/**
 * One parameter by its name, for log lines of requests that never get an environ. Not for the hot path.
 * @module
 */
import type { ParamsBlock } from "../protocols/params-block.ts";

/** The first value of the parameter `name` as a native string; "" when there is none. */
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
