/**
 * Connections in numbers, straight at a FastCGI socket or at nginx: idle ones that are kept, and slow ones that send an
 * octet at a time.
 * @module
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { begin, join, pairs, record, types, type Pairs } from "./fastcgi-wire.ts";

/** As many are opened at once: a listening UNIX socket refuses what its backlog cannot hold. */
const openedAtOnce = 100;

const params: Pairs = [
  ["REQUEST_METHOD", "GET"],
  ["SCRIPT_NAME", ""],
  ["PATH_INFO", "/"],
  ["QUERY_STRING", ""],
  ["SERVER_NAME", "localhost"],
  ["SERVER_PORT", "80"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
];

/** So many open files may this process, and those that it starts, have. */
export function maxOpenFiles(): number {
  const [, most = "0"] =
    /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return Number(most);
}

/** A whole request on a connection that is to be kept. */
const wholeRequest = join(
  begin(1),
  record("PARAMS", 1, pairs(params)),
  record("PARAMS", 1),
  record("STDIN", 1),
);

/** Opens connections, has one request answered on each, and leaves them open. */
export async function openIdle(path: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Math.min(openedAtOnce, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openAndAsk(path)))));
  }
  return sockets;
}

function openAndAsk(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    let octets = Buffer.alloc(0);
    const read = (piece: Buffer): void => {
      octets = Buffer.concat([octets, piece]);
      // FCGI_END_REQUEST is 16 octets long.
      if (octets.length < 16 || octets[octets.length - 15] !== types.END_REQUEST) return;
      socket.off("data", read).off("error", reject);
      socket.on("error", () => {});
      resolve(socket.resume());
    };
    socket.on("data", read).once("error", reject);
    socket.once("close", () => reject(new Error("a connection that was to be kept was closed")));
    socket.write(wholeRequest);
  });
}

export interface SlowClients {
  readonly sockets: readonly Socket[];
  /** Octets sent one by one so far. */
  readonly sent: number;
  close(): void;
}

/** The octets of slow clients are spread over so many moments. */
const moments = 50;

/**
 * Opens `count` connections; each sends `start` at once, and then an octet of `rest` each `everyMs`, for ever: not all of
 * them at the same moment.
 */
export async function openSlow(
  to: { readonly path: string } | { readonly port: number },
  count: number,
  everyMs: number,
  start: Uint8Array,
  rest: Uint8Array,
): Promise<SlowClients> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(openedAtOnce, count - sockets.length) }, () => connect(to));
    await Promise.all(batch.map((socket) => once(socket, "connect")));
    for (const socket of batch)
      socket
        .on("error", () => {})
        .resume()
        .write(start);
    sockets.push(...batch);
  }
  let sent = 0;
  let tick = 0;
  const timer = setInterval(() => {
    const turn = Math.floor(tick / moments) % rest.length;
    const octet = rest.subarray(turn, turn + 1);
    for (let at = tick % moments; at < sockets.length; at += moments) {
      const socket = sockets[at];
      if (socket?.writable !== true) continue;
      socket.write(octet);
      sent++;
    }
    tick++;
  }, everyMs / moments);
  return {
    sockets,
    get sent() {
      return sent;
    },
    close: () => {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The octets of a request whose parameters never end. */
export const endlessParams = {
  start: join(begin(1), Buffer.from([1, types.PARAMS, 0, 1, 0xff, 0xff, 0, 0])),
  // Names and values of one octet each.
  rest: Buffer.from([1, 1, 0x41, 0x42]),
} as const;

/** The octets of a request whose body never ends; `/echo` is for an application that waits for it. */
export const endlessBody = {
  start: join(
    begin(1),
    record(
      "PARAMS",
      1,
      pairs([
        ...params.filter(([name]) => name !== "REQUEST_METHOD" && name !== "PATH_INFO"),
        ["REQUEST_METHOD", "POST"],
        ["PATH_INFO", "/echo"],
        ["CONTENT_LENGTH", "60000"],
      ]),
    ),
    record("PARAMS", 1),
    Buffer.from([1, types.STDIN, 0, 1, 0xea, 0x60, 0, 0]),
  ),
  rest: Buffer.from("slow"),
} as const;

/** Resident memory of processes, in octets. */
export function residentOctets(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const [, kibibytes = "0"] =
      /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    sum += Number(kibibytes) * 1_024;
  }
  return sum;
}
