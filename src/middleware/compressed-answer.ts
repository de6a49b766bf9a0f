/**
 * One answer on its way through `compress`.
 *
 * The head is kept until the first octets, since the length of a body decides whether it is worth compressing, and a
 * gateway keeps it as long anyway (S57). An answer to an error (`excInfo`) goes on as it is.
 * @module
 */
import { types } from "node:util";
import {
  bodyKind,
  type Environ,
  type HeaderList,
  type ResponseBody,
  type StartResponse,
  type Write,
} from "../bridge/index.ts";
import { ResponseError } from "../errors/index.ts";
import { BodyIterator, withCloseOf } from "./body-iterator.ts";
import { CompressedBody, type ChunkEncoder } from "./compressed-body.ts";
import { ContentCoder, encodeWhole, type ContentCoding } from "./content-coder.ts";
import { LateWrites } from "./late-writes.ts";
import { headerValue, isPair, joinedValues, withoutHeaders, withVary } from "./header-list.ts";
import { negotiateCodings } from "./negotiate-coding.ts";

/** The options of `compress`, read. */
export interface CompressSettings {
  readonly threshold: number;
  readonly codings: readonly ContentCoding[];
  readonly levels: Readonly<Partial<Record<ContentCoding, number>>>;
  readonly filter: (contentType: string, environ: Environ) => boolean;
}

/** Compressed in the turn that it comes in: about a millisecond. What is larger goes to zlib's threads. */
const maxOctetsAtOnce = 65_536;

/** Octets put into zlib at a time, so that a chunk of any size takes bounded memory more. */
const sliceOctets = 65_536;

/** A head that has not been handed on. */
interface HeldHead {
  readonly status: string;
  readonly headers: HeaderList;
  readonly coding: ContentCoding;
  /** What Content-Length says, or undefined. */
  readonly length: number | undefined;
}

const resolved = Promise.resolve();
const ignore = (): void => {};

/** Takes the application's head, write() and body, and hands them on, compressed where that is due. */
export class CompressedAnswer implements ChunkEncoder {
  /** What the application is given. */
  // An initialiser, for the reason that is said in bridge/answer.ts.
  readonly startResponse: StartResponse = (status, headers, excInfo) => this.#start(status, headers, excInfo);
  readonly #environ: Environ;
  readonly #startResponse: StartResponse;
  readonly #settings: CompressSettings;
  #held: HeldHead | undefined = undefined;
  #coder: ContentCoder | undefined = undefined;
  #write: Write | undefined = undefined;
  /** write() has taken octets: the head cannot be replaced any more. */
  #begun = false;
  /** The end of what write() was given: calls of it that nobody awaits keep their order. */
  #writes: Promise<void> = resolved;
  /** Octets that Content-Length promises and that have not come. */
  #left = Infinity;
  /** Takes what write() was given before the application returned. */
  #late: LateWrites | undefined = undefined;
  /** Each chunk leaves whole before the next is asked for. */
  #flushes = true;

  constructor(environ: Environ, startResponse: StartResponse, settings: CompressSettings) {
    this.#environ = environ;
    this.#startResponse = startResponse;
    this.#settings = settings;
  }

