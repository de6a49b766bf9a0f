/**
 * Request without undici, as long as nobody needs more of it than the environ has.
 *
 * Method, URL, headers, the signal and the body as text or octets come from the environ. Streams are made when `body`
 * is looked at; clone(), blob() and formData() are those of a Request of undici's, made of the same. Fetch standard
 * section 6.3.
 * @module
 */
import type { Environ } from "../bridge/index.ts";
import { urlAtOrigin } from "./environ-url.ts";
import type { FetchContext } from "./fetch-context.ts";
import { LazyHeaders } from "./fetch-headers.ts";
import { nativeClass, whenNativeLoads } from "./fetch-natives.ts";
import { inspectAs } from "./inspected-as.ts";
import { requestBodyStream } from "./request-body-stream.ts";
import { isDisturbed } from "./web-streams.ts";

/** The methods that the Fetch standard writes in upper case, whatever came. */
const normalised: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);

/** The methods that undici makes no Request of. */
const forbidden: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** A Request for one environ; an instance of the global Request. */
export class LazyRequest {
  readonly #environ: Environ;
  readonly #origin: string;
  readonly #context: FetchContext;
  #url: string | undefined = undefined;
  readonly #method: string;
  #headers: LazyHeaders | undefined = undefined;
  #stream: ReadableStream<Uint8Array> | undefined = undefined;
  #used = false;
  #native: Request | undefined = undefined;
  /** The stream was in use already when undici's Request was made. */
  #takenAway = false;

  /**
   * @param origin - what `originOfEnviron` says
   * @param context - what `waitUntil` tells
   */
  constructor(environ: Environ, origin: string, context: FetchContext) {
    this.#environ = environ;
    this.#context = context;
    this.#origin = origin;
    this.#method = normaliseMethod(environ.REQUEST_METHOD);
  }

