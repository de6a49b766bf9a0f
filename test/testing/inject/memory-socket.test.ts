/** connectionPair(): two ends in memory that act as sockets do. */
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { connectionPair, type MemorySocket } from "../../../src/testing/index.ts";

/** To the end, and no further: an iteration would destroy the socket. */
async function readAll(socket: MemorySocket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, "end");
  return text;
}

describe("connectionPair", () => {
  it("carries octets both ways, in a later turn, as copies", async () => {
    const [client, server] = connectionPair();
    const octets = Buffer.from("ping");
    const heard: string[] = [];
    server.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
    client.write(octets);
    octets.fill("x");
    expect(heard).toEqual([]);
    server.end("pong");
    const [chunk] = (await once(client, "data")) as [Buffer];
    expect(chunk.toString()).toBe("pong");
    expect(heard).toEqual(["ping"]);
  });

  it("holds a writer up whose peer does not read, and lets it go on", async () => {
    const [client, server] = connectionPair();
    let written = 0;
    const writeAll = async (): Promise<void> => {
      for (let count = 0; count < 64; count++) {
        if (!client.write(Buffer.alloc(16_384))) await once(client, "drain");
        written += 16_384;
      }
      client.end();
    };
    const all = writeAll();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBeLessThan(400_000);
    let read = 0;
    for await (const chunk of server) read += (chunk as Buffer).length;
    await all;
    expect(read).toBe(64 * 16_384);
  });

  it("can be ended on one side while the other goes on", async () => {
    const [client, server] = connectionPair();
    client.end("question");
    expect(await readAll(server)).toBe("question");
    server.end("answer");
    expect(await readAll(client)).toBe("answer");
  });

  it("ends the peer's reading when it is destroyed, and fails what the peer writes then", async () => {
    const [client, server] = connectionPair();
    client.destroy();
    server.resume();
    await once(server, "end");
    const failed = once(server, "error");
    server.write("too late");
    expect((await failed)[0]).toMatchObject({ code: "EPIPE" });
    expect(server.writeFailed).toBe(true);
  });

  it("is reset with an error", async () => {
    const [client, server] = connectionPair();
    const failed = once(client, "error");
    server.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ code: "ECONNRESET" });
  });

  it("is silent for no longer than it is told", async () => {
    const [client] = connectionPair();
    client.setTimeout(5);
    await once(client, "timeout");
    client.destroy();
  });

  it("has the addresses it was given, each end its own view", () => {
    const [client, server] = connectionPair({ localPort: 80, remoteAddress: "192.0.2.1" });
    expect([server.localPort, server.remoteAddress]).toEqual([80, "192.0.2.1"]);
    expect([client.remotePort, client.localAddress]).toEqual([80, "192.0.2.1"]);
  });
});
