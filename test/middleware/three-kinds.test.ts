/**
 * Every middleware that ships runs unchanged around all three kinds of application, and obeys the calling convention on
 * both of its sides: a validator in front of it and one behind it find nothing, whatever the application's shape.
 */
import { describe, expect, it } from "vitest";
import { fromFetch, fromNode } from "../../src/adapters/index.ts";
import { compose, type Application } from "../../src/bridge/index.ts";
import { validator } from "../../src/middleware/index.ts";
import { run, type Hosted } from "../bridge/hosted.ts";
import { shapes } from "./around.ts";
import { everyMiddleware, request, type Row } from "./every-middleware.ts";

const kinds: ReadonlyArray<readonly [name: string, application: Application]> = [
  ...shapes.map(([name, make]) => [name, make(["ab", "c", "def"], { count: 0 })] as const),
  [
    "a fetch handler with a whole answer",
    fromFetch(() => new Response("abcdef", { headers: { "Content-Type": "text/plain" } })),
  ],
  [
    "a fetch handler with a stream",
    fromFetch(() => new Response(ReadableStream.from(["ab", "c", "def"].map((each) => Buffer.from(each))))),
  ],
  ["a fetch handler that reads its request", fromFetch(async (asked) => Response.json(await asked.text()))],
  [
    "a listener that ends its answer",
    fromNode((_req, res) => {
      res.setHeader("Content-Type", "text/plain");
      res.end("abcdef");
    }),
  ],
  [
    "a listener that writes its answer piece by piece",
    fromNode((_req, res) => {
      res.writeHead(200, { "Content-Type": "text/plain" });
      for (const each of ["ab", "c", "def"]) res.write(each);
      setImmediate(() => res.end());
    }),
  ],
  [
    "a listener that sends back what came",
    fromNode((req, res) => {
      res.setHeader("Content-Type", "text/plain");
      req.pipe(res);
    }),
  ],
];

/** What the client saw: the same for the application alone and with middleware around it. */
async function seen(application: Application): Promise<Hosted> {
  const hosted = await run(application, { params: [...request, ["CONTENT_LENGTH", "4"]], body: "body" });
  await hosted.finished;
  return hosted;
}

/** The answer without what the middleware adds, and without a length: who holds an answer back may know it. */
function answerOf({ sink }: Hosted, adds: Row["adds"] = []): unknown {
  const ignored = new Set([...adds, "Content-Length"].map((name) => name.toLowerCase()));
  const headers = sink.headers.filter(([name]) => !ignored.has(name.toLowerCase()));
  return { status: sink.status, headers, text: sink.text, complete: sink.complete };
}

describe.each(everyMiddleware)("$name", ({ middleware, adds }) => {
  it.each(kinds)("between two validators, around %s", async (_kind, application) => {
    const violations: string[] = [];
    const watched = (inner: Application): Application =>
      validator(inner, {
        // V37 is wsgiref's and not the PEP's: fetch streams have no Content-Type.
        warnOnly: ["V37"],
        onWarning: (found) => {
          if (found.rule !== "V37") violations.push(found.message);
        },
      });
    const bare = await seen(application);
    const hosted = await seen(compose(watched, middleware, watched)(application));
    expect(violations).toEqual([]);
    expect(hosted.log).toEqual([]);
    expect(answerOf(hosted, adds)).toEqual(answerOf(bare));
  });
});
