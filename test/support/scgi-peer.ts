/** A web server that speaks SCGI in a test: a real socket, and octets that no code of src has made. */
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import type { Address } from "../../src/protocols/address.ts";
import type { ServeOptions } from "../../src/server/index.ts";
import { request, type Pairs } from "./scgi-wire.ts";
import { startServing, temporaryDirectory, type Serving } from "./serving.ts";

/** What a plain GET has. */
export const getPairs: Pairs = [
  ["REQUEST_METHOD", "GET"],
  ["REQUEST_URI", "/"],
  ["SERVER_NAME", "localhost"],
  ["SERVER_PORT", "80"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
];

export function pairsWith(changes: Readonly<Record<string, string>>): Pairs {
  return [...new Map([...getPairs, ...Object.entries(changes)])];
}

/** How a connection ended: the application's side in order, or an error of the socket. */
export type Ending = "end" | "reset";

export class ScgiPeer {
  readonly socket: Socket;
  /** Resolves when the socket has closed, whoever did it. */
  readonly closed: Promise<Ending>;
  /** Sizes of what came, read by read. */
  readonly sizes: number[] = [];
  readonly #parts: Buffer[] = [];
  readonly #waiting: Array<() => void> = [];
  #isClosed = false;

  static async connect(address: Address): Promise<ScgiPeer> {
    if (address.kind !== "unix" && address.kind !== "tcp")
      throw new Error(`cannot connect to ${address.kind}`);
    const socket =
      address.kind === "unix"
        ? connect({ path: address.path, allowHalfOpen: true })
        : connect({ host: address.host, port: address.port, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    onTestFinished(() => {
      socket.destroy();
    });
    return new ScgiPeer(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    let ending: Ending = "end";
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve(ending);
        this.#wake();
      });
    });
    socket.on("error", () => (ending = "reset"));
    socket.on("end", () => socket.end());
    socket.on("data", (octets: Buffer) => {
      this.sizes.push(octets.length);
      this.#parts.push(octets);
      this.#wake();
    });
  }

  /** All that has come. */
  get output(): string {
    return Buffer.concat(this.#parts).toString("latin1");
  }

  /** Sends a whole request and waits for all of the answer. */
  async ask(pairs: Pairs = getPairs, body = ""): Promise<string> {
    this.socket.write(request(pairs, body));
    await this.closed;
    return this.output;
  }

  /** Waits until something that arrives makes this true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#isClosed) throw new Error(`the connection closed first, after ${this.output}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** A server that listens for SCGI alone. */
export interface ScgiServing extends Omit<Serving, "connect"> {
  connect(): Promise<ScgiPeer>;
}

/** Starts one on a fresh UNIX socket unless `options.scgi` says otherwise. */
export async function startScgi(
  application: Application,
  options: Partial<ServeOptions> = {},
): Promise<ScgiServing> {
  const scgi = `unix:${join(temporaryDirectory(), "s")}`;
  const serving = await startServing(application, { fastcgi: [], scgi, ...options });
  return { ...serving, connect: () => ScgiPeer.connect(serving.address) };
}
