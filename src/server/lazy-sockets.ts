/**
 * `holdSocket` and `adoptSocket` without what they need, for the reason that lazy-serve.ts gives.
 * @module
 */
import type { Address } from "../protocols/address.ts";
import type { HeldSocket } from "./held-socket.ts";
import type { ListenOptions } from "./listen.ts";
import type { OwnedPath } from "./unix-socket.ts";

/**
 * Binds a socket without listening, or takes an inherited one.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on
 */
export async function holdSocket(address: Address, options: ListenOptions): Promise<HeldSocket> {
  return (await import("./held-socket.ts")).holdSocket(address, options);
}

/** Takes a descriptor that is open already; `owned` when its path is this process's to remove. */
export async function adoptSocket(
  address: Address,
  fd: number,
  owned: OwnedPath | undefined,
): Promise<HeldSocket> {
  return (await import("./held-socket.ts")).adoptSocket(address, fd, owned);
}
