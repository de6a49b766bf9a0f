/**
 * Ports of the loopback that are free at the moment of asking.
 * @module
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** Different from each other: all are held until the last has been found. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error("no port of the loopback is free");
  return port;
}
