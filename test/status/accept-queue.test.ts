/** The queues of real listening sockets whose process does not accept, as Linux tells them. */
import { closeSync, openSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { holdSocket } from "../../src/server/index.ts";
import { acceptQueues, socketInode, tcpQueues, unixQueues } from "../../src/status/accept-queue.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { startProcess } from "../support/process.ts";
import type { Address } from "../../src/protocols/address.ts";

/** A process that listens where it is told, and never accepts. */
async function listening(where: Record<string, unknown>): Promise<{ inode: string; address: string }> {
  // Blocked at once: nothing is ever accepted.
  const program = `
    const server = require("node:net").createServer().listen(${JSON.stringify({ ...where, backlog: 8 })}, () => {
      const at = server.address();
      require("node:fs").writeSync(1, "at " + (typeof at === "string" ? at : at.port) + " fd " + server._handle.fd + "\\n");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = await startProcess(process.execPath, ["-e", program]);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await child.ended;
  });
  await child.printed("\n");
  const [, at = "", fd = ""] = /^at (.+) fd (\d+)/.exec(child.output) ?? [];
  const inode = /\d+/.exec(readlinkSync(`/proc/${child.pid}/fd/${fd}`))?.[0] ?? "";
  return { inode, address: at };
}

async function clients(count: number, to: { path: string } | { port: number; host: string }): Promise<void> {
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let index = 0; index < count; index++) {
    const socket = connect(to);
    sockets.push(socket);
    await once(socket, "connect");
  }
}

describe.skipIf(process.platform !== "linux")("a queue", () => {
  it("of a TCP socket", async () => {
    const { inode: name, address } = await listening({ port: 0, host: "127.0.0.1" });
    expect(await acceptQueues(new Set([name]))).toEqual(new Map([[name, 0]]));
    await clients(3, { port: Number(address), host: "127.0.0.1" });
    expect(await acceptQueues(new Set([name]))).toEqual(new Map([[name, 3]]));
  });

  it("of a UNIX socket, at a path with spaces", async () => {
    const path = join(temporaryDirectory(), "a b");
    const { inode: name } = await listening({ path });
    expect(await acceptQueues(new Set([name]))).toEqual(new Map([[name, 0]]));
    await clients(4, { path });
    expect(await acceptQueues(new Set([name]))).toEqual(new Map([[name, 4]]));
  });

  it("is found by the descriptor of a socket that is held", async () => {
    const address: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };
    const held = await holdSocket(address, {});
    expect(socketInode(held.fd)).toMatch(/^\d+$/);
  });

  it("of what is no socket, or not there, is not known", async () => {
    const file = openSync(import.meta.filename, "r");
    expect(socketInode(file)).toBeUndefined();
    closeSync(file);
    expect(socketInode(99_999)).toBeUndefined();
    expect(await acceptQueues(new Set(["1"]))).toEqual(new Map());
  });
});

describe("tables", () => {
  it("are read whatever stands in them", () => {
    const inodes = new Set(["12"]);
    for (const table of ["", "\n\n", "a b c", "1: x y 0A z w v u t 12", "1: x y 0A 0:zz w v u t 12 x"]) {
      expect(tcpQueues(table, inodes).size).toBe(0);
      expect(unixQueues(table, inodes).size).toBe(0);
    }
  });

  it("tell sockets of other names apart", () => {
    const table = [
      "Num       RefCount Protocol Flags    Type St Inode Path",
      "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/a",
      "0000000000000000: 00000003 00000000 00000000 0001 02     0 /run/a",
      "0000000000000000: 00000003 00000000 00000000 0001 03    99 /run/a",
      "0000000000000000: 00000003 00000000 00000000 0001 02     0 /run/ab",
      "0000000000000000: 00000003 00000000 00000000 0001 02     0",
    ].join("\n");
    expect(unixQueues(table, new Set(["12"]))).toEqual(new Map([["12", 1]]));
  });
});
