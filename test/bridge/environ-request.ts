/**
 * Requests for the environ tests: a parameter block made without any code of src, and options that do nothing.
 */
import type { EnvironOptions } from "../../src/bridge/environ.ts";
import type { ParamsBlock } from "../../src/protocols/params-block.ts";

export type Pairs = readonly (readonly [name: string, value: string])[];

/**
 * The pairs as latin-1 octets with NULs around and between them, as FastCGI's lengths and SCGI's separators are:
 * nobody may read past a span.
 */
export function paramsBlock(pairs: Pairs): ParamsBlock {
  const octets: number[] = [0, 0x41, 0];
  const spans: number[] = [];
  for (const pair of pairs) {
    for (const text of pair) {
      spans.push(octets.length);
      for (const character of text) octets.push(character.charCodeAt(0));
      spans.push(octets.length);
      octets.push(0);
    }
  }
  octets.push(0x42, 0);
  // A view that does not begin where its memory does, as a pooled receive buffer gives.
  const memory = new Uint8Array(octets.length + 7);
  memory.set(octets, 5);
  return { octets: memory.subarray(5, 5 + octets.length), spans };
}

const empty = new Uint8Array(0);

async function* nothing(): AsyncIterableIterator<Uint8Array> {}

export const options: EnvironOptions = {
  protocol: "fastcgi",
  role: "responder",
  multithread: true,
  multiprocess: false,
  runOnce: false,
  input: {
    read: () => Promise.resolve(empty),
    readline: () => Promise.resolve(empty),
    readlines: () => Promise.resolve([]),
    chunks: nothing,
    [Symbol.asyncIterator]: nothing,
  },
  errors: { write: () => {}, writelines: () => {}, flush: () => {} },
  fileWrapper: () => [],
  signal: () => new AbortController().signal,
};

/** What any web server sends, so that a test names only what it is about. */
export const usual: Pairs = [
  ["REQUEST_METHOD", "GET"],
  ["SERVER_NAME", "example.org"],
  ["SERVER_PORT", "80"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
];
