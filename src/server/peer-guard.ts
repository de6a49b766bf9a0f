/**
 * Closes the door to peers that are not in the list, and says so once in a while.
 * @module
 */
import type { LogEntry } from "../bridge/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import type { PeerList } from "./peer-list.ts";

/** However many are refused: one line in so many ms. */
const lineMs = 500;

/** The guard of one protocol's listeners. */
export class PeerGuard {
  readonly #list: PeerList;
  readonly #log: (entry: LogEntry) => void;
  #refused = 0;
  #last = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(list: PeerList, log: (entry: LogEntry) => void) {
    this.#list = list;
    this.#log = log;
  }

  /** False for a connection that is to be closed. One whose peer cannot be told any more has gone. */
  admits(peer: string | undefined, listener: Address): boolean {
    if (peer !== undefined && this.#list(peer)) return true;
    this.#refused++;
    this.#last = `${peer ?? "somebody who has gone"} at ${formatAddress(listener)}`;
    this.#timer ??= setTimeout(() => this.flush(), lineMs).unref();
    return false;
  }

  /** Says what has not been said yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#refused === 0) return;
    this.#log({
      level: "error",
      code: "ERR_PEER_REFUSED",
      message: `${this.#refused} connection(s) closed unheard, the last of ${this.#last}: only the addresses of --allow or FCGI_WEB_SERVER_ADDRS may connect`,
    });
    this.#refused = 0;
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
