/**
 * The server's one pool of output blocks.
 * @module
 */
import { blockOctets, type BlockPool } from "../protocols/output-buffer.ts";

/** Blocks kept for reuse: 32 of 64 KiB bound the pool to 2 MiB, enough for every answer of one turn. */
const keptBlocks = 32;

/** Makes a pool of uncleared memory: a block is never sent beyond the octets written into it. */
export function createBlockPool(): BlockPool {
  const free: Uint8Array[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(blockOctets),
    give: (block) => {
      if (free.length < keptBlocks) free.push(block);
    },
  };
}
