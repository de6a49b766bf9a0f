/**
 * Holds an answer back until something has been done that must be done before its head leaves.
 *
 * PEP 3333 sends the head with the first octets, so that is the last moment. What need not wait does not: a body keeps
 * its kind, and an array its place in the fast path. A synchronous iterable that has not called start_response yet
 * becomes an asynchronous one, since it cannot wait otherwise.
 * @module
 */
import {
  bodyKind,
  isOctets,
  isThenable,
  type Application,
  type Environ,
  type HeaderList,
  type ResponseBody,
  type StartResponse,
} from "../bridge/index.ts";
import { iteratorOf, type ChunkIterator } from "./body-iterator.ts";
import { wrapBody, type ResponseHooks } from "./wrap-response.ts";

/** What is to be done. */
export interface HoldHooks {
  /** As `ResponseHooks.head`, for a list that is one. */
  head(headers: HeaderList): HeaderList;
  /** Octets are about to leave, or the body has ended. A promise is waited for; a rejection ends the answer. */
  before(): Promise<void> | undefined;
  /** As `ResponseHooks.closed`. */
  closed(): void | Promise<void>;
}

/** Calls `application`, and holds what it answers by `hooks`. */
export function holdResponse(
  application: Application,
  environ: Environ,
  startResponse: StartResponse,
  hooks: HoldHooks,
): ResponseBody | Promise<ResponseBody> {
  let started = false;
  /** Octets have left, and the head with them: there is nothing left to hold back for. */
  let gone = false;
  /** Where written chunks wait, in their order. */
  let writing: Promise<void> | undefined;
  const before = (): Promise<void> | undefined => {
    const ready = gone ? undefined : hooks.before();
    if (writing === undefined) return ready;
    return Promise.all([writing, ready]).then(ignore);
  };
  const start: StartResponse = (status, headers, excInfo) => {
    const write = startResponse(status, Array.isArray(headers) ? hooks.head(headers) : headers, excInfo);
    started = true;
    return (chunk) => {
      if (!isOctets(chunk) || chunk.length === 0) return write(chunk);
      const ready = before();
      gone = true;
      if (ready === undefined) return write(chunk);
      writing = ready.then(() => write(chunk));
      // One that nobody awaits must not end the process; the error still reaches the answer, by `before`.
      writing.catch(ignore);
      return writing;
    };
  };
  const beforeChunk = (): Promise<void> | undefined => {
    const ready = before();
    gone = true;
    return ready;
  };
  const closing: ResponseHooks = { closed: () => hooks.closed() };
  const hold = (body: ResponseBody): ResponseBody | Promise<ResponseBody> => {
    const isArray = Array.isArray(body);
    if (!started && !isArray) return wrapBody(asynchronous(body, beforeChunk), closing);
    const ready = before();
    const held = wrapBody(body, closing);
    if (ready === undefined) return held;
    return ready.then(
      () => held,
      async (error: unknown) => {
        await held.close?.();
        throw error;
      },
    );
  };
  const result = application(environ, start);
  return isThenable(result) ? result.then(hold) : hold(result);
}

/** The body as an asynchronous iterable that awaits `before` in front of each chunk of octets, and of its end. */
function asynchronous(body: ResponseBody, before: () => Promise<void> | undefined): ResponseBody {
  // What is no body at all is refused where it is wrapped.
  if (bodyKind(body) === "none") return body;
  return {
    [Symbol.asyncIterator]: () => new HeldChunks(iteratorOf(body), before),
    close: () => body.close?.(),
  };
}

class HeldChunks implements AsyncIterator<Uint8Array> {
  readonly #inner: ChunkIterator;
  readonly #before: () => Promise<void> | undefined;

  constructor(inner: ChunkIterator, before: () => Promise<void> | undefined) {
    this.#inner = inner;
    this.#before = before;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const step = await this.#inner.next();
    if (step.done !== true && isOctets(step.value) && step.value.length === 0) return step;
    try {
      const ready = this.#before();
      if (ready !== undefined) await ready;
    } catch (error) {
      // To the gateway it is this iterator that has failed: nobody else ends the one inside.
      if (step.done !== true) await this.#inner.return?.();
      throw error;
    }
    return step;
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#inner.return?.();
    return { done: true, value: undefined };
  }
}

function ignore(): void {}
