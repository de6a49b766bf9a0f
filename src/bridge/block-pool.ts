/**
 * Pools of output blocks: the server has one, each client one.
 * @module
 */
import { blockOctets, type BlockPool } from "../protocols/output-buffer.ts";

/**
 * Makes a pool of uncleared memory: a block is never sent beyond the octets written into it.
 * @param keptBlocks how many blocks of 64 KiB are kept for reuse
 */
export function createBlockPool(keptBlocks: number): BlockPool {
  const free: Uint8Array[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(blockOctets),
    give: (block) => {
      if (free.length < keptBlocks) free.push(block);
    },
  };
}