  /** undici's Request for a lazy one; anything else as it is. */
  static unwrap(value: unknown): unknown {
    return typeof value === "object" && value !== null && #native in value ? value.#toNative() : value;
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    return (this.#url ??= urlAtOrigin(this.#environ, this.#origin));
  }

  get headers(): Headers {
    return (this.#headers ??= LazyHeaders.ofEnviron(this.#environ)) as unknown as Headers;
  }

  get signal(): AbortSignal {
    return this.#environ["tsgi.signal"];
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#native !== undefined && !this.#takenAway) return this.#native.body;
    // A body that was read as a whole leaves a stream behind that has been read.
    if (this.#used) return this.#toNative().body;
    return this.#hasBody ? this.#openStream() : null;
  }

  get bodyUsed(): boolean {
    if (this.#native !== undefined && !this.#takenAway) return this.#native.bodyUsed;
    return this.#used || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  /** The client's address. Not the Fetch standard's: where h3, Nitro and all else that is built on srvx look. */
  get ip(): string | undefined {
    return this.#environ.REMOTE_ADDR;
  }

  /** Middleware has addresses of its own to say. */
  set ip(value: unknown) {
    define(this, "ip", value);
  }

  /** The context's, where those look for it; h3 moves it to other Requests. */
  get waitUntil(): FetchContext["waitUntil"] {
    return (promise) => this.#context.waitUntil(promise);
  }

  set waitUntil(value: unknown) {
    define(this, "waitUntil", value);
  }

  get cache(): RequestCache {
    return "default";
  }

  get credentials(): RequestCredentials {
    return "same-origin";
  }

  get destination(): RequestDestination {
    return "";
  }

  get duplex(): RequestDuplex {
    return "half";
  }

  get integrity(): string {
    return "";
  }

  get isHistoryNavigation(): boolean {
    return false;
  }

  get isReloadNavigation(): boolean {
    return false;
  }

  get keepalive(): boolean {
    return false;
  }

  get mode(): RequestMode {
    return "cors";
  }

  get redirect(): RequestRedirect {
    return "follow";
  }

  get referrer(): string {
    return "about:client";
  }

  get referrerPolicy(): string {
    return "";
  }

  async text(): Promise<string> {
    const octets = this.#takeAll();
    return octets === undefined ? this.#toNative().text() : new TextDecoder().decode(await octets);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer as ArrayBuffer;
  }

  async bytes(): Promise<Uint8Array> {
    const octets = this.#takeAll();
    if (octets === undefined) return new Uint8Array(await this.#toNative().arrayBuffer());
    // Of its own: what came may be a view of a block that others' octets are in.
    return new Uint8Array(await octets);
  }

  async blob(): Promise<Blob> {
    return this.#toNative().blob();
  }

  async formData(): Promise<FormData> {
    return this.#toNative().formData();
  }

  clone(): Request {
    return this.#toNative().clone();
  }

  get [Symbol.toStringTag](): string {
    return "Request";
  }

  /** As RFC 9110 and undici have it: a GET or HEAD has none, and neither has what says that its length is 0. */
  get #hasBody(): boolean {
    const { CONTENT_LENGTH: length } = this.#environ;
    return this.#method !== "GET" && this.#method !== "HEAD" && length !== "0";
  }

  #openStream(): ReadableStream<Uint8Array> {
    return (this.#stream ??= requestBodyStream(this.#environ["wsgi.input"]));
  }

  /** All of the body, without a stream; undefined where a stream is there already, and undici is to read it. */
  #takeAll(): Promise<Uint8Array> | undefined {
    if (this.#native !== undefined || this.#stream !== undefined) return undefined;
    if (!this.#hasBody) return Promise.resolve(new Uint8Array(0));
    if (this.#used) throw new TypeError("Body is unusable: Body has already been read");
    this.#used = true;
    return this.#environ["wsgi.input"].read();
  }

  #toNative(): Request {
    if (this.#native !== undefined) return this.#native;
    const stream = this.#hasBody ? this.#openStream() : null;
    // undici takes no stream that somebody reads. What is made of such a Request is either refused over its body, or
    // has another: new Request(request, { body }).
    this.#takenAway = stream !== null && (stream.locked || isDisturbed(stream));
    const native = new (nativeClass("Request"))(this.url, {
      method: forbidden.has(this.#method.toUpperCase()) ? "POST" : this.#method,
      headers: this.headers,
      signal: this.#environ["tsgi.signal"],
      duplex: "half",
      ...(stream === null ? {} : { body: this.#takenAway ? "" : stream }),
    });
    this.#native = native;
    // What was read without a stream has been read all the same.
    if (this.#used || this.#takenAway) native.body?.cancel().catch(ignore);
    return native;
  }
}

type RequestCache = Request["cache"];
type RequestCredentials = Request["credentials"];
type RequestDestination = Request["destination"];
type RequestDuplex = Request["duplex"];
type RequestMode = Request["mode"];
type RequestRedirect = Request["redirect"];

function normaliseMethod(method: string): string {
  if (method === "GET" || normalised.has(method)) return method;
  const upper = method.toUpperCase();
  return normalised.has(upper) ? upper : method;
}

function ignore(): void {}

/** As an assignment would, were there no accessor. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

inspectAs(LazyRequest.prototype, "Request", ({ method, url, headers, bodyUsed }) => ({
  method,
  url,
  headers,
  bodyUsed,
}));
whenNativeLoads("Request", (native) => {
  Object.setPrototypeOf(LazyRequest.prototype, native.prototype);
  // Node.js 20 and 22 keep what a Request is under symbols, and take anything that has them for one: so a lazy one can
  // be given to `new Request` and to `fetch`. Later ones have private fields: fetch-globals.ts.
  for (const key of Reflect.ownKeys(new native("http://localhost/"))) {
    if (typeof key !== "symbol") continue;
    Object.defineProperty(LazyRequest.prototype, key, {
      configurable: true,
      get(this: LazyRequest) {
        return (LazyRequest.unwrap(this) as Record<symbol, unknown>)[key];
      },
    });
  }
});
