/**
 * Answers 304 where the client's copy is as good as what the application has made.
 *
 * RFC 9110 sections 13.1.2, 13.1.3 and 15.4.5. The application does its work all the same; what is saved is the body's
 * way to the client. A streamed body is never read to make an ETag of it.
 * @module
 */
import { createHash } from "node:crypto";
import { types } from "node:util";
import {
  bodyKind,
  isThenable,
  type Environ,
  type HeaderList,
  type Middleware,
  type ResponseBody,
  type StartResponse,
  type Write,
} from "../bridge/index.ts";
import { BodyIterator, withCloseOf } from "./body-iterator.ts";
import { headerValue, isPair, withoutHeaders } from "./header-list.ts";
import { isFresh } from "./preconditions.ts";

/** What `conditionalGet` does besides. */
export interface ConditionalGetOptions {
  /** Makes an ETag of a body that is an array of at most 1 MiB, where the application gave none. Default false. */
  readonly etag?: boolean;
}

/** Makes the middleware. It looks at GET and HEAD alone, and at answers 200, 203 and 206. */
export function conditionalGet({ etag = false }: ConditionalGetOptions = {}): Middleware {
  return (application) => (environ, startResponse) => {
    const method = environ.REQUEST_METHOD;
    if (method !== "GET" && method !== "HEAD") return application(environ, startResponse);
    // The ETag of an answer to HEAD would have to be that of the body it leaves out.
    const answer = new ConditionalAnswer(environ, startResponse, etag && method === "GET");
    const body = application(environ, answer.startResponse);
    return isThenable(body) ? body.then((settled) => answer.wrap(settled)) : answer.wrap(body);
  };
}

/** Hashed in the turn it is answered in: about a millisecond. */
const maxHashedOctets = 1_048_576;

const resolved = Promise.resolve();

class ConditionalAnswer {
  // An initialiser, for the reason that is said in bridge/answer.ts.
  readonly startResponse: StartResponse = (status, headers, excInfo) => this.#start(status, headers, excInfo);
  readonly #environ: Environ;
  readonly #startResponse: StartResponse;
  /** Until the body is here: of one that comes before its head, no ETag is made. */
  #makesEtag: boolean;
  /** A head that waits for its ETag. */
  #held: { readonly status: string; readonly headers: HeaderList } | undefined = undefined;
  #write: Write | undefined = undefined;
  #isNotModified = false;
  /** A chunk has been dropped, as sent: the head cannot be replaced any more. */
  #dropped = false;

  constructor(environ: Environ, startResponse: StartResponse, makesEtag: boolean) {
    this.#environ = environ;
    this.#startResponse = startResponse;
    this.#makesEtag = makesEtag;
  }

  wrap(body: ResponseBody): ResponseBody {
    const held = this.#held;
    this.#held = undefined;
    this.#makesEtag = false;
    if (held !== undefined) this.#passHead(held.status, withEtag(held.headers, body));
    if (this.#isNotModified) return withCloseOf([], body);
    // A generator that has not begun may yet call start_response, with an answer that is fresh.
    if (this.#write === undefined && !Array.isArray(body) && bodyKind(body) !== "none")
      return new LateBody(body, () => this.#isNotModified);
    return body;
  }

  #start(status: string, headers: HeaderList, excInfo: unknown): Write {
    if (excInfo !== undefined && excInfo !== null) {
      // S65: the application has been told that a chunk was sent.
      if (this.#dropped) throw excInfo;
      this.#held = undefined;
      this.#isNotModified = false;
      this.#write = this.#startResponse(status, headers, excInfo);
    } else if (this.#held !== undefined || this.#write !== undefined) {
      // S67: a second head is for the gateway to refuse, which it does once it has the first.
      this.#releaseHead();
      this.#write = this.#startResponse(status, headers);
    } else if (!isConditional(status, headers)) {
      this.#write = this.#startResponse(status, headers);
    } else if (this.#makesEtag && headerValue(headers, "etag") === undefined) {
      this.#held = { status, headers: headers.slice() };
    } else {
      this.#passHead(status, headers);
    }
    return (chunk) => this.#writeChunk(chunk);
  }

  #releaseHead(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#passHead(held.status, held.headers);
  }

  #passHead(status: string, headers: HeaderList): void {
    const validators = {
      etag: headerValue(headers, "etag"),
      lastModified: headerValue(headers, "last-modified"),
    };
    this.#isNotModified = isFresh(this.#environ, validators);
    this.#write = this.#isNotModified
      ? this.#startResponse("304 Not Modified", withoutHeaders(headers, contentNames))
      : this.#startResponse(status, headers);
  }

  #writeChunk(chunk: Uint8Array): Promise<void> {
    if (types.isUint8Array(chunk) && chunk.length > 0) this.#releaseHead();
    if (this.#isNotModified && types.isUint8Array(chunk)) {
      this.#dropped ||= chunk.length > 0;
      return resolved;
    }
    this.#releaseHead();
    return this.#write?.(chunk) ?? resolved;
  }
}

/** A body that turns out to be empty when it has begun. */
class LateBody implements AsyncIterableIterator<Uint8Array> {
  readonly #source: BodyIterator;
  readonly #isEmpty: () => boolean;

  constructor(body: ResponseBody, isEmpty: () => boolean) {
    this.#source = new BodyIterator(body);
    this.#isEmpty = isEmpty;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = await this.#source.next();
    if (chunk === undefined) return ended;
    if (!this.#isEmpty()) return { done: false, value: chunk };
    await this.#source.return();
    return ended;
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#source.return();
    return ended;
  }

  close(): void | Promise<void> {
    return this.#source.close();
  }
}

const ended: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** What speaks of the content that a 304 does not have. */
const contentNames: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
]);

/** A head that may become a 304. One that is no head at all is left to the gateway, which says what is wrong with it. */
function isConditional(status: unknown, headers: unknown): boolean {
  if (typeof status !== "string" || !/^20[036] /.test(status)) return false;
  return Array.isArray(headers) && headers.every(isPair);
}

/** A strong one: of the very octets. */
function withEtag(headers: HeaderList, body: ResponseBody): HeaderList {
  if (!Array.isArray(body)) return headers;
  const chunks: readonly unknown[] = body;
  let octets = 0;
  for (const chunk of chunks) octets += types.isUint8Array(chunk) ? chunk.length : NaN;
  if (!(octets <= maxHashedOctets)) return headers;
  const hash = createHash("sha1");
  for (const chunk of body as readonly Uint8Array[]) hash.update(chunk);
  return [...headers, ["ETag", `"${octets.toString(16)}-${hash.digest("base64url")}"`]];
}
