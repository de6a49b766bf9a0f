/**
 * The object an environ begins as: what every request has, with room for the rest.
 *
 * V8 turns an object into a hash table once about a dozen keys more than it has room for are added by computed name,
 * and a request through nginx has more than that. Room is given by construction: V8 sizes a constructor's objects by the
 * most that its first ones were given, so the first ones are given as many keys as a large request has. Measured: 4
 * microseconds of CPU a request less, of 16 for a whole request straight to the socket.
 * @module
 */
import type { GatewayRole } from "../protocols/gateway-core.ts";
import { defineLazySignal } from "./lazy-signal.ts";
import type { ErrorStream, FileWrapper, InputStream, ProtocolName } from "./types.ts";

/** What the keys that are no CGI variables are made of. */
export interface EnvironShapeOptions {
  readonly protocol: ProtocolName;
  readonly role: GatewayRole;
  readonly multithread: boolean;
  readonly multiprocess: boolean;
  readonly runOnce: boolean;
  readonly input: InputStream;
  readonly errors: ErrorStream;
  readonly fileWrapper: FileWrapper;
  /** Called at most once, when `tsgi.signal` is first looked at. */
  readonly signal: () => AbortSignal;
}

type Fields = Record<string, unknown>;

const wsgiVersion: readonly [1, 0] = Object.freeze([1, 0] as const);

function Shape(this: Fields, options: EnvironShapeOptions, fill: boolean): void {
  this.REQUEST_METHOD = undefined;
  this.SCRIPT_NAME = undefined;
  this.PATH_INFO = undefined;
  this.QUERY_STRING = undefined;
  this.SERVER_NAME = undefined;
  this.SERVER_PORT = undefined;
  this.SERVER_PROTOCOL = undefined;
  this["wsgi.version"] = wsgiVersion;
  this["wsgi.url_scheme"] = "http";
  this["wsgi.input"] = options.input;
  this["wsgi.errors"] = options.errors;
  this["wsgi.multithread"] = options.multithread;
  this["wsgi.multiprocess"] = options.multiprocess;
  this["wsgi.run_once"] = options.runOnce;
  this["wsgi.file_wrapper"] = options.fileWrapper;
  this["tsgi.protocol"] = options.protocol;
  this["tsgi.role"] = options.role;
  defineLazySignal(this, options.signal);
  if (!fill) return;
  // Room for 48 keys more. Written out, since V8 counts the assignments it can see.
  this.a0 = this.a1 = this.a2 = this.a3 = this.a4 = this.a5 = this.a6 = this.a7 = 0;
  this.b0 = this.b1 = this.b2 = this.b3 = this.b4 = this.b5 = this.b6 = this.b7 = 0;
  this.c0 = this.c1 = this.c2 = this.c3 = this.c4 = this.c5 = this.c6 = this.c7 = 0;
  this.d0 = this.d1 = this.d2 = this.d3 = this.d4 = this.d5 = this.d6 = this.d7 = 0;
  this.e0 = this.e1 = this.e2 = this.e3 = this.e4 = this.e5 = this.e6 = this.e7 = 0;
  this.f0 = this.f1 = this.f2 = this.f3 = this.f4 = this.f5 = this.f6 = this.f7 = 0;
}
// An environ is a plain object (PEP 3333 S4): the constructor leaves no trace.
Shape.prototype = Object.prototype;

const construct = Shape as unknown as new (options: EnvironShapeOptions, fill: boolean) => Fields;

// The first objects that V8 sizes all others by: it looks at eight, and at those that are still alive.
const first: Fields[] = [];

/** A new environ without the request's own variables. */
export function newEnviron(options: EnvironShapeOptions): Fields {
  // A script has one, and its visitor waits.
  if (first.length === 0 && !options.runOnce) {
    for (let i = 0; i < 8; i++) first.push(new construct({} as EnvironShapeOptions, true));
  }
  return new construct(options, false);
}
