/** Applications that fail or break the convention: every one ends in one defined way. */
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import {
  answering,
  codes,
  failing,
  failingLater,
  head,
  octets,
  raise,
  RecordingSink,
  run,
  type LooseApplication,
} from "./hosted.ts";

const page = "Internal Server Error\n";

class Hostile extends Error {
  override get message(): string {
    throw new Error("no message");
  }
  override get stack(): string {
    throw new Error("no stack");
  }
  override get name(): string {
    throw new Error("no name");
  }
}

const yielding = (...chunks: unknown[]): LooseApplication =>
  answering(
    (function* () {
      yield* chunks;
    })(),
  );

/** What goes wrong before the head has left, and the code that the log has. */
const misbehaving: Array<[string, LooseApplication, string | undefined]> = [
  ["throws", () => raise(new Error("boom")), undefined],
  ["throws undefined", () => raise(undefined), undefined],
  ["throws a frozen object", () => raise(Object.freeze({ a: 1 })), undefined],
  ["throws an error whose getters throw", () => raise(new Hostile()), undefined],
  [
    "throws a proxy that throws",
    () => raise(new Proxy({}, { get: () => raise(1), getPrototypeOf: () => raise(2) })),
    undefined,
  ],
  ["rejects", () => Promise.reject(new Error("boom")), undefined],
  ["rejects with undefined", () => Promise.reject(), undefined],
  ["throws after start_response", (_e, s) => (s("200 OK", []), raise(new Error("boom"))), undefined],
  ["never calls start_response", () => [octets("a")], "ERR_RESPONSE_NOT_STARTED"],
  ["never calls start_response and returns nothing to send", () => [], "ERR_RESPONSE_NOT_STARTED"],
  ["never calls start_response in its iteration", () => [octets("")].values(), "ERR_RESPONSE_NOT_STARTED"],
  ["returns undefined", answering(undefined), "ERR_RESPONSE_BODY"],
  ["returns null", answering(null), "ERR_RESPONSE_BODY"],
  ["returns false", answering(false), "ERR_RESPONSE_BODY"],
  ["returns a number", answering(5), "ERR_RESPONSE_BODY"],
  ["returns a string", answering("text"), "ERR_RESPONSE_BODY"],
  ["returns a Uint8Array", answering(octets("text")), "ERR_RESPONSE_BODY"],
  ["returns a Buffer", answering(Buffer.from("text")), "ERR_RESPONSE_BODY"],
  ["returns an ArrayBuffer", answering(new ArrayBuffer(2)), "ERR_RESPONSE_BODY"],
  ["returns an object", answering({}), "ERR_RESPONSE_BODY"],
  ["returns a Response", answering(new Response("a")), "ERR_RESPONSE_BODY"],
  ["returns a function", answering(() => [octets("a")]), "ERR_RESPONSE_BODY"],
  ["resolves to a string", async (e, s) => answering("text")(e, s), "ERR_RESPONSE_BODY"],
  [
    "has a thenable whose getter throws",
    // oxlint-disable-next-line unicorn/no-thenable
    answering(Object.defineProperty({}, "then", { get: () => raise(new Error("then")) })),
    undefined,
  ],
  [
    "has an iterator that throws",
    answering({ [Symbol.iterator]: () => raise(new Error("iterator")) }),
    undefined,
  ],
  ["has an iterator that is none", answering({ [Symbol.iterator]: () => undefined }), undefined],
  [
    "has an iterator whose steps are none",
    answering({ [Symbol.asyncIterator]: () => ({ next: () => 1 }) }),
    "ERR_RESPONSE_CHUNK",
  ],
  ["puts a string into an array", answering(["text"]), "ERR_RESPONSE_CHUNK"],
  ["puts a string behind a chunk", answering([octets("a"), "text"]), "ERR_RESPONSE_CHUNK"],
  [
    "leaves a hole in an array",
    answering(Object.assign([octets("a")], { 2: octets("b") })),
    "ERR_RESPONSE_CHUNK",
  ],
  ["yields a string", yielding("text"), "ERR_RESPONSE_CHUNK"],
  ["yields an empty string", yielding(""), "ERR_RESPONSE_CHUNK"],
  ["yields undefined", yielding(undefined), "ERR_RESPONSE_CHUNK"],
  ["yields numbers", yielding(1, 2), "ERR_RESPONSE_CHUNK"],
  ["yields an array", yielding([1]), "ERR_RESPONSE_CHUNK"],
  ["yields a Uint16Array", yielding(new Uint16Array(1)), "ERR_RESPONSE_CHUNK"],
  ["yields promises", yielding(Promise.resolve(octets("a"))), "ERR_RESPONSE_CHUNK"],
  ["gives a bad status", answering([], [], "OK"), "ERR_RESPONSE_STATUS"],
  ["gives CR LF in a header", answering([], [["X", "a\r\nSet-Cookie: b"]]), "ERR_RESPONSE_HEADERS"],
  ["gives a hop-by-hop header", answering([], [["Connection", "close"]]), "ERR_RESPONSE_HOP_BY_HOP"],
  ["calls start_response twice", (e, s) => (s("200 OK", []), answering([])(e, s)), "ERR_RESPONSE_STARTED"],
  ["throws in the iteration", answering(failing()), undefined],
  ["throws in the async iteration", answering(failingLater()), undefined],
  [
    "wraps no file",
    (e: Environ, s) => answering(e["wsgi.file_wrapper"]({} as never))(e, s),
    "ERR_RESPONSE_BODY",
  ],
];

