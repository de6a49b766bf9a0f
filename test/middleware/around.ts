/** What the tests of middleware share: the shapes an application can have, and one around another. */
import type { Application, HeaderList, Middleware, ResponseBody } from "../../src/bridge/index.ts";
import { octets, type LooseApplication } from "../bridge/hosted.ts";

/** `middleware` around `application`, both as loose as the tests need. */
export const around = (middleware: Middleware, application: LooseApplication): LooseApplication =>
  middleware(application as Application) as LooseApplication;

export const text: HeaderList = [["Content-Type", "text/plain"]];

function* syncChunks(chunks: readonly string[]): Generator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

async function* asyncChunks(chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

/** A body that counts how often it is closed. */
export function closable(body: ResponseBody, closed: { count: number }): ResponseBody {
  return Object.assign(body, { close: () => void (closed.count += 1) });
}

/** Every way to give the same chunks. */
export const shapes: ReadonlyArray<
  readonly [name: string, make: (chunks: readonly string[], closed: { count: number }) => Application]
> = [
  [
    "an array",
    (chunks, closed) => (_environ, startResponse) => {
      startResponse("200 OK", [...text]);
      return closable(chunks.map(octets), closed);
    },
  ],
  [
    "a synchronous iterable",
    (chunks, closed) => (_environ, startResponse) => {
      startResponse("200 OK", [...text]);
      return closable(syncChunks(chunks), closed);
    },
  ],
  [
    "a synchronous iterable that starts late",
    (chunks, closed) => (_environ, startResponse) => {
      const body = (function* () {
        startResponse("200 OK", [...text]);
        yield* syncChunks(chunks);
      })();
      return closable(body, closed);
    },
  ],
  [
    "an asynchronous iterable",
    (chunks, closed) => (_environ, startResponse) => {
      startResponse("200 OK", [...text]);
      return closable(asyncChunks(chunks), closed);
    },
  ],
  [
    "an asynchronous iterable that starts late",
    (chunks, closed) => (_environ, startResponse) => {
      const body = (async function* () {
        await Promise.resolve();
        startResponse("200 OK", [...text]);
        yield* asyncChunks(chunks);
      })();
      return closable(body, closed);
    },
  ],
  [
    "a promise of an array",
    (chunks, closed) => async (_environ, startResponse) => {
      await Promise.resolve();
      startResponse("200 OK", [...text]);
      return closable(chunks.map(octets), closed);
    },
  ],
  [
    "write()",
    (chunks, closed) => async (_environ, startResponse) => {
      const write = startResponse("200 OK", [...text]);
      for (const chunk of chunks) await write(octets(chunk));
      return closable([], closed);
    },
  ],
  [
    "write() that nobody awaits, and an array",
    (chunks, closed) => (_environ, startResponse) => {
      const write = startResponse("200 OK", [...text]);
      const [first = "", ...rest] = chunks;
      void write(octets(first));
      return closable(rest.map(octets), closed);
    },
  ],
];
