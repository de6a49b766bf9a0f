/** What every back end sends, so that none has less to do than another. */

export const helloText = "Hello, world!\n";
export const hello = Buffer.from(helloText);

/** A page as a template engine gives it: ten pieces of 512 octets. */
export const pieces = Array.from({ length: 10 }, (_, n) => Buffer.alloc(512, `${n} `));

export const kibibyte = Buffer.alloc(1_024, "0123456789abcdef");
export const largeOctets = 1_048_576;
export const mebibyte = Buffer.alloc(largeOctets, "0123456789abcdef");

/** One-KiB chunks of a streamed answer: together 1 MiB. */
export const chunkCount = 1_024;

/** How many 64 KiB chunks `?blocks=N` asks for. */
export function requestCount(query) {
  return Number(new URLSearchParams(query).get("blocks"));
}

/** Keeps a core busy for about 200 microseconds where nothing else does: the same sums each time. */
export function compute() {
  let state = 1;
  for (let n = 0; n < 150_000; n++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}
