/**
 * Sockets that one process holds and others accept on: bound here, listened on by those who inherit the descriptor.
 *
 * node:net has no way to bind without accepting, so this takes the one that node:cluster is made of
 * (`net._createServerHandle`; a private name, the same in Node.js 20 to 26, which a test holds it to). The process that
 * holds a socket never accepts: it only keeps the descriptor open, so that connections wait in the kernel while the
 * processes that accept come and go. Until the first of those listens, connections are refused.
 * @module
 */
import { lookup } from "node:dns/promises";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";
import { ConfigurationError } from "../errors/index.ts";
import type { Address } from "../protocols/address.ts";
import { inheritedDescriptor } from "./inherited-sockets.ts";
import { listenError, type ListenOptions } from "./listen.ts";
import { prepareUnixPath, removeOwnSocket, type OwnedPath } from "./unix-socket.ts";

/** A socket held for others. */
export interface HeldSocket {
  /** Where it is, with the port that was chosen for port 0. */
  readonly address: Address;
  /** The descriptor's number in this process: what a child is to inherit. */
  readonly fd: number;
  /** The path that is removed at the end, if any. Known once `publish` has resolved. */
  readonly owned: OwnedPath | undefined;
  /**
   * Puts a UNIX socket at its path; call it once somebody listens. A path that refuses connections would be taken for
   * a stale one by the next server that starts.
   * @throws ConfigurationError ERR_CONFIG_LISTEN when another server has come to listen there meanwhile
   */
  publish(): Promise<void>;
  /** Removes the path, if it is still this socket's. The descriptor stays open until the process ends. */
  remove(): void;
}

/** What is used of the handle; `fd` is -1 where the platform has no descriptors. */
interface BoundHandle {
  readonly fd: number;
  getsockname?(into: { address?: string; port?: number }): number;
  close(): void;
}

type CreateServerHandle = (
  address: string,
  port: number,
  addressType: 4 | 6 | -1,
  fd?: number,
  flags?: number,
) => BoundHandle | number;

/** Handles that nothing refers to are closed when memory is collected. */
const kept = new Set<BoundHandle>();

/**
 * Binds a socket without listening, or takes an inherited one.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on
 */
export async function holdSocket(address: Address, options: ListenOptions): Promise<HeldSocket> {
  switch (address.kind) {
    case "tcp":
      return holdTcp(address);
    case "unix":
      return address.path.startsWith("\0")
        ? heldAs(address, bind(address, address.path, -1, -1))
        : holdUnix(address, options.socketMode ?? 0o660);
    case "fd":
    case "systemd":
      return adoptSocket(address, inheritedDescriptor(address), undefined);
    default:
      return address satisfies never;
  }
}

/** Takes a descriptor that is open already; `owned` when its path is this process's to remove. */
export function adoptSocket(address: Address, fd: number, owned: OwnedPath | undefined): HeldSocket {
  return {
    address,
    fd,
    owned,
    publish: () => Promise.resolve(),
    remove: () => {
      if (owned !== undefined) removeOwnSocket(owned);
    },
  };
}

async function holdTcp(address: Extract<Address, { kind: "tcp" }>): Promise<HeldSocket> {
  let host = address.host;
  if (net.isIP(host) === 0) {
    try {
      host = (await lookup(host)).address;
    } catch (error) {
      throw listenError(address, error as NodeJS.ErrnoException);
    }
  }
  const handle = bind(address, host, address.port, net.isIPv6(host) ? 6 : 4);
  const name: { address?: string; port?: number } = {};
  // libuv keeps it to itself that a port is taken until the socket listens, and here somebody else does that: a
  // descriptor that is not bound would listen at a port of the kernel's choice.
  const status = handle.getsockname?.(name) ?? 0;
  if (status < 0) {
    handle.close();
    kept.delete(handle);
    throw listenError(address, Object.assign(new Error("bind"), { code: getSystemErrorName(status) }));
  }
  return heldAs({ kind: "tcp", host: name.address ?? host, port: name.port ?? address.port }, handle);
}

async function holdUnix(address: Extract<Address, { kind: "unix" }>, mode: number): Promise<HeldSocket> {
  let handle: BoundHandle | undefined;
  const prepared = await prepareUnixPath(address.path, mode, (path) => {
    handle = bind(address, path, -1, -1);
    return Promise.resolve();
  });
  if (handle === undefined) throw new TypeError("prepareUnixPath did not bind");
  let owned: OwnedPath | undefined;
  return {
    address,
    fd: handle.fd,
    get owned() {
      return owned;
    },
    publish: async () => {
      owned ??= await prepared.publish();
    },
    remove: () => {
      if (owned === undefined) prepared.discard();
      else removeOwnSocket(owned);
    },
  };
}

function heldAs(address: Address, handle: BoundHandle): HeldSocket {
  return adoptSocket(address, handle.fd, undefined);
}

function bind(address: Address, name: string, port: number, type: 4 | 6 | -1): BoundHandle {
  const create = (net as { _createServerHandle?: CreateServerHandle })._createServerHandle;
  const handle = create?.(name, port, type);
  if (typeof handle === "number") {
    throw listenError(address, Object.assign(new Error("bind"), { code: getSystemErrorName(handle) }));
  }
  if (handle === undefined || typeof handle.fd !== "number" || handle.fd < 0) {
    throw new ConfigurationError(
      "ERR_CONFIG_LISTEN",
      `Node.js ${process.version} cannot hold a socket for workers here: pass one in (systemd:NAME or fd:N), or leave --workers out`,
    );
  }
  kept.add(handle);
  return handle;
}
