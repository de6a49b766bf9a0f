/**
 * The connections of one client: which are idle, which are open, and who waits for one.
 * @module
 */
import { LimitExceededError, LocalProtocolError, RequestAbortedError } from "../errors/index.ts";
import type { ClientConnection, ConnectionOwner } from "./connection.ts";
import type { ClientLimits } from "./limits.ts";

interface Waiter {
  /** It takes no connection that has carried a request before. */
  readonly fresh: boolean;
  readonly resolve: (connection: ClientConnection) => void;
  readonly reject: (error: unknown) => void;
}

/** Opens a connection that belongs to `owner`. */
export type OpenConnection = (owner: ConnectionOwner) => Promise<ClientConnection>;

export class ConnectionPool implements ConnectionOwner {
  readonly #open: OpenConnection;
  readonly #limits: ClientLimits;
  /** The last one is taken first: the others can then grow old and be closed. */
  readonly #idle: ClientConnection[] = [];
  readonly #connections = new Set<ClientConnection>();
  #opening = 0;
  /** In the order they came; a Set, since any of them may be aborted. */
  readonly #waiters = new Set<Waiter>();
  #isClosed = false;
  readonly #whenEmpty: Array<() => void> = [];

  constructor(open: OpenConnection, limits: ClientLimits) {
    this.#open = open;
    this.#limits = limits;
  }

  /** Every open connection, idle ones too. */
  get connections(): Iterable<ClientConnection> {
    return this.#connections;
  }

  /**
   * A connection for one request; it comes back by itself. `fresh`: one that has carried none before.
   * @throws LimitExceededError ERR_LIMIT_REQUESTS when too many wait already
   * @throws RequestAbortedError ERR_REQUEST_ABORTED when the signal fires first
   * @throws LocalProtocolError ERR_LOCAL_STATE once closed
   * @throws ConfigurationError, LimitExceededError as `openSocket` does
   */
  async acquire(signal: AbortSignal | undefined, fresh: boolean): Promise<ClientConnection> {
    if (this.#isClosed) throw closedError();
    if (signal?.aborted) throw abortedError(signal);
    if (!fresh) {
      for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
        if (idle.isUsable) return idle;
        idle.destroy();
      }
    } else if (!this.#hasRoom) {
      this.#idle.shift()?.destroy();
    }
    const { maxQueuedRequests } = this.#limits;
    // Those for whom a connection is being opened do not count as queued.
    const queued = this.#waiters.size - this.#opening + 1;
    if (!this.#hasRoom && queued > maxQueuedRequests) {
      const message = `${queued} requests wait for a connection; expected at most ${maxQueuedRequests}`;
      throw new LimitExceededError(
        "ERR_LIMIT_REQUESTS",
        "maxQueuedRequests",
        maxQueuedRequests,
        queued,
        message,
      );
    }
    const connection = this.#wait(signal, fresh);
    this.#openForWaiters();
    return connection;
  }

  free(connection: ClientConnection): void {
    const [next] = this.#waiters;
    if (next !== undefined && !(next.fresh && connection.isReused)) {
      this.#waiters.delete(next);
      next.resolve(connection);
    } else if (next !== undefined || this.#isClosed || this.#idle.length >= this.#limits.maxIdleConnections) {
      connection.destroy();
    } else {
      connection.idle();
      this.#idle.push(connection);
    }
  }

  closed(connection: ClientConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    this.#connections.delete(connection);
    this.#openForWaiters();
    this.#settle();
  }

  /** Takes no more requests; those that have a connection go on. Resolves when the last connection is closed. */
  close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.reject(closedError());
    this.#waiters.clear();
    for (const idle of this.#idle.splice(0)) idle.destroy();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      this.#settle();
    });
  }

  get #hasRoom(): boolean {
    return this.#connections.size + this.#opening < this.#limits.maxConnections;
  }

  /** Opens as many connections as are waited for and allowed; which waiter gets which does not matter. */
  #openForWaiters(): void {
    while (this.#waiters.size > this.#opening && this.#hasRoom) {
      this.#opening++;
      this.#open(this).then(
        (connection) => {
          this.#opening--;
          this.#connections.add(connection);
          this.free(connection);
        },
        (error: unknown) => {
          this.#opening--;
          const [first] = this.#waiters;
          if (first !== undefined) {
            this.#waiters.delete(first);
            first.reject(error);
          }
          this.#openForWaiters();
          this.#settle();
        },
      );
    }
  }

  #wait(signal: AbortSignal | undefined, fresh: boolean): Promise<ClientConnection> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(abortedError(signal));
      };
      const waiter: Waiter = {
        fresh,
        resolve: (connection) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(connection);
        },
        reject: (error) => {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  #settle(): void {
    if (!this.#isClosed || this.#connections.size + this.#opening > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

function closedError(): LocalProtocolError {
  return new LocalProtocolError("ERR_LOCAL_STATE", "the client has been closed; it takes no more requests");
}

/** What a request rejects with once its signal has fired. */
export function abortedError(signal: AbortSignal | undefined): RequestAbortedError {
  const cause: unknown = signal?.reason;
  return new RequestAbortedError("ERR_REQUEST_ABORTED", "the request was aborted", { cause });
}
