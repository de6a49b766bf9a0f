/**
 * Puts the lazy classes where handlers look for them: into the globals Response, Request and Headers.
 *
 * Response is replaced. Request and Headers stay Node's own; looking at them for the first time also makes the lazy
 * ones their instances. From Node.js 24 on Request and fetch are wrapped, because undici's then take no lazy Request.
 * docs/decisions/0004-lazy-fetch.md says why this is the default.
 * @module
 */
import { joinLoadedClasses, nativeClass } from "./fetch-natives.ts";
import { LazyRequest } from "./fetch-request.ts";
import { LazyResponse } from "./fetch-response.ts";

let installed = false;

/** Replaces the globals, once. */
export function installFetchGlobals(): void {
  if (installed) return;
  installed = true;
  joinLoadedClasses();
  defineGlobal("Response", LazyResponse);
  defineOnLook("Headers", () => nativeClass("Headers"));
  defineOnLook("Request", unwrappingRequest);
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) {
    const native = globalThis.fetch;
    defineGlobal(
      "fetch",
      new Proxy(native, { apply: (_, self, words) => Reflect.apply(native, self, unwrapped(words)) }),
    );
  }
}

/** Makes lazy Requests and their headers instances of the globals, which are left as they are. */
export function joinFetchGlobals(): void {
  nativeClass("Headers");
  nativeClass("Request");
}

/**
 * Whether undici takes a lazy Request for one of its own: up to Node.js 22 it keeps what a Request is under symbols,
 * which the lazy one has too; later in private fields.
 */
export function takesLazyRequests(): boolean {
  return Object.getOwnPropertySymbols(new (nativeClass("Request"))("http://localhost/")).length > 0;
}

function unwrappingRequest(): typeof Request {
  const native = nativeClass("Request");
  if (takesLazyRequests()) return native;
  // A proxy, not a class: its prototype is undici's, and so are its instances.
  return new Proxy(native, {
    construct: (target, words, newTarget: NewableFunction) =>
      Reflect.construct(target, unwrapped(words), newTarget) as Request,
  });
}

function unwrapped(words: readonly unknown[]): unknown[] {
  return words.map((word, index) => (index === 0 ? LazyRequest.unwrap(word) : word));
}

function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

/** As Node's own accessors: the value takes their place when somebody looks. */
function defineOnLook(name: string, make: () => unknown): void {
  Object.defineProperty(globalThis, name, {
    get: () => {
      const value = make();
      defineGlobal(name, value);
      return value;
    },
    set: (value: unknown) => {
      defineGlobal(name, value);
    },
    enumerable: false,
    configurable: true,
  });
}
