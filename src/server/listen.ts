/**
 * Listening sockets: TCP, UNIX (mode, stale sockets, removal), and those inherited from whoever started the process.
 * @module
 */
import { createServer, type Server } from "node:net";
import { ConfigurationError } from "../errors/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { usableNativeStreams } from "./handle-check.ts";
import { HandleTransport } from "./handle-transport.ts";
import { inheritedDescriptor } from "./inherited-sockets.ts";
import { takeHandles } from "./native-handles.ts";
import { SocketTransport } from "./socket-transport.ts";
import type { Transport } from "./transport.ts";
import { bindUnixPath, removeOwnSocket, type OwnedPath } from "./unix-socket.ts";

export interface ListenOptions {
  /** Permission bits of a UNIX socket. Default 0o660: whoever may connect may run requests as anyone. */
  readonly socketMode?: number;
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
): Promise<Listener> {
  const native = options.rawHandles === false ? undefined : await usableNativeStreams();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    onConnection(new SocketTransport(socket)),
  );
  const listener = await listenWith(server, address, options);
  if (native !== undefined)
    takeHandles(server, (handle) => onConnection(new HandleTransport(handle, native)));
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
        owned = await bindUnixPath(address.path, options.socketMode ?? 0o660, (path) =>
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

/** The error for an address that cannot be listened on, with the remedy for the system's code. */
export function listenError(address: Address, error: NodeJS.ErrnoException): ConfigurationError {
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program listens there: stop it, or choose another address",
    EACCES: "this user may not: choose a port from 1024 on, or a directory that is writable",
    ENOENT: "its directory does not exist: make it first",
    EADDRNOTAVAIL: "no interface of this machine has that address",
    EINVAL: "that file descriptor is not a listening socket, or the path is too long",
    ENOTSOCK: "that file descriptor is not a socket",
    EBADF: "no such file descriptor was inherited",
  };
  const remedy = remedies[error.code ?? ""] ?? error.message;
  return new ConfigurationError(
    "ERR_CONFIG_LISTEN",
    `cannot listen on ${formatAddress(address)}: ${remedy}`,
    {
      cause: error,
    },
  );
}

/** Where it really listens: the port chosen for port 0, and what an inherited descriptor turned out to be. */
function boundAddress(server: Server, asked: Address): Address {
  if (asked.kind === "unix") return asked;
  // The socket itself knows only the name it was bound under, before it was renamed over its path.
  if (asked.kind === "fd" && (asked.of?.kind === "unix" || asked.of?.kind === "tcp")) return asked.of;
  const bound = server.address();
  if (typeof bound === "string") return { kind: "unix", path: bound };
  return bound === null ? asked : { kind: "tcp", host: bound.address, port: bound.port };
}
