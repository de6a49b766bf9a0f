/**
 * What a process prints, as lines: whole ones, of bounded length, the last one also without its end.
 * @module
 */
import { StringDecoder } from "node:string_decoder";

/** A line without an end is given out in parts of so many characters. */
const maxLineLength = 8_192;

export class CapturedLines {
  readonly #line: (text: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #text = "";

  constructor(line: (text: string) => void) {
    this.#line = line;
  }

  /** Takes what was printed, however it was cut. */
  push(octets: Buffer): void {
    const lines = (this.#text + this.#decoder.write(octets)).split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (this.#text.length >= maxLineLength) {
      this.#line(this.#text.slice(0, maxLineLength));
      this.#text = this.#text.slice(maxLineLength);
    }
  }

  /** Nothing more comes. */
  end(): void {
    const last = this.#text + this.#decoder.end();
    this.#text = "";
    if (last !== "") this.#line(last);
  }
}
