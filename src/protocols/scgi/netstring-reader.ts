/**
 * Reads the netstring that an SCGI request begins with: its length in decimal digits, a colon, the octets, a comma.
 *
 * Incremental: octets may come cut anywhere. The length is checked at each digit, before anything is allocated for it
 * (P1), so that it takes no more digits than the limit has. SCGI specification, "Protocol".
 * @module
 */
import { GatheredOctets } from "../gathered-octets.ts";
import { leadingZero, noComma, notALength, tooManyOctets } from "./violations.ts";

const colon = 0x3a;
const comma = 0x2c;
const zero = 0x30;

export class NetstringReader {
  readonly #maxOctets: number;
  #length = 0;
  #digits = 0;
  #hasLength = false;
  #content: GatheredOctets | undefined;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  /** True once some of it has come. */
  get hasBegun(): boolean {
    return this.#digits > 0;
  }

  /** What is missing, for an error: the peer ended in the midst of it. */
  get missing(): string {
    if (!this.#hasLength) return "inside the length of its headers";
    return `after ${this.#content?.length ?? 0} of the ${this.#length} octets of headers and the comma behind them`;
  }

  /**
   * Reads on from `at`. Gives back where the octets behind the netstring begin, or undefined when more are needed:
   * all of `octets` has then been read. `content` is complete after the first.
   * @throws RemoteProtocolError ERR_SCGI_NETSTRING, LimitExceededError ERR_LIMIT_PARAMS
   */
  read(octets: Uint8Array, at: number): number | undefined {
    let next: number | undefined = at;
    if (!this.#hasLength) next = this.#readLength(octets, at);
    if (next === undefined || next === octets.length) return undefined;
    const missing = this.#length - (this.#content?.length ?? 0);
    if (missing > 0) {
      const end = Math.min(next + missing, octets.length);
      // A view only where the comma is at hand too: the content is then used before the chunk goes.
      const mayView = missing === this.#length && end < octets.length;
      this.#content ??= new GatheredOctets();
      this.#content.add(octets.subarray(next, end), mayView);
      next = end;
      if (next === octets.length) return undefined;
    }
    if (octets[next] !== comma) throw noComma(octets[next]!, this.#length);
    return next + 1;
  }

  /** All of the content; a view where it came in one piece, valid as long as that piece. Let go by this. */
  takeContent(): Uint8Array {
    const content = this.#content?.whole() ?? new Uint8Array(0);
    this.#content = undefined;
    return content;
  }

  #readLength(octets: Uint8Array, from: number): number | undefined {
    for (let at = from; at < octets.length; at++) {
      const octet = octets[at]!;
      if (octet === colon && this.#digits > 0) {
        this.#hasLength = true;
        return at + 1;
      }
      const digit = octet - zero;
      if (digit < 0 || digit > 9) throw notALength(octet, this.#digits);
      if (this.#digits > 0 && this.#length === 0) throw leadingZero();
      this.#digits++;
      this.#length = this.#length * 10 + digit;
      if (this.#length > this.#maxOctets) throw tooManyOctets(this.#maxOctets, this.#length);
    }
    return undefined;
  }
}
