/**
 * How many connections wait to be accepted at a listening socket: Linux tells in /proc/net, for TCP in a column, for
 * UNIX sockets by listing each connection that has no owner yet under its listener's name.
 *
 * A socket is found by its inode, since a UNIX socket is bound under another name than the one it is reached by.
 * @module
 */
import { readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** The kernel's word for "listens", in /proc/net/tcp. */
const listenState = "0A";
/** SS_CONNECTING: connected by its client, not accepted. */
const waitingState = "02";

/** A socket's inode, by the descriptor of this process; undefined where /proc does not tell. */
export function socketInode(fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined;
  }
}

/** The lengths of the queues of these sockets, by inode. What is not found is not in the map. */
export async function acceptQueues(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const [tcp, tcp6, unix] = await Promise.all(["tcp", "tcp6", "unix"].map(readTable));
  return new Map([
    ...tcpQueues(tcp ?? "", inodes),
    ...tcpQueues(tcp6 ?? "", inodes),
    ...unixQueues(unix ?? "", inodes),
  ]);
}

async function readTable(name: string): Promise<string> {
  try {
    return await readFile(`/proc/self/net/${name}`, "latin1");
  } catch {
    return "";
  }
}

/** `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...` */
export function tcpQueues(table: string, inodes: ReadonlySet<string>): Map<string, number> {
  const queues = new Map<string, number>();
  for (const line of table.split("\n")) {
    const [, , , state, lengths = "", , , , , inode = ""] = line.trim().split(/ +/);
    if (state !== listenState || !inodes.has(inode)) continue;
    const length = Number.parseInt(lengths.slice(lengths.indexOf(":") + 1), 16);
    if (Number.isInteger(length)) queues.set(inode, length);
  }
  return queues;
}

/** `Num RefCount Protocol Flags Type St Inode Path`; the path may hold spaces. */
export function unixQueues(table: string, inodes: ReadonlySet<string>): Map<string, number> {
  const waiting = new Map<string, number>();
  const listeners = new Map<string, string>();
  for (const line of table.split("\n")) {
    const [, state = "", inode = "", path = ""] = unixLine.exec(line) ?? [];
    if (path === "") continue;
    if (inodes.has(inode)) listeners.set(inode, path);
    else if (state === waitingState) waiting.set(path, (waiting.get(path) ?? 0) + 1);
  }
  return new Map([...listeners].map(([inode, path]) => [inode, waiting.get(path) ?? 0]));
}

const unixLine = /^\S+ \S+ \S+ \S+ \S+ (\S+) +(\d+) (.+)$/;
