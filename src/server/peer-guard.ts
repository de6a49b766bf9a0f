/**
 * Closes the door to peers that are not in the list, and says so once in a while.
 * @module
 */
import type { LogEntry } from "../bridge/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import type { PeerList } from "./peer-list.ts";
import { RefusalCount } from "./refusal-count.ts";

/** The guard of one protocol's listeners. */
export class PeerGuard {
  readonly #list: PeerList;
  readonly #refused: RefusalCount;
  #last = "";

  constructor(list: PeerList, log: (entry: LogEntry) => void) {
    this.#list = list;
    this.#refused = new RefusalCount((count) =>
      log({
        level: "error",
        code: "ERR_PEER_REFUSED",
        message: `${count} connection(s) closed unheard, the last of ${this.#last}: only the addresses of --allow or FCGI_WEB_SERVER_ADDRS may connect`,
      }),
    );
  }

  /** False for a connection that is to be closed. One whose peer cannot be told any more has gone. */
  admits(peer: string | undefined, listener: Address): boolean {
    if (peer !== undefined && this.#list(peer)) return true;
    this.#last = `${peer ?? "somebody who has gone"} at ${formatAddress(listener)}`;
    this.#refused.add();
    return false;
  }

  /** Says what has not been said yet. */
  flush(): void {
    this.#refused.flush();
  }
}

/** The addresses of FCGI_WEB_SERVER_ADDRS (FastCGI 1.0 section 3.2): a list with commas; undefined where it is unset. */
function webServerAddresses(environment: NodeJS.ProcessEnv): readonly string[] | undefined {
  const text = environment["FCGI_WEB_SERVER_ADDRS"];
  if (text === undefined || text.trim() === "") return undefined;
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** The guards of a server: of FastCGI, which has a variable of its own for this, and of all else. */
export interface PeerGuards {
  readonly fastcgi: PeerGuard | undefined;
  readonly others: PeerGuard | undefined;
}

/**
 * Makes them of `allow`, which goes before the variable.
 * @throws ConfigurationError ERR_CONFIG_OPTION for an entry that is no address
 */
export async function createPeerGuards(
  allow: readonly string[] | undefined,
  log: (entry: LogEntry) => void,
): Promise<PeerGuards> {
  const named = allow ?? webServerAddresses(process.env);
  if (named === undefined) return { fastcgi: undefined, others: undefined };
  // The package is loaded where there is a list.
  const { parsePeerList } = await import("./peer-list.ts");
  const source = allow === undefined ? "FCGI_WEB_SERVER_ADDRS" : "allow";
  const guard = new PeerGuard(parsePeerList(named, source), log);
  return { fastcgi: guard, others: allow === undefined ? undefined : guard };
}
