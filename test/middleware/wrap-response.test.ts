/** `wrapBody` with what is no body; what it does with bodies is held by the tests of every middleware made of it. */
import { expect, it } from "vitest";
import { wrapBody } from "../../src/middleware/index.ts";
import { nextTurn } from "../bridge/hosted.ts";

it.each<[string, () => unknown]>([
  ["throws", () => raiseClosing()],
  ["rejects", () => Promise.reject(new Error("closing failed"))],
])(
  "what is no body is refused in the gateway's words, and closed, though close() %s",
  async (_name, close) => {
    let closed = 0;
    const rejections: unknown[] = [];
    const listen = (reason: unknown): void => void rejections.push(reason);
    process.on("unhandledRejection", listen);
    const body = {
      close: () => {
        closed += 1;
        return close();
      },
    };
    expect(() => wrapBody(body as never, {})).toThrow(
      expect.objectContaining({ code: "ERR_RESPONSE_BODY" }) as Error,
    );
    // Node.js tells of rejections that nobody handles when the microtasks of a turn are done.
    await nextTurn();
    process.off("unhandledRejection", listen);
    expect([closed, rejections]).toEqual([1, []]);
  },
);

function raiseClosing(): never {
  throw new Error("closing failed");
}
