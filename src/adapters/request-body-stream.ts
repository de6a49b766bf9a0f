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
        // A copy, as Node.js makes of a Readable's: a consumer may transfer the memory of what it gets, as byte streams
        // do, and in this block are octets that have not been asked for, or that are another request's.
        else controller.enqueue(new Uint8Array(value));
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    // Nothing is read ahead of a reader: what waits is wsgi.input's to hold, and its bound.
    { highWaterMark: 0 },
  );
}
