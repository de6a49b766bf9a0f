/**
 * Lines of JSON over a socket: whole, of bounded length, and an end.
 * @module
 */
import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";

/** The longest line that is taken; a longer one ends the channel. */
const maxLineLength = 65_536;

/** What a peer that does not read may leave waiting here before it is given up, in octets. */
const maxQueuedOctets = 1_048_576;

export interface LineChannelEvents {
  line(text: string): void;
  /** Once: the peer has gone, sent a line that is too long, or does not read. */
  end(reason: string): void;
}

export class LineChannel {
  readonly #socket: Socket;
  readonly #events: LineChannelEvents;
  readonly #decoder = new StringDecoder("utf8");
  #text = "";
  #ended = false;

  constructor(socket: Socket, events: LineChannelEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("data", (octets: Buffer) => this.#receive(octets));
    socket.on("error", (error) => this.#end(error.message));
    socket.on("close", () => this.#end("it was closed"));
  }

  /** Sends an object as a line. Lost when the peer has gone. */
  send(message: object): void {
    if (this.#ended || !this.#socket.writable) return;
    this.#socket.write(`${JSON.stringify(message)}\n`);
    if (this.#socket.writableLength > maxQueuedOctets) this.#end("its peer does not read");
  }

  /** Resolves when all that was sent has been taken by the system. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.writableLength === 0) resolve();
      else this.#socket.write("", () => resolve());
    });
  }

  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #receive(octets: Buffer): void {
    this.#text += this.#decoder.write(octets);
    for (let end = this.#text.indexOf("\n"); end >= 0 && !this.#ended; end = this.#text.indexOf("\n")) {
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      this.#events.line(line);
    }
    if (this.#text.length > maxLineLength) this.#end(`a line is longer than ${maxLineLength} characters`);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.close();
    this.#events.end(reason);
  }
}
