/**
 * The request and the response that a listener is given: Node's own, over a GatewaySocket.
 *
 * They are made by Node's constructors and keep their prototypes, which frameworks replace (Express does, with ones that
 * inherit from Node's). What has to be done differently here is therefore in own properties: `_storeHeader`, `_send` and
 * `_finish` of the response. docs/decisions/0005-node-objects.md says what that relies on.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { targetBelowMount, type Environ } from "../../bridge/index.ts";
import type { WriteCallback } from "./answer-queue.ts";
import { tellClosed, type DrivenResponse, type GatewaySocket } from "./gateway-socket.ts";
import { httpModule } from "./http-module.ts";
import { rawHeaders } from "./request-headers.ts";
import type { ServerOptions } from "./server-options.ts";
import { captureHead, uniqueHeaders, type GivenHeaders, type HeadState } from "./response-head.ts";

/** A request as listeners get it: Node's, with the environ that it was made of. */
export interface NodeRequest extends IncomingMessage {
  /** The environ of the request: all variables that the web server sent. */
  readonly environ: Environ;
}

/** What is set of a readable stream's state when all of it has been read and it has closed. */
interface ReadableStateLike {
  resumeScheduled: boolean;
  flowing: boolean | null;
  ended: boolean;
  endEmitted: boolean;
  destroyed: boolean;
  closed: boolean;
  closeEmitted: boolean;
}

/** What of Node's request is not in its types. */
interface IncomingInternals extends IncomingMessage {
  environ: Environ;
  _eventsCount: number;
  _consuming: boolean;
  _dumped: boolean;
  _readableState: ReadableStateLike;
  _addHeaderLines(lines: string[], count: number): void;
  _dump(): void;
}

/** Where a response keeps its socket after Node.js has detached it. */
const gatewaySocket = Symbol("tsgi.socket");

/** What of Node's response is not in its types. */
interface OutgoingInternals extends HeadState {
  _header: string | null;
  _headerSent: boolean;
  _closed: boolean;
  destroyed: boolean;
  outputData: unknown[];
  _flush(): void;
  _finish(): void;
  _storeHeader(firstLine: string, headers: GivenHeaders): void;
  _send(
    data: string | Uint8Array,
    encoding?: BufferEncoding | WriteCallback | null,
    callback?: WriteCallback,
  ): boolean;
  _writeRaw(data: string, encoding?: BufferEncoding, callback?: WriteCallback): boolean;
  [gatewaySocket]: GatewaySocket;
}

/** Makes both, and joins them to their socket; the request is `response.req`. `options`: of the server whose they are. */
export function createMessages(
  environ: Environ,
  socket: GatewaySocket,
  hasBody: boolean,
  options?: ServerOptions,
): ServerResponse<NodeRequest> {
  const request = createRequest(environ, socket, hasBody, options);
  const response = createResponse(request, socket, options);
  socket.attach(request, response as DrivenResponse, hasBody);
  return response as ServerResponse<NodeRequest>;
}

function createRequest(
  environ: Environ,
  socket: GatewaySocket,
  hasBody: boolean,
  options: ServerOptions | undefined,
): NodeRequest {
  const Incoming = options?.Incoming ?? httpModule().IncomingMessage;
  const request = new Incoming(socket as never) as IncomingInternals;
  const isHttp10 = environ.SERVER_PROTOCOL === "HTTP/1.0";
  request.httpVersionMajor = 1;
  // What the client spoke with the web server may be HTTP/2; what a listener can do with these objects is HTTP/1.1.
  request.httpVersionMinor = isHttp10 ? 0 : 1;
  request.httpVersion = isHttp10 ? "1.0" : "1.1";
  request.method = environ.REQUEST_METHOD;
  request.url = targetBelowMount(environ);
  request.environ = environ;
  const lines = rawHeaders(environ, hasBody);
  request._addHeaderLines(lines, lines.length);
  return request;
}

