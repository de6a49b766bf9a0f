/**
 * `wsgi.input` as a ReadableStream that reads only as much as is asked for.
 * @module
 */
import type { InputStream } from "../bridge/index.ts";

/** The body as a stream; what a read rejects with, such as RequestAbortedError, is what the stream fails with. */
export function requestBodyStream(input: InputStream): ReadableStream<Uint8Array> {
  const chunks = input.chunks();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        // A plain view: a consumer may transfer what it gets, and Buffer's methods are not Uint8Array's.
        else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.length));
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    // Nothing is read ahead of a reader: what waits is wsgi.input's to hold, and its bound.
    { highWaterMark: 0 },
  );
}
