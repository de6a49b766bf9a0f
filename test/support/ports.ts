/**
 * Ports of the loopback that are free at the moment of asking, and that nobody gets by chance before they are used.
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that systems give to who asks for port 0, and to the near ends of connections. */
const range = { first: 10_000, count: 20_000 } as const;

/** Where this process looks next. Each port is found once, and processes begin at different ones. */
let next = (process.pid * 7_919) % range.count;

/** Different from each other, and from all that this process has been given before. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === range.count) throw new Error("no port of the loopback is free");
    const port = range.first + next;
    next = (next + 1) % range.count;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await once(server.close(), "close");
  return true;
}
