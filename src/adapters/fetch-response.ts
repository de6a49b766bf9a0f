/**
 * Response without undici, as long as nobody needs more of it than what it was made of.
 *
 * undici's constructor makes a ReadableStream for each body: 20 us of CPU, twice what all else of a request costs
 * (docs/decisions/0004-lazy-fetch.md). Here a text or octets stay what they are; whoever asks for `body` or reads it
 * as a Blob or FormData gets undici's, made of the same. Fetch standard section 6.4.
 * @module
 */
import { LazyHeaders } from "./fetch-headers.ts";
import { nativeClass, whenNativeLoads } from "./fetch-natives.ts";
import { inspectAs } from "./inspected-as.ts";
import { isDisturbed, isReadableStream } from "./web-streams.ts";

type BodySource = ConstructorParameters<typeof Response>[0];
type ResponseOptions = ConstructorParameters<typeof Response>[1];

/** What is cheap to keep; anything else is undici's from the start. */
type Kept = string | Uint8Array | ReadableStream<Uint8Array> | null;

/** What a lazy Response is sent as. */
export interface ResponseParts {
  readonly status: number;
  readonly statusText: string;
  /** Lower-case names and values in turn. */
  readonly headers: readonly string[];
  /** Undefined: the body is in use already. */
  readonly body: Kept | undefined;
}

const textType = "text/plain;charset=UTF-8";
const formType = "application/x-www-form-urlencoded;charset=UTF-8";

/** Stands for the global Response, is an instance of it, and has its instances for its own. */
export class LazyResponse {
  readonly #status: number;
  readonly #statusText: string;
  /** A copy of what was given; whoever changes it changes what is sent. */
  readonly #headers: LazyHeaders;
  #kept: Kept;
  #used = false;
  #native: Response | undefined = undefined;

  /**
   * @throws RangeError for a status that is not 200 to 599
   * @throws TypeError for a body with a status that has none, a stream in use, an invalid header or reason
   */
  constructor(body?: BodySource, init?: ResponseOptions) {
    let status = 200;
    let statusText = "";
    let headers: LazyHeaders;
    if (init === undefined || init === null) headers = new LazyHeaders();
    else {
      if (typeof init !== "object" && typeof init !== "function") {
        throw new TypeError("Response: the second argument is no object.");
      }
      if (init.status !== undefined) status = toStatus(init.status);
      if (init.statusText !== undefined) statusText = toStatusText(init.statusText);
      headers = new LazyHeaders(init.headers);
    }
    this.#status = status;
    this.#statusText = statusText;
    this.#headers = headers;
    if (body === undefined || body === null) {
      this.#kept = null;
      return;
    }
    if (status === 204 || status === 205 || status === 304) {
      throw new TypeError(`Response: a status of ${status} has no body, and a body was given.`);
    }
    let type = "";
    if (typeof body === "string") {
      this.#kept = body;
      type = textType;
    } else if (body instanceof Uint8Array) {
      this.#kept = new Uint8Array(body);
    } else if (body instanceof URLSearchParams) {
      this.#kept = body.toString();
      type = formType;
    } else if (body instanceof ReadableStream) {
      if (body.locked || isDisturbed(body)) {
        throw new TypeError("Response: the body's stream is locked, or has been read from.");
      }
      this.#kept = body as ReadableStream<Uint8Array>;
    } else if (ArrayBuffer.isView(body)) {
      this.#kept = new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
    } else if (body instanceof ArrayBuffer) {
      this.#kept = new Uint8Array(body.slice(0));
    } else if (typeof body === "object") {
      this.#kept = null;
      this.#native = new (nativeClass("Response"))(body);
      type = this.#native.headers.get("content-type") ?? "";
    } else {
      this.#kept = String(body);
      type = textType;
    }
    if (type !== "") LazyHeaders.addDefault(headers, "content-type", type);
  }

