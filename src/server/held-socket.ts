/**
 * Sockets that one process holds and others accept on: bound here, listened on by those who inherit the descriptor.
 *
 * node:net has no way to bind without accepting, so this takes the one that node:cluster is made of
 * (`net._createServerHandle`; a private name, the same in Node.js 20 to 26, which a test holds it to). The process that
 * holds a socket never accepts: it only keeps the descriptor open, so that connections wait in the kernel while the
 * processes that accept come and go. Until the first of those listens, connections are refused.
 * @module
 */
import { closeSync, fstatSync } from "node:fs";
import { lookup } from "node:dns/promises";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";
import { ConfigurationError } from "../errors/index.ts";
import type { Address } from "../protocols/address.ts";
import { inheritedDescriptor } from "./inherited-sockets.ts";
import { listenError } from "../protocols/listen-error.ts";
import type { ListenOptions } from "./listen.ts";
import { asBigInt } from "./socket-stats.ts";
import { socketRights, type SocketRights } from "./socket-rights.ts";
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
  /**
   * Closes the descriptor, and removes the path unless it is to be kept or is another's by now. Safe to call again.
   * @param keepPath - an inherited path stays whose owner has not handed it over
   */
  release(keepPath?: boolean): void;
  /** Removes the path alone, unless it is another's by now: for whoever has handed the descriptor to a server. */
  removePath(): void;
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
        : holdUnix(address, socketRights(options));
    case "fd":
    case "systemd":
      return holdInherited(nameOf(address), inheritedDescriptor(address));
    default:
      return address satisfies never;
  }
}

/** What systemd calls it says more than a number. */
function nameOf(address: Address): Address {
  return address.kind === "fd" && address.of !== undefined ? address.of : address;
}

/** Takes a descriptor that is open already; `owned` when its path is this process's to remove. */
export function adoptSocket(address: Address, fd: number, owned: OwnedPath | undefined): HeldSocket {
  return held(
    address,
    fd,
    owned,
    once(() => closeSync(fd)),
  );
}

function held(address: Address, fd: number, owned: OwnedPath | undefined, close: () => void): HeldSocket {
  const removePath = (): void => {
    if (owned !== undefined) removeOwnSocket(owned);
  };
  return {
    address,
    fd,
    owned,
    publish: () => Promise.resolve(),
    removePath,
    release: (keepPath = false) => {
      if (!keepPath) removePath();
      close();
    },
  };
}

/** A descriptor's number may be another's after the first call. */
function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

function holdInherited(address: Address, fd: number): HeldSocket {
  let isSocket = false;
  try {
    isSocket = fstatSync(fd, asBigInt).isSocket();
  } catch (error) {
    throw listenError(address, error as NodeJS.ErrnoException);
  }
  if (isSocket) return adoptSocket(address, fd, undefined);
  throw listenError(address, Object.assign(new Error("no socket"), { code: "ENOTSOCK" }));
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

async function holdUnix(
  address: Extract<Address, { kind: "unix" }>,
  rights: SocketRights,
): Promise<HeldSocket> {
  let handle: BoundHandle | undefined;
  const prepared = await prepareUnixPath(address.path, rights, (path) => {
    handle = bind(address, path, -1, -1);
    return Promise.resolve();
  });
  if (handle === undefined) throw new TypeError("prepareUnixPath did not bind");
  const bound = handle;
  let owned: OwnedPath | undefined;
  const removePath = (): void => {
    if (owned === undefined) prepared.discard();
    else removeOwnSocket(owned);
  };
  return {
    address,
    fd: bound.fd,
    get owned() {
      return owned;
    },
    publish: async () => {
      owned ??= await prepared.publish();
    },
    removePath,
    release: () => {
      removePath();
      unbind(bound);
    },
  };
}

function heldAs(address: Address, handle: BoundHandle): HeldSocket {
  return held(address, handle.fd, undefined, () => unbind(handle));
}

/** Closing a handle a second time does nothing. */
function unbind(handle: BoundHandle): void {
  kept.delete(handle);
  handle.close();
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