  get #isHead(): boolean {
    return this.#environ.REQUEST_METHOD === "HEAD";
  }

  /** The body to return for what the application returned. */
  wrap(body: ResponseBody): ResponseBody {
    const held = this.#held;
    if (held === undefined && this.#coder === undefined) {
      // A generator that has not begun may yet call start_response.
      if (this.#write !== undefined || Array.isArray(body) || bodyKind(body) === "none") return body;
    } else if (bodyKind(body) === "none") {
      this.#passHead();
      return body;
    }
    const isLeftOut = this.#isHead && isEmptyArray(body);
    if (held !== undefined && Array.isArray(body) && !isLeftOut) {
      const whole = this.#wrapArray(body as Uint8Array[], held);
      if (whole !== undefined) return whole;
    }
    if (held !== undefined && this.#isHead) {
      // RFC 9110 sections 8.6 and 9.3.2: the head that a GET would have. Where nobody says how long the body would be,
      // it may be too short to be compressed.
      if (isLeftOut && held.length === undefined) this.#passHead();
      else this.#passEncodedHead(held);
      return Array.isArray(body) ? withCloseOf([], body) : body;
    }
    // All of an array is here: there is nothing that a flush could make come earlier.
    this.#flushes = !Array.isArray(body);
    this.#late = new LateWrites();
    return new CompressedBody(this, new BodyIterator(body));
  }

  /** What to send for a chunk of the body: itself where nothing is compressed. */
  encode(chunk: Uint8Array): AsyncIterable<Uint8Array> | undefined {
    // With an empty chunk as well: one that asks the gateway to send the head (flushHead) has to find one there.
    if (types.isUint8Array(chunk)) this.#beginCoding();
    if (this.#coder === undefined || !types.isUint8Array(chunk) || chunk.length === 0) return undefined;
    return this.#encodeSlices(this.#coder, this.#count(chunk));
  }

  /** All that Content-Length promises has come. */
  get satisfied(): boolean {
    return this.#coder !== undefined && this.#left === 0;
  }

  /** What write() was given before the application returned, as far as it has not left. */
  lateWrites(): AsyncIterable<Uint8Array> {
    return this.#late?.take(this.#writes) ?? none();
  }

  /** Resolves when what write() was given has been handed on. */
  get writesDone(): Promise<void> {
    return this.#writes;
  }

  /**
   * The octets that end the body.
   * @throws ResponseError ERR_RESPONSE_LENGTH when fewer came than Content-Length says, which nobody else can see
   */
  async finish(): Promise<Uint8Array | undefined> {
    this.#passHead();
    if (this.#left !== Infinity && this.#left > 0) {
      throw lengthError(`${this.#left} octets shorter than its Content-Length: the answer was cut short`);
    }
    const last = await this.#coder?.finish();
    this.#coder?.close();
    return last;
  }

  /** Lets go of zlib's memory. */
  close(): void {
    this.#coder?.close();
    this.#late?.close();
  }

  #start(status: string, headers: HeaderList, excInfo: unknown): Write {
    if (excInfo !== undefined && excInfo !== null) {
      // S65: octets have been taken under the head that this is to replace.
      if (this.#begun) throw excInfo;
      const write = this.#startResponse(status, headers, excInfo);
      this.#held = undefined;
      this.#coder?.close();
      this.#coder = undefined;
      this.#write = write;
    } else if (this.#held !== undefined || this.#write !== undefined) {
      // S67: a second head is for the gateway to refuse, which it does once it has the first.
      this.#passHead();
      this.#write = this.#startResponse(status, headers);
    } else {
      this.#startFirst(status, headers);
    }
    return (chunk) => this.#writeChunk(chunk);
  }

  #startFirst(status: string, headers: HeaderList): void {
    const eligible = Array.isArray(headers) && this.#isEligible(status, headers);
    const codings = eligible
      ? negotiateCodings(this.#environ.HTTP_ACCEPT_ENCODING, this.#settings.codings)
      : [];
    const [coding] = codings;
    const varied = eligible ? withVary(headers, "Accept-Encoding") : headers;
    if (coding === undefined) {
      this.#write = this.#startResponse(status, varied);
    } else if (status.startsWith("304")) {
      // RFC 9110 section 15.4.5: as a 200 would have it.
      this.#write = this.#startResponse(status, weakenEtag(varied));
    } else {
      const text = headerValue(headers, "content-length");
      const length = text === undefined ? undefined : Number(text);
      if (length !== undefined && !(length >= this.#settings.threshold)) {
        this.#write = this.#startResponse(status, varied);
      } else {
        // A copy: the application may go on using its list.
        this.#held = { status, headers: varied.slice(), coding, length };
      }
    }
  }

  #isEligible(status: string, headers: HeaderList): boolean {
    if (typeof status !== "string" || !headers.every(isPair)) return false;
    const code = status.slice(0, 3);
    if (code === "204" || code === "205" || code === "206") return false;
    if (/(?:^|,)\s*no-transform\s*(?:,|$)/i.test(joinedValues(headers, "cache-control"))) return false;
    for (const [name] of headers) {
      // Encoded already, a part, or with a digest of the very octets.
      if (boundNames.has(name.toLowerCase())) return false;
    }
    const type = headerValue(headers, "content-type");
    if (type === undefined) return code === "304";
    return this.#settings.filter(type, this.#environ);
  }

  #wrapArray(chunks: readonly Uint8Array[], held: HeldHead): ResponseBody | undefined {
    const total = chunks.reduce((sum, chunk) => sum + (types.isUint8Array(chunk) ? chunk.length : NaN), 0);
    const isSmall = total < this.#settings.threshold;
    // NaN: a string among them. That, and a length that is not the body's, the gateway tells the application.
    const isWrong = Number.isNaN(total) || (held.length !== undefined && held.length !== total);
    if (!isSmall && !isWrong && total > maxOctetsAtOnce) return undefined;
    const body = chunks as ResponseBody;
    if (isSmall || isWrong) {
      this.#passHead();
      return body;
    }
    const level = this.#settings.levels[held.coding] ?? 0;
    const encoded = encodeWhole(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), held.coding, level);
    if (encoded.length >= total) {
      this.#passHead();
      return body;
    }
    this.#held = undefined;
    this.#write = this.#startResponse(held.status, [
      ...encodedHeaders(held),
      ["Content-Length", String(encoded.length)],
    ]);
    return withCloseOf([encoded], body);
  }

  #passHead(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#write = this.#startResponse(held.status, held.headers);
  }

  #passEncodedHead(held: HeldHead): void {
    this.#held = undefined;
    this.#write = this.#startResponse(held.status, encodedHeaders(held));
  }

  #beginCoding(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#passEncodedHead(held);
    this.#left = this.#isHead ? Infinity : (held.length ?? Infinity);
    this.#coder = new ContentCoder(held.coding, this.#settings.levels[held.coding] ?? 0);
  }

  #writeChunk(chunk: Uint8Array): Promise<void> {
    const allowed = this.#held?.length ?? this.#left;
    const encoded = this.encode(chunk);
    if (encoded === undefined) {
      this.#passHead();
      return this.#write?.(chunk) ?? resolved;
    }
    this.#begun = true;
    const before = this.#writes;
    const isLate = this.#late !== undefined;
    const done = (async () => {
      await before;
      for await (const part of encoded) {
        if (this.#late === undefined || isLate) await this.#write?.(part);
        else await this.#late.push(part);
      }
      if (chunk.length > allowed) throw lengthError("longer than its Content-Length: the rest was not sent");
    })();
    // As the gateway's own write(): one that nobody awaits must not end the process when the client goes away.
    this.#writes = done.catch(ignore);
    return done;
  }

  /** Cuts what is longer than Content-Length, as the gateway would (S69). */
  #count(chunk: Uint8Array): Uint8Array {
    const taken = chunk.length > this.#left ? chunk.subarray(0, this.#left) : chunk;
    this.#left -= taken.length;
    return taken;
  }

  async *#encodeSlices(coder: ContentCoder, chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < chunk.length; at += sliceOctets) {
      const end = at + sliceOctets;
      const part = await coder.encode(chunk.subarray(at, end), this.#flushes && end >= chunk.length);
      if (part.length > 0) yield part;
    }
  }
}

