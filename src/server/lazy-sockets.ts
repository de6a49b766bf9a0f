/**
 * What masters and commands need of sockets, accounts and peers, without what that needs in turn, for the reason that lazy-serve.ts gives.
 * @module
 */
import type * as Listen from "./listen.ts";
import type { Address } from "../protocols/address.ts";
import type { UserAccount } from "./accounts.ts";
import type { HeldSocket } from "./held-socket.ts";
import type { OwnedPath } from "./unix-socket.ts";

/**
 * Binds a socket without listening, or takes an inherited one.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on
 */
export async function holdSocket(address: Address, options: Listen.ListenOptions): Promise<HeldSocket> {
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

/**
 * Finds a user by name or number.
 * @throws ConfigurationError ERR_CONFIG_OPTION when there is none
 */
export async function findUser(nameOrId: string | number): Promise<UserAccount> {
  return (await import("./accounts.ts")).findUser(nameOrId);
}

/**
 * Finds the number of a group by its name or number.
 * @throws ConfigurationError ERR_CONFIG_OPTION when there is none
 */
export async function findGroup(nameOrId: string | number): Promise<number> {
  return (await import("./accounts.ts")).findGroup(nameOrId);
}

/**
 * Finds out whether `allow` would be taken.
 * @throws ConfigurationError ERR_CONFIG_OPTION for an entry that is no address
 */
export async function checkPeerList(entries: readonly string[]): Promise<void> {
  (await import("./peer-list.ts")).parsePeerList(entries, "allow");
}

/** As `listenWith` of listen.ts. */
export async function listenWith(
  ...parameters: Parameters<typeof Listen.listenWith>
): Promise<Listen.Listener> {
  return (await import("./listen.ts")).listenWith(...parameters);
}