  /** What is to be sent; undefined for what is no LazyResponse. */
  static partsOf(response: object): ResponseParts | undefined {
    if (!(#kept in response)) return undefined;
    const native = response.#native;
    let body: Kept | undefined = native === undefined ? response.#kept : native.body;
    if (response.bodyUsed || (isReadableStream(body) && body.locked)) body = undefined;
    return {
      status: response.#status,
      statusText: response.#statusText,
      headers: LazyHeaders.listOf(response.#headers) ?? [],
      body,
    };
  }

  static error(): Response {
    return nativeClass("Response").error();
  }

  static json(data: unknown, init?: ResponseOptions): Response {
    const text: unknown = JSON.stringify(data);
    if (typeof text !== "string") throw new TypeError("Response.json: the value cannot be written as JSON.");
    const response = new LazyResponse(new TextEncoder().encode(text), init);
    LazyHeaders.addDefault(response.#headers, "content-type", "application/json");
    return response as unknown as Response;
  }

  static redirect(url: string | URL, status = 302): Response {
    const location = toLocation(String(url));
    if (![301, 302, 303, 307, 308].includes(status)) {
      throw new RangeError(`Response.redirect: ${status} is no status of a redirect.`);
    }
    return new LazyResponse(null, { status, headers: { location } }) as unknown as Response;
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    // A class that extends this one asks for its own instances.
    if (this !== LazyResponse) return Function.prototype[Symbol.hasInstance].call(this, value);
    return #kept in value || value instanceof nativeClass("Response");
  }

  get type(): Response["type"] {
    return "default";
  }

  get url(): string {
    return "";
  }

  get redirected(): boolean {
    return false;
  }

  get status(): number {
    return this.#status;
  }

  get ok(): boolean {
    return this.#status < 300;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get headers(): Headers {
    return this.#headers as unknown as Headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#kept === null && this.#native === undefined) return null;
    return this.#toNative().body as ReadableStream<Uint8Array> | null;
  }

  get bodyUsed(): boolean {
    return this.#native === undefined
      ? this.#used || (isReadableStream(this.#kept) && isDisturbed(this.#kept))
      : this.#native.bodyUsed;
  }

  async text(): Promise<string> {
    const kept = this.#take();
    if (kept === undefined) return this.#toNative().text();
    // Of a text too: decoding takes a byte order mark away, and puts U+FFFD for half a surrogate pair.
    return new TextDecoder().decode(typeof kept === "string" ? Buffer.from(kept) : kept);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer as ArrayBuffer;
  }

  async bytes(): Promise<Uint8Array> {
    const kept = this.#take();
    if (kept === undefined) return new Uint8Array(await this.#toNative().arrayBuffer());
    return typeof kept === "string" ? new TextEncoder().encode(kept) : kept;
  }

  async blob(): Promise<Blob> {
    return this.#toNative().blob();
  }

  async formData(): Promise<FormData> {
    return this.#toNative().formData();
  }

  clone(): Response {
    if (this.bodyUsed || (isReadableStream(this.#kept) && this.#kept.locked)) {
      throw new TypeError("Response.clone: the body is in use already.");
    }
    const init = { status: this.#status, statusText: this.#statusText, headers: this.headers };
    let body: BodySource;
    if (this.#native === undefined && !isReadableStream(this.#kept)) body = this.#kept;
    else body = this.#toNative().clone().body;
    const copy = new LazyResponse(body, init);
    // A text brings its type along, unless it was taken away.
    if (!this.#headers.has("content-type")) copy.#headers.delete("content-type");
    return copy as unknown as Response;
  }

  get [Symbol.toStringTag](): string {
    return "Response";
  }

  /** Text or octets, once; undefined where undici is to read, or to say that they have been read. */
  #take(): string | Uint8Array | undefined {
    const kept = this.#kept;
    if (this.#native !== undefined || isReadableStream(kept)) return undefined;
    if (kept === null) return "";
    if (this.#used) throw new TypeError("Body is unusable: Body has already been read");
    this.#used = true;
    return kept;
  }

  #toNative(): Response {
    if (this.#native === undefined) {
      if (this.#used) throw new TypeError("Body is unusable: Body has already been read");
      const type = this.#headers.get("content-type");
      this.#native = new (nativeClass("Response"))(this.#kept as BodySource, {
        headers: type === null ? {} : { "content-type": type },
      });
    }
    return this.#native;
  }
}

Object.defineProperty(LazyResponse, "name", { value: "Response" });
inspectAs(LazyResponse.prototype, "Response", ({ status, statusText, headers, bodyUsed, ok }) => ({
  status,
  statusText,
  headers,
  bodyUsed,
  ok,
}));
whenNativeLoads("Response", (native) => Object.setPrototypeOf(LazyResponse.prototype, native.prototype));

function toStatus(value: unknown): number {
  const status = Number(value);
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new RangeError(`Response: the status is ${String(value)}; expected 200 to 599.`);
}

function toLocation(url: string): string {
  try {
    return new URL(url).href;
  } catch (cause) {
    // undici's message: frameworks answer with it.
    throw new TypeError(`Failed to parse URL from ${url}`, { cause });
  }
}

function toStatusText(value: unknown): string {
  const text = String(value);
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return text;
  throw new TypeError(`Response: the statusText ${JSON.stringify(text)} is no reason phrase.`);
}
