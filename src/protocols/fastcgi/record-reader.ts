/**
 * Reads FastCGI records out of octets that arrive in chunks of any size (specification section 3.3).
 *
 * It knows the record header and nothing of what records mean: the two sides do. Content comes out as it arrives,
 * never gathered here, and nothing is allocated for a declared length. Between chunks it holds numbers only, so that
 * an idle connection costs next to nothing.
 * @module
 */
import { fcgiVersion, recordHeaderOctets } from "./constants.ts";
import { wrongVersion } from "./violations.ts";

/** What `RecordReader.next` came to. */
export const ReadStep = {
  /** All octets are used up; give it more. */
  starved: 0,
  /** A record's header has been read; `type`, `id` and `contentLength` are its. */
  header: 1,
  /** Some content of that record: at least one octet, between `start` and `end` of `chunk`. */
  content: 2,
} as const;
export type ReadStep = (typeof ReadStep)[keyof typeof ReadStep];

/** Shared by all readers that have nothing to read: an idle one must not hold on to its last chunk. */
const nothing = new Uint8Array(0);

export class RecordReader {
  #chunk: Uint8Array = nothing;
  #at = 0;
  #end = 0;
  #ownsChunk = false;
  // A header that is split between chunks is gathered in two 32-bit numbers instead of an array of its own.
  #headerOctets = 0;
  #high = 0;
  #low = 0;
  #type = 0;
  #id = 0;
  #contentLength = 0;
  #contentLeft = 0;
  #paddingLeft = 0;
  #start = 0;

  get type(): number {
    return this.#type;
  }

  get id(): number {
    return this.#id;
  }

  /** Octets of content that the record declares, 0 to 65,535. */
  get contentLength(): number {
    return this.#contentLength;
  }

  /** Octets of content that have not been read yet. */
  get contentLeft(): number {
    return this.#contentLeft;
  }

  /** True when the content step just made was the record's whole content. */
  get isWholeContent(): boolean {
    return this.#at - this.#start === this.#contentLength;
  }

  /** Where the content of the last step begins in `chunk`. */
  get start(): number {
    return this.#start;
  }

  /** Where the content of the last step ends in `chunk`. */
  get end(): number {
    return this.#at;
  }

  /** What is being read. Valid until the next `receive`, or until `next` gives `starved`. */
  get chunk(): Uint8Array {
    return this.#chunk;
  }

  /** A view of the content of the last step. */
  content(): Uint8Array {
    return this.#chunk.subarray(this.#start, this.#at);
  }

  /** True when the octets so far end where a record ends. */
  get isBetweenRecords(): boolean {
    return (
      this.#contentLeft === 0 && this.#paddingLeft === 0 && this.#headerOctets === 0 && this.#at === this.#end
    );
  }

  /** Gives octets to read. They are kept as they are while `next` works on them. */
  receive(octets: Uint8Array): void {
    const left = this.#end - this.#at;
    if (left === 0) {
      this.#chunk = octets;
      this.#ownsChunk = false;
      this.#at = 0;
      this.#end = octets.length;
      return;
    }
    // The owner stopped pulling and gives more all the same. Spare room doubles, so that the cost stays linear.
    if (!this.#ownsChunk || this.#chunk.length - this.#end < octets.length) {
      const grown = new Uint8Array(2 * (left + octets.length));
      grown.set(this.#chunk.subarray(this.#at, this.#end));
      this.#chunk = grown;
      this.#ownsChunk = true;
      this.#at = 0;
      this.#end = left;
    }
    this.#chunk.set(octets, this.#end);
    this.#end += octets.length;
  }

  /** Copies what has not been read, so that the chunk may be overwritten. False when there is nothing of that. */
  keep(): boolean {
    if (this.#at === this.#end) return false;
    if (this.#ownsChunk) return true;
    // Not slice(): of a Buffer that is a view.
    this.#chunk = new Uint8Array(this.#chunk.subarray(this.#at, this.#end));
    this.#ownsChunk = true;
    this.#end -= this.#at;
    this.#at = 0;
    return true;
  }

  /** Forgets all octets that have not been read. */
  discard(): void {
    this.#chunk = nothing;
    this.#ownsChunk = false;
    this.#at = 0;
    this.#end = 0;
  }

  /**
   * Reads on to the next header or piece of content. Content that nobody looks at is simply passed over.
   * @throws RemoteProtocolError ERR_FCGI_VERSION, as soon as the octet is here
   */
  next(): ReadStep {
    if (this.#contentLeft > 0) return this.#readContent();
    if (this.#paddingLeft > 0) {
      const skipped = Math.min(this.#paddingLeft, this.#end - this.#at);
      this.#at += skipped;
      this.#paddingLeft -= skipped;
      if (this.#paddingLeft > 0) return this.#starve();
    }
    if (this.#headerOctets > 0 || this.#end - this.#at < recordHeaderOctets) return this.#readSplitHeader();
    const chunk = this.#chunk;
    const at = this.#at;
    if (chunk[at] !== fcgiVersion) throw wrongVersion(chunk[at]!);
    this.#type = chunk[at + 1]!;
    this.#id = (chunk[at + 2]! << 8) | chunk[at + 3]!;
    this.#contentLength = this.#contentLeft = (chunk[at + 4]! << 8) | chunk[at + 5]!;
    this.#paddingLeft = chunk[at + 6]!;
    this.#at = at + recordHeaderOctets;
    return ReadStep.header;
  }

  #readContent(): ReadStep {
    const octets = Math.min(this.#contentLeft, this.#end - this.#at);
    if (octets === 0) return this.#starve();
    this.#start = this.#at;
    this.#at += octets;
    this.#contentLeft -= octets;
    return ReadStep.content;
  }

  #readSplitHeader(): ReadStep {
    while (this.#headerOctets < recordHeaderOctets) {
      if (this.#at === this.#end) return this.#starve();
      const octet = this.#chunk[this.#at]!;
      // At the first octet already: a client that speaks HTTP may send fewer than eight and wait for an answer.
      if (this.#headerOctets === 0 && octet !== fcgiVersion) throw wrongVersion(octet);
      if (this.#headerOctets < 4) this.#high = (this.#high << 8) | octet;
      else this.#low = (this.#low << 8) | octet;
      this.#headerOctets++;
      this.#at++;
    }
    this.#headerOctets = 0;
    this.#type = (this.#high >> 16) & 0xff;
    this.#id = this.#high & 0xffff;
    this.#contentLength = this.#contentLeft = this.#low >>> 16;
    this.#paddingLeft = (this.#low >> 8) & 0xff;
    return ReadStep.header;
  }

  #starve(): ReadStep {
    this.discard();
    return ReadStep.starved;
  }
}
