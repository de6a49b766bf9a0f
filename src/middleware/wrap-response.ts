/**
 * How middleware stands between an application and its gateway: what all answers have in common, done once.
 *
 * It keeps the rules that PEP 3333 has for middleware, whatever its hooks do: chunks go through one for one and at once
 * (M2, M4, M7), the body is returned as soon as the application's is (M5), `write()` goes to the gateway's `write()`
 * (M6), `close()` is handed on once (M12), no `excInfo` is kept (M10). An array stays an array, an iterable keeps its
 * kind, and what an application returns at once is returned at once: an array costs no promise.
 * @module
 */
import {
  bodyKind,
  closeBody,
  isOctets,
  isThenable,
  iterate,
  type Application,
  type Environ,
  type HeaderList,
  type ResponseBody,
  type StartResponse,
} from "../bridge/index.ts";

/** What one middleware does to one answer. A hook that is left out costs nothing. */
export interface ResponseHooks {
  /**
   * The application calls start_response. What is returned goes on in place of `headers`; a list that is changed must
   * be a new one. It comes before the gateway's checks, so `headers` may be anything.
   */
  head?(status: string, headers: HeaderList): HeaderList;
  /** The gateway has taken that head. It is sent with the first octets, and may be replaced until then. */
  started?(status: string, headers: HeaderList): void;
  /** A chunk with octets in it, yielded or written, is about to be handed on. What is returned goes in its place. */
  chunk?(chunk: Uint8Array): Uint8Array;
  /** The last chunk of an iterable has been asked for and there is none. Arrays never say so. */
  end?(): void;
  /**
   * The application has thrown, or its body. Octets that are returned end the answer in its place; else the error
   * goes on its way.
   */
  failed?(error: unknown): Uint8Array | undefined;
  /** The last call of all: the body has been closed, or there was none. */
  closed?(): void | Promise<void>;
}

/** Calls `application` with `hooks` on what it answers. */
export function wrapResponse(
  application: Application,
  environ: Environ,
  startResponse: StartResponse,
  hooks: ResponseHooks,
): ResponseBody | Promise<ResponseBody> {
  const start: StartResponse = (status, headers, excInfo) => {
    const passed = hooks.head === undefined ? headers : hooks.head(status, headers);
    const write = startResponse(status, passed, excInfo);
    hooks.started?.(status, passed);
    return hooks.chunk === undefined ? write : (chunk) => write(throughHook(chunk, hooks));
  };
  try {
    const result = application(environ, start);
    return isThenable(result) ? wrapLater(result, hooks) : wrapBody(result, hooks);
  } catch (error) {
    return recover(error, hooks);
  }
}

async function wrapLater(result: PromiseLike<ResponseBody>, hooks: ResponseHooks): Promise<ResponseBody> {
  try {
    return wrapBody(await result, hooks);
  } catch (error) {
    return recover(error, hooks);
  }
}

/**
 * Puts `hooks` on a body alone: `chunk`, `end`, `failed` and `closed`.
 * @throws ResponseError ERR_RESPONSE_BODY when it is none
 */
export function wrapBody(body: ResponseBody, hooks: ResponseHooks): ResponseBody {
  if (Array.isArray(body)) return wrapArray(body, hooks);
  switch (bodyKind(body)) {
    case "async":
      return new AsyncBody(body as AsyncIterable<Uint8Array>, hooks);
    case "sync":
      return new SyncBody(body as Iterable<Uint8Array>, hooks);
    case "none":
      return refuseBody(body);
  }
}

/** Throws the gateway's own error, so that the application's author reads the same words; closes what can be closed. */
function refuseBody(body: ResponseBody | null | undefined): never {
  // What is no body has already failed the request: that its close() fails too says nothing more.
  void closeBody(body, undefined, ignore);
  iterate(body);
  throw new TypeError("the gateway iterates what is no body here");
}

function ignore(): void {}

type ByteArray = Uint8Array[] & { close?(): void | Promise<void> };

function wrapArray(body: ByteArray, hooks: ResponseHooks): ByteArray {
  const chunks: ByteArray = hooks.chunk === undefined ? body : body.map((chunk) => throughHook(chunk, hooks));
  if (hooks.closed === undefined && body.close === undefined) return chunks;
  const wrapped: ByteArray = chunks === body ? body.slice() : chunks;
  wrapped.close = closeOnce(body, hooks);
  return wrapped;
}

