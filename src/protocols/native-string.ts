/**
 * Native strings (PEP 3333): one code point, U+0000 to U+00FF, for each octet. From octets and back, without Buffer.
 * @module
 */
import { LocalProtocolError } from "../errors/index.ts";
import type { ParamsBlock } from "./params-block.ts";

/** The octets from `start` to before `end` as a native string. For names and small blocks: it goes octet by octet. */
export function readNative(octets: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(octets[i]!);
  return text;
}

/**
 * Writes a native string at `at` and gives back where it ends.
 * @param what - what the text is to the pair called `name`, for the error: `the name` or `the value of`
 * @throws LocalProtocolError ERR_LOCAL_VALUE for a code point above U+00FF
 */
export function writeNative(
  octets: Uint8Array,
  at: number,
  text: string,
  what: string,
  name: string,
): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) {
      throw new LocalProtocolError(
        "ERR_LOCAL_VALUE",
        `${what} ${JSON.stringify(name)} has U+${code.toString(16).toUpperCase().padStart(4, "0")} at index ${i}; ` +
          "a pair carries code points up to U+00FF, one octet each: encode the text to octets first",
      );
    }
    octets[at + i] = code;
  }
  return at + text.length;
}

/** The pairs of a block as native strings, one code point an octet. For small blocks: it makes all strings at once. */
export function readPairs({ octets, spans }: ParamsBlock): Array<[name: string, value: string]> {
  const pairs: Array<[string, string]> = [];
  for (let i = 0; i < spans.length; i += 4) {
    pairs.push([
      readNative(octets, spans[i]!, spans[i + 1]!),
      readNative(octets, spans[i + 2]!, spans[i + 3]!),
    ]);
  }
  return pairs;
}