function createResponse(
  request: NodeRequest,
  socket: GatewaySocket,
  options: ServerOptions | undefined,
): ServerResponse {
  const response = newResponse(request, socket, options) as unknown as OutgoingInternals;
  // The web server's clock is the one that counts.
  response.sendDate = false;
  response._storeHeader = storeHeader;
  response._send = send;
  response._finish = finish;
  response._writeRaw = writeRaw;
  response[gatewaySocket] = socket;
  // What assignSocket does, but for a listener of 'close': the socket itself tells its response.
  socket._httpMessage = response;
  (response as { socket: unknown }).socket = socket;
  response.on("finish", detach);
  return response;
}

function newResponse(
  request: NodeRequest,
  { writableHighWaterMark: highWaterMark }: GatewaySocket,
  options: ServerOptions | undefined,
): ServerResponse {
  const { ServerResponse: Plain } = httpModule();
  if (options === undefined) return new Plain(request);
  const { Outgoing = Plain, rejectNonStandardBodyWrites = false, uniqueHeaders: unique } = options;
  const response = new Outgoing(request, { highWaterMark, rejectNonStandardBodyWrites });
  if (unique !== undefined) (response as unknown as HeadState)[uniqueHeaders] = unique;
  return response;
}

/** In place of octets for a connection: the head for start_response. */
function storeHeader(this: OutgoingInternals, firstLine: string, given: GivenHeaders): void {
  const { status, headers, lengthAllowed, text } = captureHead(this, firstLine, given);
  this[gatewaySocket].answer.setHead(status, headers, lengthAllowed);
  // The body goes as it is: its framing is the web server's affair.
  this.chunkedEncoding = false;
  this._header = text;
  this._headerSent = false;
}

/** All of the body, and the flush of a head. */
function send(
  this: OutgoingInternals,
  data: string | Uint8Array,
  encoding?: BufferEncoding | WriteCallback | null,
  callback?: WriteCallback,
): boolean {
  this._headerSent = true;
  const socket = this[gatewaySocket];
  // As Node.js: 'close' is all that is heard of it.
  return !socket.destroyed && socket.write(data, encoding, callback);
}

/** An interim answer (1xx): it would become a part of the final one. */
function writeRaw(
  this: OutgoingInternals,
  _data: string,
  _encoding?: BufferEncoding,
  callback?: WriteCallback,
): boolean {
  if (typeof callback === "function") process.nextTick(callback);
  return true;
}

/** Node.js calls it when all of the answer has been written. */
function finish(this: OutgoingInternals): void {
  Object.getPrototypeOf(this)._finish.call(this);
  this[gatewaySocket].answer.end();
}

/** The first listener of 'finish', as Node's server has one. */
function detach(this: OutgoingInternals): void {
  const socket = this[gatewaySocket];
  const request = this.req as IncomingInternals;
  if (isUntouched(request) && !isQuiet(request)) dump(request, socket);
  if (this.socket !== null) this.detachSocket(socket as never);
  process.nextTick(closeResponse, this);
}

/** What a request emits when what nobody has read of it is dropped. */
const endEvents = ["end", "close", "resume", "readable", "data"] as const;

/** Nobody has begun to read it. */
function isUntouched(request: IncomingInternals): boolean {
  return !request._consuming && !request._readableState.resumeScheduled;
}

/** Nobody hears how it ends. */
function isQuiet(request: IncomingInternals): boolean {
  // Of nobody else's events either: one look instead of five.
  if (request._eventsCount === 0) return true;
  for (const event of endEvents) if (request.listenerCount(event) > 0) return false;
  return true;
}

/** Reads it to its end, which is here: what is left of the body is dropped. */
function dump(request: IncomingInternals, socket: GatewaySocket): void {
  socket.endBody();
  request._dump();
}

function closeResponse(response: OutgoingInternals): void {
  tellClosed(response);
  const socket = response[gatewaySocket];
  const request = response.req as IncomingInternals;
  if (isUntouched(request)) {
    if (isQuiet(request)) settle(request);
    else dump(request, socket);
  }
  socket.finished();
}

/**
 * Leaves a request that nobody hears as `_dump` would have left it, five ticks of Node's streams later: 1.0 of 10
 * microseconds.
 */
function settle(request: IncomingInternals): void {
  const state = request._readableState;
  request.complete = true;
  request._dumped = true;
  request._consuming = true;
  state.flowing = true;
  state.ended = true;
  state.endEmitted = true;
  state.destroyed = true;
  state.closed = true;
  state.closeEmitted = true;
}
