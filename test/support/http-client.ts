/**
 * HTTP by hand, where fetch hides what a test is about: half-sent uploads, exact paths, when each octet arrives.
 * @module
 */
import { connect, type Socket } from "node:net";

export interface RawHead {
  readonly status: number;
  /** Names in lower case; repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
}

/** One connection. Reads give octets as latin-1 text. */
export class RawConnection {
  readonly #socket: Socket;
  #received = "";
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.#received += text;
      this.#wake?.();
    });
    // A reset is an end as well: what had arrived is what counts.
    socket.on("end", end).on("close", end).on("error", end);
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** Resolves when the octets have been taken by the system; also when the peer has gone. */
  write(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended) resolve();
      else this.#socket.write(text, () => resolve());
    });
  }

  /** Sends a request without a body. `head`: the request line and further header lines. */
  async request(...head: string[]): Promise<void> {
    await this.write(`${head.join("\r\n")}\r\nHost: 127.0.0.1\r\n\r\n`);
  }

  /** Everything up to and including `mark`; rejects when the peer ends without it. */
  async readUntil(mark: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(mark);
      if (at >= 0) return this.#take(at + mark.length);
      if (this.#ended) throw new Error(`the peer ended without "${mark}": ${this.#received.slice(0, 500)}`);
      await this.#more();
    }
  }

  async readHead(): Promise<RawHead> {
    const [first = "", ...lines] = (await this.readUntil("\r\n\r\n")).trimEnd().split("\r\n");
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    }
    return { status: Number(first.split(" ")[1]), headers };
  }

  async readOctets(count: number): Promise<string> {
    while (this.#received.length < count) {
      if (this.#ended) throw new Error(`the peer ended after ${this.#received.length} of ${count} octets`);
      await this.#more();
    }
    return this.#take(count);
  }

  /** The body of an answer whose head has been read, by its framing. Rejects when it is cut short. */
  async readBody(head: RawHead): Promise<string> {
    if (head.headers["transfer-encoding"] === "chunked") return this.#readChunked();
    const length = head.headers["content-length"];
    return length === undefined ? this.readToEnd() : this.readOctets(Number(length));
  }

  async readToEnd(): Promise<string> {
    while (!this.#ended) await this.#more();
    return this.#take(this.#received.length);
  }

  /** Takes nothing more from the system, as a client on a slow line. */
  pause(): void {
    this.#socket.pause();
  }

  /** Goes away as a closed browser tab does. */
  abort(): void {
    this.#socket.destroy();
  }

  async #readChunked(): Promise<string> {
    let body = "";
    for (;;) {
      const size = Number.parseInt(await this.readUntil("\r\n"), 16);
      const chunk = await this.readOctets(size + 2);
      if (size === 0) return body;
      body += chunk.slice(0, -2);
    }
  }

  #take(count: number): string {
    const taken = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return taken;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
