/**
 * Writes the body of a request, at the pace of whoever reads it.
 * @module
 */
import type { Writable } from "node:stream";
import type { BodySource } from "../../client/index.ts";

/**
 * Writes all of `body` and ends `to`. Never rejects: a body that throws ends the request as a client that goes away
 * does.
 * @param isGone true when nobody reads any more, though `to` has not been destroyed
 */
export async function sendBody(
  to: Writable,
  body: BodySource | undefined,
  isGone: () => boolean = () => false,
): Promise<void> {
  try {
    for await (const chunk of body instanceof Uint8Array ? [body] : (body ?? [])) {
      if (to.destroyed || isGone()) return;
      if (!to.write(chunk)) await drained(to);
    }
    to.end();
  } catch (error) {
    to.destroy(error as Error);
  }
}

/** Takes both listeners away again: a body in many chunks waits many times. */
function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      to.off("drain", settle).off("close", settle);
      resolve();
    };
    to.on("drain", settle).on("close", settle);
  });
}
