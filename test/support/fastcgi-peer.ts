/**
 * A web server in a test: a real socket with the web server's side of the codec on it, and full control of both.
 */
import { connect, type Socket } from "node:net";
import type { Address } from "../../src/protocols/address.ts";
import { FastcgiWebServerSide } from "../../src/protocols/fastcgi/index.ts";
import type { ClientSendEvent } from "../../src/protocols/gateway-client-core.ts";

export interface PeerAnswer {
  output: string;
  errors: string;
  appStatus: number;
  protocolStatus: number;
}

/** What a plain GET has. */
export const getParams: ReadonlyArray<readonly [string, string]> = [
  ["REQUEST_METHOD", "GET"],
  ["SERVER_NAME", "localhost"],
  ["SERVER_PORT", "80"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
  ["SCRIPT_NAME", ""],
  ["PATH_INFO", "/"],
  ["QUERY_STRING", ""],
];

export function paramsWith(changes: Readonly<Record<string, string>>): Array<readonly [string, string]> {
  return [...new Map([...getParams, ...Object.entries(changes)])];
}

export class FastcgiPeer {
  readonly socket: Socket;
  /** Resolves when the socket has closed, whoever did it and however. */
  readonly closed: Promise<void>;
  /** What was wrong with what came, if that ended the connection. */
  brokenBy: unknown;
  readonly #core = new FastcgiWebServerSide();
  readonly #answers = new Map<number, PeerAnswer>();
  readonly #ended = new Map<number, PeerAnswer>();
  readonly #waiting: Array<() => void> = [];
  #isClosed = false;

  static async connect(address: Address): Promise<FastcgiPeer> {
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
    return new FastcgiPeer(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
        this.#wake();
      });
    });
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("data", (octets) => {
      this.#core.receive(octets);
      try {
        this.#pull();
      } catch (error) {
        // An answer that was broken off, and the like: as web servers do.
        this.brokenBy = error;
        socket.destroy();
      }
      this.#wake();
    });
  }

  /** Sends events, encoded by our own codec, in one write. */
  send(...events: ClientSendEvent[]): void {
    for (const event of events) this.#core.send(event);
    for (let filled = this.#core.takeOutput(); filled !== undefined; filled = this.#core.takeOutput()) {
      this.socket.write(filled.octets);
    }
  }

  /** Begins a request and sends all of it, body included. */
  request(
    id: number,
    params: Iterable<readonly [string, string]> = getParams,
    body = "",
    keepConnection = true,
  ): void {
    this.send(
      { type: "request", id, role: "responder", keepConnection, params },
      ...(body === "" ? [] : [{ type: "body", id, octets: Buffer.from(body) } as const]),
      { type: "body-end", id },
    );
  }

  /** What has come of an answer so far. */
  partial(id: number): PeerAnswer {
    return this.#answers.get(id) ?? { output: "", errors: "", appStatus: -1, protocolStatus: -1 };
  }

  /** Waits for END_REQUEST. Rejects when the connection closes without it. */
  async answer(id: number): Promise<PeerAnswer> {
    await this.until(() => this.#ended.has(id) || this.#isClosed);
    const answer = this.#ended.get(id);
    if (answer === undefined) throw new Error(`the connection closed without END_REQUEST ${id}`);
    this.#ended.delete(id);
    this.#answers.delete(id);
    return answer;
  }

  /** Waits until something that arrives makes this true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (this.#isClosed && !condition()) throw new Error("the connection closed first");
    }
  }

  #pull(): void {
    for (let event = this.#core.nextEvent(); event !== undefined; event = this.#core.nextEvent()) {
      if (event.type === "values" || event.type === "unknown-type") continue;
      const answer = this.#answers.get(event.id) ?? this.partial(event.id);
      this.#answers.set(event.id, answer);
      if (event.type === "output") answer.output += Buffer.from(event.octets).toString("latin1");
      else if (event.type === "errors") answer.errors += Buffer.from(event.octets).toString("utf8");
      else {
        answer.appStatus = event.appStatus;
        answer.protocolStatus = event.protocolStatus;
        this.#ended.set(event.id, answer);
      }
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
