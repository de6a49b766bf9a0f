/**
 * Whether an inherited file descriptor is a listening socket, without accepting a connection of it.
 *
 * flup asks getpeername(), which Node.js has no way to: under Apache's mod_cgid a script's standard input is a socket
 * as well, a connected one. Linux tells them apart in /proc/net; elsewhere only listen() does, which fails on a
 * connected socket and changes nothing on a listening one.
 * @module
 */
import { fstatSync, readFileSync } from "node:fs";

/** `unknown`: a socket, and this system does not say of what kind. */
export type DescriptorKind = "listening" | "other" | "unknown";

/** __SO_ACCEPTCON, which Linux shows in the flags of /proc/net/unix. */
const acceptsConnections = 0x10000;

/** TCP_LISTEN, as /proc/net/tcp writes it. */
const tcpListen = "0A";

/** What the descriptor is. */
export function descriptorKind(
  descriptor: number,
  readTable: (path: string) => string = (path) => readFileSync(path, "latin1"),
): DescriptorKind {
  let inode: string;
  try {
    // With bigints, or Node.js would not resolve links afterwards: src/server/socket-stats.ts.
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isSocket()) return "other";
    inode = String(stats.ino);
  } catch {
    // Closed, as some inits leave it.
    return "other";
  }
  return (
    findSocket(readTable, "/proc/self/net/unix", (fields) =>
      fields[6] === inode ? (parseInt(fields[3] ?? "", 16) & acceptsConnections) !== 0 : undefined,
    ) ??
    findSocket(readTable, "/proc/self/net/tcp", (fields) => tcpState(fields, inode)) ??
    findSocket(readTable, "/proc/self/net/tcp6", (fields) => tcpState(fields, inode)) ??
    "unknown"
  );
}

function tcpState(fields: readonly string[], inode: string): boolean | undefined {
  return fields[9] === inode ? fields[3] === tcpListen : undefined;
}

function findSocket(
  readTable: (path: string) => string,
  path: string,
  judge: (fields: readonly string[]) => boolean | undefined,
): DescriptorKind | undefined {
  let table: string;
  try {
    table = readTable(path);
  } catch {
    return undefined;
  }
  for (const line of table.split("\n")) {
    const listens = judge(line.trim().split(/\s+/));
    if (listens !== undefined) return listens ? "listening" : "other";
  }
  return undefined;
}