/** What is no chunk of octets goes on as it is: the gateway refuses it, and says why. */
function throughHook(chunk: Uint8Array, hooks: ResponseHooks): Uint8Array {
  return hooks.chunk !== undefined && isOctets(chunk) && chunk.length > 0 ? hooks.chunk(chunk) : chunk;
}

/** The application has failed before it had a body. */
function recover(error: unknown, hooks: ResponseHooks): ResponseBody | Promise<ResponseBody> {
  const last = hooks.failed?.(error);
  if (last !== undefined) return wrapArray([last], { closed: () => hooks.closed?.() });
  const closing = hooks.closed?.();
  if (!isThenable(closing)) throw error;
  return closing.then(() => {
    throw error;
  });
}

function closeOnce(body: ResponseBody, hooks: ResponseHooks): () => void | Promise<void> {
  let closed = false;
  return () => {
    if (closed) return undefined;
    closed = true;
    return closeBoth(body, hooks);
  };
}

function closeBoth(body: ResponseBody, hooks: ResponseHooks): void | Promise<void> {
  let first: void | Promise<void>;
  let second: void | Promise<void>;
  try {
    first = body.close?.();
  } finally {
    second = hooks.closed?.();
  }
  if (!isThenable(first)) return second;
  return isThenable(second) ? Promise.all([first, second]).then(() => undefined) : first;
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

class SyncBody implements Iterable<Uint8Array> {
  readonly close: () => void | Promise<void>;
  readonly #body: Iterable<Uint8Array>;
  readonly #hooks: ResponseHooks;

  constructor(body: Iterable<Uint8Array>, hooks: ResponseHooks) {
    this.#body = body;
    this.#hooks = hooks;
    this.close = closeOnce(body, hooks);
  }

  [Symbol.iterator](): Iterator<Uint8Array> {
    return new SyncChunks(this.#body[Symbol.iterator](), this.#hooks);
  }
}

class SyncChunks implements Iterator<Uint8Array> {
  readonly #inner: Iterator<Uint8Array>;
  readonly #hooks: ResponseHooks;
  #over = false;

  constructor(inner: Iterator<Uint8Array>, hooks: ResponseHooks) {
    this.#inner = inner;
    this.#hooks = hooks;
  }

  next(): IteratorResult<Uint8Array> {
    if (this.#over) return done;
    let step: IteratorResult<Uint8Array>;
    try {
      step = this.#inner.next();
    } catch (error) {
      this.#over = true;
      const last = this.#hooks.failed?.(error);
      if (last === undefined) throw error;
      return { done: false, value: last };
    }
    if (step.done !== true) return { done: false, value: throughHook(step.value, this.#hooks) };
    this.#over = true;
    this.#hooks.end?.();
    return done;
  }

  return(): IteratorResult<Uint8Array> {
    if (!this.#over) {
      this.#over = true;
      this.#inner.return?.();
    }
    return done;
  }
}

class AsyncBody implements AsyncIterable<Uint8Array> {
  readonly close: () => void | Promise<void>;
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #hooks: ResponseHooks;

  constructor(body: AsyncIterable<Uint8Array>, hooks: ResponseHooks) {
    this.#body = body;
    this.#hooks = hooks;
    this.close = closeOnce(body, hooks);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return new AsyncChunks(this.#body[Symbol.asyncIterator](), this.#hooks);
  }
}

class AsyncChunks implements AsyncIterator<Uint8Array> {
  readonly #inner: AsyncIterator<Uint8Array>;
  readonly #hooks: ResponseHooks;
  #over = false;

  constructor(inner: AsyncIterator<Uint8Array>, hooks: ResponseHooks) {
    this.#inner = inner;
    this.#hooks = hooks;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#over) return done;
    let step: IteratorResult<Uint8Array>;
    try {
      step = await this.#inner.next();
    } catch (error) {
      // Over already: `return` came while this chunk was being made, and nobody waits for it.
      if (this.#over) throw error;
      this.#over = true;
      const last = this.#hooks.failed?.(error);
      if (last === undefined) throw error;
      return { done: false, value: last };
    }
    if (this.#over) return step;
    if (step.done !== true) return { done: false, value: throughHook(step.value, this.#hooks) };
    this.#over = true;
    this.#hooks.end?.();
    return done;
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#over) {
      this.#over = true;
      await this.#inner.return?.();
    }
    return done;
  }
}
