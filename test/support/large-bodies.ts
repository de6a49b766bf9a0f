/**
 * Bodies too large to hold: sent and read block by block.
 * @module
 */
import { createHash } from "node:crypto";
import { request, type OutgoingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The size that the issue asks for. */
export const largeOctets = 200_000_000;
/** How much a process may grow while such a body passes through it: nowhere near the body. */
export const memoryBoundOctets = 60_000_000;

const block = Buffer.alloc(100_000, "octets ");

function* blocks(octets: number): Generator<Uint8Array> {
  for (let left = octets; left > 0; left -= block.length)
    yield block.subarray(0, Math.min(left, block.length));
}

/** What the probe application says of a body from here. */
export function digestOfBlocks(octets: number): { octets: number; sha256: string } {
  const hash = createHash("sha256");
  for (const part of blocks(octets)) hash.update(part);
  return { octets, sha256: hash.digest("hex") };
}

/** Sends a POST, chunked unless the headers have a Content-Length; resolves to the JSON of the answer. */
export function postBlocks(url: string, octets: number, headers: OutgoingHttpHeaders = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const upload = request(url, { method: "POST", headers });
    upload.on("error", reject).on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () => {
        try {
          resolve(JSON.parse(text));
        } catch {
          reject(new Error(`status ${answer.statusCode}, not JSON: ${text.slice(0, 200)}`));
        }
      });
    });
    pipeline(Readable.from(blocks(octets), { objectMode: false }), upload).catch(reject);
  });
}

/** Reads an answer to its end; resolves to the number of octets. */
export async function countOctets(url: string): Promise<number> {
  const answer = await fetch(url);
  let octets = 0;
  for await (const chunk of answer.body ?? []) octets += (chunk as Uint8Array).length;
  return octets;
}