/** Headers that speak of the octets as they are. */
const boundNames: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-range",
  "content-digest",
  "repr-digest",
  "digest",
  "content-md5",
]);

/** What is not true any more once the body is compressed: its length, and that parts of it can be had. */
const changedNames: ReadonlySet<string> = new Set(["content-length", "accept-ranges"]);

function encodedHeaders({ headers, coding }: HeldHead): HeaderList {
  return [...weakenEtag(withoutHeaders(headers, changedNames)), ["Content-Encoding", coding]];
}

/** RFC 9110 section 8.8.1: the octets are not the same any more, the content is. */
function weakenEtag(headers: HeaderList): HeaderList {
  return headers.map(([name, value]) =>
    name.toLowerCase() === "etag" && value.startsWith('"') ? [name, `W/${value}`] : [name, value],
  );
}

/** What an application returns that leaves the body out by itself when it is asked for the head alone. */
function isEmptyArray(body: ResponseBody): boolean {
  return Array.isArray(body) && body.every((chunk) => types.isUint8Array(chunk) && chunk.length === 0);
}

async function* none(): AsyncGenerator<Uint8Array> {}

function lengthError(problem: string): ResponseError {
  return new ResponseError("ERR_RESPONSE_LENGTH", `the body is ${problem}`);
}