describe("an application that fails before its head has left", () => {
  it.each(misbehaving)("S85 A42 %s: a plain 500, one log entry", async (_name, application, code) => {
    const hosted = await run(application);
    await hosted.finished;
    expect([hosted.sink.status, hosted.sink.text, hosted.sink.complete]).toEqual([
      "500 Internal Server Error",
      page,
      true,
    ]);
    expect(hosted.log).toHaveLength(1);
    expect(hosted.log[0]).toMatchObject({ level: "error" });
    expect(codes(hosted)).toEqual([code]);
    expect(hosted.log[0]?.message).toMatch(/^GET \/app\/x: the application failed: /);
  });

  it("S86 O11 the page says nothing of the error, and the stack is in the log and the protocol's error stream", async () => {
    const { sink, log } = await run(() => raise(new TypeError("secret")));
    expect(sink.text).not.toContain("secret");
    expect(sink.headers).toEqual([
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Content-Length", String(page.length)],
    ]);
    expect(log[0]?.message).toContain("TypeError: secret");
    expect(log[0]?.error).toBeInstanceOf(TypeError);
    expect(sink.errorText).toMatch(/TypeError: secret\n\s+at .*misbehaving\.test\.ts/);
  });

  it("O11 debug shows the stack, as text that no browser takes for a page", async () => {
    const { sink } = await run(() => raise(new Error("<script>")), { settings: { debug: true } });
    expect(sink.text).toMatch(/^Internal Server Error\n\nError: <script>\n\s+at /);
    expect(sink.headers).toContainEqual(["X-Content-Type-Options", "nosniff"]);
  });

  it("W7 the page has no body under HEAD", async () => {
    const { sink } = await run(() => raise(new Error("boom")), { params: head });
    expect([sink.order, sink.header("content-length")]).toEqual([
      ["head 500 Internal Server Error", "end complete"],
      String(page.length),
    ]);
  });

  it("a head that the sink refuses is a 500 as well", async () => {
    const sink = new RecordingSink();
    const takeHead = sink.head.bind(sink);
    let refused = 0;
    sink.head = (status, headers) => {
      if (status === "200 OK" && refused++ === 0) throw new RangeError("the head is too large");
      takeHead(status, headers);
    };
    await run(answering([octets("a")]), { sink });
    expect(sink.status).toBe("500 Internal Server Error");
  });

  it("a page that the sink refuses too ends the answer as cut", async () => {
    const sink = new RecordingSink();
    sink.head = () => raise(new RangeError("no head at all"));
    const { log } = await run(answering([octets("a")]), { sink });
    expect([sink.complete, log.length]).toEqual([false, 2]);
  });

  it("a log that throws does not keep the client waiting", async () => {
    const settings = {
      log: () => raise(new Error("disk full")),
      writeErrors: () => raise(new Error("disk full")),
    };
    const { sink } = await run(
      (environ: Environ) => {
        environ["wsgi.errors"].write("x");
        return raise(new Error("boom"));
      },
      { settings },
    );
    expect(sink.status).toBe("500 Internal Server Error");
  });
});

describe("an application that fails after its head has left", () => {
  it.each<[string, () => unknown]>([
    ["throws in a generator", () => failing(octets("a"))],
    ["throws in an async generator", () => failingLater(octets("a"))],
    [
      "yields a string",
      function* () {
        yield octets("a");
        yield "b";
      },
    ],
  ])("S85 the answer is cut visibly and logged: it %s", async (_name, make) => {
    const { sink, log } = await run(answering(make()));
    expect(sink.order).toEqual(["head 200 OK", "body a", "end cut"]);
    expect(log).toMatchObject([{ level: "error" }]);
  });

  it("S85 also when the application throws after write()", async () => {
    const { sink } = await run((_environ, startResponse) => {
      startResponse("200 OK", [])(octets("a"));
      return raise(new Error("boom"));
    });
    expect(sink.order).toEqual(["head 200 OK", "body a", "end cut"]);
  });
});
