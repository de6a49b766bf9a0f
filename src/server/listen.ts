/**
 * Listening sockets: TCP, UNIX (mode, stale sockets, removal), and those inherited from whoever started the process.
 * @module
 */
import { createServer, type Server } from "node:net";
import type { Address } from "../protocols/address.ts";
import { listenError } from "../protocols/listen-error.ts";
import { usableNativeStreams } from "./handle-check.ts";
import { HandleTransport } from "./handle-transport.ts";
import { inheritedDescriptor } from "./inherited-sockets.ts";
import { takeHandles } from "./native-handles.ts";
import type { PeerGuard } from "./peer-guard.ts";
import { socketRights } from "./socket-rights.ts";
import { SocketTransport } from "./socket-transport.ts";
import type { Transport } from "./transport.ts";
import { bindUnixPath, removeOwnSocket, type OwnedPath } from "./unix-socket.ts";

export interface ListenOptions {
  /** Permission bits of a UNIX socket. Default 0o660: whoever may connect may run requests as anyone. */
  readonly socketMode?: number;
  /** Whom a UNIX socket belongs to, by name or number. Default: this process's user. */
  readonly socketUser?: string | number;
  /** The group of a UNIX socket, by name or number. Default: as the system gives it. */
  readonly socketGroup?: string | number;
  /**
   * Peers that may connect over TCP: IP addresses, and networks as in 10.0.0.0/8 or fd00::/8. Others are closed at once.
   * Default: for FastCGI those that FCGI_WEB_SERVER_ADDRS names in the process's environment, else everybody. UNIX
   * sockets have their mode instead.
   */
  readonly allow?: readonly string[];
  /** Connections that wait to be accepted. Default 511. */
  readonly backlog?: number;
  /**
   * Read and write below net.Socket where this Node.js is known to allow it, at half the cost for a connection. Default
   * true; false, or TSGI_RAW_HANDLES=0 in the process's environment, makes every connection a net.Socket.
   */
  readonly rawHandles?: boolean;
}

/** An open listening socket. */
export interface Listener {
  /** Where it listens, with the port that was chosen for port 0. */
  readonly address: Address;
  /** Stops accepting; the path of a UNIX socket goes, if it is still ours. Resolves when no connection is left. */
  close(): Promise<void>;
}

/**
 * Listens at one address.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on
 */
export async function listen(
  address: Address,
  options: ListenOptions,
  onConnection: (transport: Transport) => void,
  guard?: PeerGuard,
): Promise<Listener> {
  const native = options.rawHandles === false ? undefined : await usableNativeStreams();
  let accept = onConnection;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    accept(new SocketTransport(socket)),
  );
  const listener = await listenWith(server, address, options);
  if (guard !== undefined && listener.address.kind !== "unix") {
    accept = (transport) => {
      if (guard.admits(transport.peerAddress, listener.address)) onConnection(transport);
      else transport.destroy();
    };
  }
  if (native !== undefined) takeHandles(server, (handle) => accept(new HandleTransport(handle, native)));
  return listener;
}

/**
 * As `listen`, for a server that handles its connections itself, such as one of node:http.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on
 */
export async function listenWith(
  server: Server,
  address: Address,
  options: ListenOptions,
): Promise<Listener> {
  const backlog = options.backlog ?? 511;
  let owned: OwnedPath | undefined;
  switch (address.kind) {
    case "tcp":
      await opened(server, address, () => server.listen({ host: address.host, port: address.port, backlog }));
      break;
    case "unix":
      if (address.path.startsWith("\0")) {
        await opened(server, address, () => server.listen({ path: address.path, backlog }));
      } else {
        owned = await bindOrClose(server, address.path, options, (path) =>
          opened(server, address, () => server.listen({ path, backlog })),
        );
      }
      break;
    case "fd":
    case "systemd":
      await opened(server, address, () => server.listen({ fd: inheritedDescriptor(address), backlog }));
      break;
    default:
      address satisfies never;
  }
  return {
    address: boundAddress(server, address),
    close: () => {
      if (owned !== undefined) removeOwnSocket(owned);
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A socket that may not have the rights that were asked for is not listened on. */
async function bindOrClose(
  server: Server,
  path: string,
  options: ListenOptions,
  listenAt: (path: string) => Promise<void>,
): Promise<OwnedPath> {
  try {
    return await bindUnixPath(path, socketRights(options), listenAt);
  } catch (error) {
    if (server.listening) server.close();
    throw error;
  }
}

function opened(server: Server, address: Address, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenError(address, error));
    server.once("error", onError);
    server.once("listening", () => {
      server.off("error", onError);
      // An accept that fails (too many open files) must not end the process; the next one may succeed.
      server.on("error", () => {});
      resolve();
    });
    start();
  });
}

/** Where it really listens: the port chosen for port 0, and what an inherited descriptor turned out to be. */
function boundAddress(server: Server, asked: Address): Address {
  if (asked.kind === "unix") return asked;
  // A UNIX socket was bound under another name than it is known by; any other says itself where it is.
  if (asked.kind === "fd" && (asked.of?.kind === "unix" || asked.of?.kind === "tcp")) return asked.of;
  const bound = server.address();
  if (typeof bound === "string") return { kind: "unix", path: bound };
  return bound === null ? asked : { kind: "tcp", host: bound.address, port: bound.port };
}
