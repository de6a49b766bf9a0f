/**
 * The protocols that the client speaks, as one table: a name and how to make that protocol's core.
 * @module
 */
import { FastcgiWebServerSide } from "../protocols/fastcgi/index.ts";
import type { GatewayClientCore } from "../protocols/gateway-client-core.ts";
import { blockOctets, type BlockPool } from "../protocols/output-buffer.ts";
import type { ClientProtocol } from "./types.ts";

/** Blocks kept for reuse by one client: 512 KiB, what a few uploads have on their way to the kernel. */
const keptBlocks = 8;

/** Makes the pool that all connections of one client share. */
export function createBlockPool(): BlockPool {
  const free: Uint8Array[] = [];
  return {
    // Uncleared memory: no octet is sent that was not written first.
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(blockOctets),
    give: (block) => {
      if (free.length < keptBlocks) free.push(block);
    },
  };
}

/** How to begin a connection of each protocol. */
export const clientCores: Readonly<Record<ClientProtocol, (pool: BlockPool) => GatewayClientCore>> = {
  fastcgi: (pool) => new FastcgiWebServerSide({ pool }),
};
