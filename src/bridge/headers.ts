/**
 * `Headers`: a case-insensitive view of a header list, as wsgiref.headers' class of this name.
 *
 * Not the Headers of fetch: that one joins repeated values, turns names to lower case and keeps no list that
 * start_response could be given. Unlike wsgiref's it refuses what could not be sent: names that are no tokens, control
 * characters (CR and LF among them) and code points past U+00FF (H3).
 * @module
 */
import { ResponseError } from "../errors/index.ts";
import { checkName, checkValue } from "./header-checks.ts";
import { describeValue } from "./log-line.ts";
import type { HeaderList } from "./types.ts";

/** Parameters of a header value by name, "_" in a name standing for "-"; null gives the name alone. */
export type HeaderParameters = Readonly<Record<string, string | null>>;

/** Changes the very list that it was given: `startResponse(status, list)` sees what `set` and `add` did. */
export class Headers implements Iterable<[name: string, value: string]> {
  readonly #list: HeaderList;

  /**
   * @param list - kept, not copied; default a new one
   * @throws ResponseError ERR_RESPONSE_HEADERS: it is no list of pairs that could be sent
   */
  constructor(list: HeaderList = []) {
    if (!Array.isArray(list)) {
      throw new ResponseError(
        "ERR_RESPONSE_HEADERS",
        `Headers was given ${describeValue(list)}; expected an array of [name, value] pairs`,
      );
    }
    for (const [index, pair] of (list as unknown[]).entries()) {
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw new ResponseError(
          "ERR_RESPONSE_HEADERS",
          `response header ${index} is ${describeValue(pair)}; expected a [name, value] pair`,
        );
      }
      checkPair(pair[0], pair[1]);
    }
    this.#list = list;
  }

  /** How many headers there are, repeats counted. */
  get length(): number {
    return this.#list.length;
  }

  /** The first value of that name, or `otherwise`. */
  get(name: string): string | undefined;
  get<Otherwise>(name: string, otherwise: Otherwise): string | Otherwise;
  get(name: string, otherwise?: unknown): unknown {
    const wanted = name.toLowerCase();
    return this.#list.find(([each]) => each.toLowerCase() === wanted)?.[1] ?? otherwise;
  }

  /** All values of that name, in their order. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#list.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /**
   * Puts one header, at the end, in place of all of that name.
   * @throws ResponseError ERR_RESPONSE_HEADERS
   */
  set(name: string, value: string): void {
    checkPair(name, value);
    this.delete(name);
    this.#list.push([name, value]);
  }

  /** Takes all of that name away; no error where there is none. */
  delete(name: string): void {
    const unwanted = name.toLowerCase();
    const kept = this.#list.filter(([each]) => each.toLowerCase() !== unwanted);
    this.#list.splice(0, this.#list.length, ...kept);
  }

  /**
   * The first value of that name; where there is none, `value`, which is added.
   * @throws ResponseError ERR_RESPONSE_HEADERS
   */
  setDefault(name: string, value: string): string {
    const found = this.get(name);
    if (found !== undefined) return found;
    checkPair(name, value);
    this.#list.push([name, value]);
    return value;
  }

  /**
   * Adds a header beside those of its name, with parameters in quotes:
   * `addHeader("Content-Disposition", "attachment", { filename: "a b.txt" })`. A null value leaves only parameters.
   * @throws ResponseError ERR_RESPONSE_HEADERS
   */
  addHeader(name: string, value: string | null, parameters: HeaderParameters = {}): void {
    const parts = value === null ? [] : [value];
    for (const [parameter, text] of Object.entries(parameters)) {
      const shown = parameter.replaceAll("_", "-");
      parts.push(text ? `${shown}="${text.replaceAll(/["\\]/g, "\\$&")}"` : shown);
    }
    const whole = parts.join("; ");
    checkPair(name, whole);
    this.#list.push([name, whole]);
  }

  /** Names as they were written, repeats included. */
  keys(): string[] {
    return this.#list.map(([name]) => name);
  }

  values(): string[] {
    return this.#list.map(([, value]) => value);
  }

  /** A copy of the list, pairs and all. */
  items(): HeaderList {
    return this.#list.map(([name, value]) => [name, value]);
  }

  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.items()[Symbol.iterator]();
  }

  /** Lines as they stand in a message, each ended by CRLF, and the empty one behind them. */
  toString(): string {
    return `${this.#list.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  }

  /** `toString` in octets, one for each character. */
  toOctets(): Uint8Array {
    return Uint8Array.from(Buffer.from(this.toString(), "latin1"));
  }
}

function checkPair(name: unknown, value: unknown): void {
  checkName(name);
  checkValue(name, value);
}
