/**
 * A client of gateways: sends requests to an application over FastCGI or SCGI as a web server would.
 *
 * What flup's FCGIApp was for, without its faults (one connection a request, the whole answer in memory, a deadlock
 * on large uploads, parameters cut at one record, the final status unread).
 * @module
 */
import { createBlockPool } from "../bridge/index.ts";
import type { BlockPool } from "../protocols/output-buffer.ts";
import { timerMs } from "../protocols/timer-ms.ts";
import { connectTarget, openSocket } from "./connect.ts";
import { ClientConnection } from "./connection.ts";
import { ClientExchange, type Uploads } from "./exchange.ts";
import { clientLimits, type ClientLimits } from "./limits.ts";
import { ConnectionPool } from "./pool.ts";
import type { ClientRequest, GatewayClientOptions, GatewayResponse } from "./types.ts";
import { withLength } from "./sized-body.ts";
import { UploadSource } from "./upload-source.ts";
import { clientWires, type ClientWire } from "./wire.ts";

/** Blocks kept for reuse by one client: 512 KiB, what a few uploads have on their way to the kernel. */
const keptBlocks = 8;

/** Keeps connections to one application and sends requests over them, one at a time on each. */
export class GatewayClient {
  readonly #limits: ClientLimits;
  readonly #wire: ClientWire;
  readonly #pool: ConnectionPool;

  /** @throws ConfigurationError ERR_CONFIG_ADDRESS when the address can only be listened on */
  constructor(options: GatewayClientOptions) {
    const { protocol, address, connect, ...limits } = options;
    const blocks: BlockPool = createBlockPool(keptBlocks);
    const given: ClientLimits = { ...clientLimits, ...limits };
    const bounds: ClientLimits = {
      ...given,
      connectTimeoutMs: timerMs(given.connectTimeoutMs),
      readTimeoutMs: timerMs(given.readTimeoutMs),
      idleTimeoutMs: timerMs(given.idleTimeoutMs),
    };
    connectTarget(address);
    this.#limits = bounds;
    const wire = clientWires[protocol];
    this.#wire = wire;
    this.#pool = new ConnectionPool(async (owner) => {
      const socket = connect?.() ?? (await openSocket(address, bounds));
      return new ClientConnection(socket, wire, blocks, owner, bounds);
    }, bounds);
  }

  /**
   * Sends a request; resolves once the answer's head has come. The body then streams, upload and answer at once: a
   * reader that stops reading stops the application, an application that stops reading stops the upload.
   *
   * A request that a kept connection failed before any octet of answer is sent once more over a fresh one, if nothing
   * of its body had left and it is no POST, PATCH or LOCK; never otherwise, since the application may have acted on it.
   * SCGI sends the length before the body: without a CONTENT_LENGTH among the params, a body of octets is counted and
   * an iterable is gathered first, up to `maxUnsizedBodyOctets`.
   * @throws ConfigurationError ERR_CONFIG_CONNECT when the application cannot be reached
   * @throws LimitExceededError ERR_LIMIT_REQUESTS, ERR_LIMIT_TIME, ERR_LIMIT_HEAD, ERR_LIMIT_BODY
   * @throws RemoteProtocolError ERR_FCGI_REFUSED (overloaded, role not served), ERR_FCGI_TRUNCATED,
   * ERR_SCGI_TRUNCATED, ERR_CGI_HEAD and
   * what the codec finds wrong with the records
   * @throws RequestAbortedError ERR_REQUEST_ABORTED when the signal fires
   * @throws LocalProtocolError ERR_LOCAL_VALUE for params or chunks that the wire cannot carry, ERR_LOCAL_STATE after
   * `close`; and whatever the body's iterable throws
   */
  async request(request: ClientRequest): Promise<GatewayResponse> {
    return this.#wire.needsLength
      ? this.#request(await withLength(request, this.#limits.maxUnsizedBodyOctets))
      : this.#request(request);
  }

  async #request(request: ClientRequest): Promise<GatewayResponse> {
    const uploads: Uploads = { body: new UploadSource(request.body), data: new UploadSource(request.data) };
    // A second attempt iterates over the params again, which a generator does not allow.
    const params = [...request.params];
    try {
      return await this.#attempt({ ...request, params }, uploads, false);
    } catch (error) {
      uploads.body.close();
      uploads.data.close();
      throw error;
    }
  }

  /** Takes no more requests and resolves when those under way, bodies included, are over. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Cuts every request off and resolves when all connections are closed. */
  destroy(): Promise<void> {
    const closed = this.#pool.close();
    for (const connection of this.#pool.connections) connection.abort();
    return closed;
  }

  async #attempt(request: ClientRequest, uploads: Uploads, fresh: boolean): Promise<GatewayResponse> {
    const connection = await this.#pool.acquire(request.signal, fresh);
    const exchange = new ClientExchange(connection, request, uploads, this.#limits);
    try {
      return await exchange.start();
    } catch (error) {
      if (fresh || !exchange.mayRetry) throw error;
    }
    return this.#attempt(request, uploads, true);
  }
}
