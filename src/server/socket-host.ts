/**
 * Hosts an application on sockets that are handed over, where nothing listens: what `inject` of src/testing is made of.
 *
 * The connection driver, the cores and node:http are those of `serve`; only who accepts is another.
 * @module
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Application } from "../bridge/index.ts";
import { chooseLimits } from "../protocols/choose-limits.ts";
import { applicationCores, type ServerProtocol } from "./application-cores.ts";
import { ConnectionSet } from "./connection-set.ts";
import { HttpHost } from "./http-host.ts";
import { serverLimits } from "./limits.ts";
import { createHost, type ServeOptions } from "./serve.ts";
import { SocketTransport } from "./socket-transport.ts";

/** An application, ready for connections. */
export interface SocketHost {
  /** Takes over what acts as a connected socket: `destroySoon`, `resetAndDestroy` and `setTimeout` included. */
  accept(protocol: ServerProtocol | "http", stream: Duplex): void;
  /** Lets requests that have begun finish for up to `graceMs`, aborts the rest. Resolves when everything is closed. */
  close(graceMs: number): Promise<void>;
}

/**
 * Hosts an application.
 * @throws ConfigurationError ERR_CONFIG_OPTION
 */
export function hostSockets(
  application: Application,
  options: Omit<ServeOptions, ServerProtocol | "http">,
): SocketHost {
  const limits = chooseLimits(serverLimits, options);
  const host = createHost(application, options, limits);
  const connections = new ConnectionSet(host);
  const http = new HttpHost(host);
  const cores = { pool: host.pool, limits, roles: options.roles };
  return {
    accept: (protocol, stream) => {
      const socket = stream as Socket;
      if (protocol === "http") http.accept(socket);
      // Not as on a UNIX socket: what ends here has gone, and a reset is seen.
      else
        connections.accept(new SocketTransport(socket), applicationCores[protocol](cores), {
          protocol,
          address: "memory",
          unix: false,
        });
    },
    close: async (graceMs) => {
      host.draining = true;
      await Promise.all([connections.drain(graceMs, false), http.close(graceMs)]);
    },
  };
}
