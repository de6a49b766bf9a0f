/** Applications that misbehave, requests that cannot be answered, peers that go: every one ends in one defined way. */
import { describe, expect, it } from "vitest";
import { RequestAbortedError } from "../../src/errors/index.ts";
import type { Environ } from "../../src/bridge/index.ts";
import {
  answering,
  codes,
  get,
  gone,
  head,
  octets,
  post,
  prepare,
  RecordingSink,
  run,
  start,
  type LooseApplication,
} from "./hosted.ts";

const page = "Internal Server Error\n";
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
  ["throws a proxy that throws", () => raise(new Proxy({}, { get: () => raise(1), getPrototypeOf: () => raise(2) })), undefined],
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
  ["has a thenable whose getter throws", answering({ get then() { return raise(new Error("then")); } }), undefined],
  ["has an iterator that throws", answering({ [Symbol.iterator]: () => raise(new Error("iterator")) }), undefined],
  ["has an iterator that is none", answering({ [Symbol.iterator]: () => undefined }), undefined],
  ["has an iterator whose steps are none", answering({ [Symbol.asyncIterator]: () => ({ next: () => 1 }) }), "ERR_RESPONSE_CHUNK"],
  ["puts a string into an array", answering(["text"]), "ERR_RESPONSE_CHUNK"],
  ["puts a string behind a chunk", answering([octets("a"), "text"]), "ERR_RESPONSE_CHUNK"],
  ["leaves a hole in an array", answering([octets("a"), , octets("b")]), "ERR_RESPONSE_CHUNK"],
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
  ["throws in the iteration", answering({ *[Symbol.iterator]() { raise(new Error("boom")); } }), undefined],
  ["throws in the async iteration", answering({ async *[Symbol.asyncIterator]() { raise(new Error("boom")); } }), undefined],
  ["wraps no file", (e: Environ, s) => answering(e["wsgi.file_wrapper"]({} as never))(e, s), "ERR_RESPONSE_BODY"],
];

function raise(thrown: unknown): never {
  throw thrown;
}

describe("an application that fails before its head has left", () => {
  it.each(misbehaving)("S85 A42 %s: a plain 500, one log entry", async (_name, application, code) => {
    const hosted = await run(application);
    await hosted.finished;
    expect([hosted.sink.status, hosted.sink.text, hosted.sink.complete]).toEqual(["500 Internal Server Error", page, true]);
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
    expect(sink.errorText).toMatch(/TypeError: secret\n\s+at .*failures\.test\.ts/);
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
    const settings = { log: () => raise(new Error("disk full")), writeErrors: () => raise(new Error("disk full")) };
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
    [
      "throws in a generator",
      function* () {
        yield octets("a");
        raise(new Error("boom"));
      },
    ],
    [
      "throws in an async generator",
      async function* () {
        yield octets("a");
        raise(new Error("boom"));
      },
    ],
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

describe("close()", () => {
  const closing = (body: object): { application: LooseApplication; calls: unknown[] } => {
    const calls: unknown[] = [];
    const withClose = Object.assign(body, {
      close(...parameters: unknown[]): void {
        calls.push([this === body, parameters]);
      },
    });
    return { application: answering(withClose), calls };
  };

  it.each<[string, () => object]>([
    ["an array", () => [octets("a")]],
    ["a generator", () => (function* () { yield octets("a"); })()],
    ["an async generator", () => (async function* () { yield octets("a"); })()],
    ["a generator that throws", () => (function* () { raise(new Error("boom")); })()],
    ["an async generator that throws midway", () => (async function* () { yield octets("a"); raise(new Error("boom")); })()],
    ["an array of strings", () => ["a"]],
    ["an object that is no iterable", () => ({})],
  ])("S13 is called once, on the body itself, without arguments: %s", async (_name, make) => {
    const { application, calls } = closing(make());
    const { finished } = await run(application);
    await finished;
    expect(calls).toEqual([[true, []]]);
  });

  it("S13 comes after the end of the answer, and is waited for by `finished` alone", async () => {
    const sink = new RecordingSink();
    let letGo: () => void = () => {};
    const { exchange, finished } = start(
      answering(
        Object.assign([octets("a")], {
          close: () => {
            sink.calls.push("close");
            return new Promise<void>((resolve) => {
              letGo = resolve;
            });
          },
        }),
      ),
      { sink },
    );
    expect(sink.calls).toEqual(["head 200 OK", "body a", "end complete", "close"]);
    expect(exchange.finished).toBe(false);
    letGo();
    await finished;
    expect(exchange.finished).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ["throws", () => raise(new Error("cannot close"))],
    ["rejects", () => Promise.reject(new Error("cannot close"))],
  ])("S13 S85 its own failure is logged and changes nothing: it %s", async (_name, close) => {
    const { sink, log, finished } = await run(answering(Object.assign([octets("a")], { close })));
    await finished;
    expect([sink.text, sink.complete]).toEqual(["a", true]);
    expect(log).toMatchObject([{ level: "error" }]);
    expect(log[0]?.message).toContain("close() of the body failed: Error: cannot close");
  });
});

describe("a peer that goes", () => {
  it("S13 closes the body at once, even while it is at work on a chunk, and ignores what it makes", async () => {
    let closed = 0;
    let give: (chunk: Uint8Array) => void = () => {};
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise((resolve) => (give = (value) => resolve({ done: false, value }))),
      }),
      close: () => void (closed += 1),
    };
    const { exchange, sink, log, finished } = start(answering(body));
    exchange.abort(gone());
    expect([closed, exchange.finished]).toEqual([1, true]);
    give(octets("late"));
    await finished;
    await nextTurn();
    expect([sink.calls, closed, log]).toEqual([[], 1, []]);
  });

  it("S13 ends a generator at its yield, through its finally block", async () => {
    let finallyRan = false;
    const sink = new RecordingSink();
    sink.full = true;
    const { exchange } = start(
      answering(
        (function* () {
          try {
            yield octets("a");
          } finally {
            finallyRan = true;
          }
        })(),
      ),
      { sink },
    );
    exchange.abort(gone());
    expect(finallyRan).toBe(true);
  });

  it("fires tsgi.signal with the reason, whether it was looked at before or is after", async () => {
    const reason = gone();
    let environ: Environ | undefined;
    const early = start((env: Environ) => {
      environ = env;
      return new Promise(() => {});
    });
    const signal = environ?.["tsgi.signal"];
    expect(signal?.aborted).toBe(false);
    early.exchange.abort(reason);
    expect([signal?.aborted, signal?.reason]).toEqual([true, reason]);
    const late = start((env: Environ) => {
      environ = env;
      return new Promise(() => {});
    });
    late.exchange.abort(reason);
    expect(environ?.["tsgi.signal"].reason).toBe(reason);
  });

  it("never fires tsgi.signal once the answer has ended", async () => {
    let signal: AbortSignal | undefined;
    const { exchange } = await run((environ: Environ, startResponse) => {
      signal = environ["tsgi.signal"];
      return answering([])(environ, startResponse);
    });
    exchange.abort(gone());
    exchange.hangUp(gone());
    expect(signal?.aborted).toBe(false);
  });

  it("hangUp() fires the signal only: the answer goes on", async () => {
    let answer: () => void = () => {};
    let signal: AbortSignal | undefined;
    const { exchange, sink } = start(async (environ: Environ, startResponse) => {
      signal = environ["tsgi.signal"];
      await new Promise<void>((resolve) => (answer = resolve));
      return answering([octets("a")])(environ, startResponse);
    });
    exchange.hangUp(gone());
    expect(signal?.aborted).toBe(true);
    answer();
    await sink.ended;
    expect([sink.text, sink.complete]).toEqual(["a", true]);
  });

  it("reads and writes reject, and what escapes from them is logged as information", async () => {
    const seen: unknown[] = [];
    const { exchange, log, finished } = start(
      async (environ: Environ, startResponse) => {
        const write = startResponse("200 OK", []) as (chunk: Uint8Array) => Promise<void>;
        const read = environ["wsgi.input"].read();
        await read.catch((error: unknown) => seen.push(error));
        await write(octets("a")).catch((error: unknown) => seen.push(error));
        return environ["wsgi.input"].readline();
      },
      { params: post("10"), body: null },
    );
    const reason = gone();
    exchange.abort(reason);
    await finished;
    expect(seen).toEqual([reason, reason]);
    expect(log).toMatchObject([{ level: "info", code: "ERR_REQUEST_ABORTED" }]);
    expect(log[0]).not.toHaveProperty("error");
  });

  it.each<[string, unknown, string]>([
    ["an AbortError, as fetch and timers throw it", new DOMException("aborted", "AbortError"), "info"],
    ["anything else", new Error("the database is gone"), "warning"],
  ])("an application that fails after it: %s", async (_name, thrown, level) => {
    let fail: (error: unknown) => void = () => {};
    const { exchange, log, finished } = start(() => new Promise((_resolve, reject) => (fail = reject)));
    exchange.abort(gone());
    fail(thrown);
    await finished;
    expect(log).toMatchObject([{ level }]);
  });

  it("S13 a body that is returned after it is closed unread", async () => {
    let closed = 0;
    let resolveBody: (body: unknown) => void = () => {};
    const { exchange, sink, log, finished } = start(() => new Promise((resolve) => (resolveBody = resolve)));
    exchange.abort(gone());
    expect(exchange.finished).toBe(false);
    resolveBody({ close: () => void (closed += 1) });
    await finished;
    expect([closed, sink.calls, log]).toEqual([1, [], []]);
  });

  it("before the start: the application is not called", () => {
    let calls = 0;
    const { exchange, sink } = prepare(() => (calls += 1));
    exchange.abort(gone());
    exchange.start();
    expect([calls, sink.calls, exchange.finished]).toEqual([0, [], true]);
  });
});

describe("a request that cannot be answered by the application", () => {
  it("H5 a bad CONTENT_LENGTH is a 400 and one line, without the application", async () => {
    let calls = 0;
    const hosted = await run(() => (calls += 1), { params: [...get.slice(1), ["REQUEST_METHOD", "P\u001b[1m"], ["REQUEST_URI", "/a\r\nb"], ["CONTENT_LENGTH", "+1"]] });
    expect([calls, hosted.sink.status, hosted.sink.text]).toEqual([0, "400 Bad Request", "Bad Request\n"]);
    expect(hosted.log).toMatchObject([{ level: "warning", code: "ERR_REQUEST_CONTENT_LENGTH" }]);
    expect(hosted.log[0]?.message).toMatch(/^P\\x1b\[1m \/a\\x0d\\x0ab: CONTENT_LENGTH is "\+1"/);
  });

  it("a declared body past maxBodyOctets is a 413", async () => {
    const hosted = await run(answering([]), { params: post("11"), body: null, settings: { maxBodyOctets: 10 } });
    expect([hosted.sink.status, codes(hosted)]).toEqual(["413 Content Too Large", ["ERR_LIMIT_BODY"]]);
    // The carrier may go on pushing: nothing is kept and nothing is held up.
    expect([hosted.exchange.input.push(octets("x".repeat(100_000))), hosted.exchange.input.bufferedOctets]).toEqual([true, 0]);
  });

  it("an undeclared one is a 413 when the read escapes", async () => {
    const reading: LooseApplication = async (environ: Environ, startResponse) =>
      answering([await environ["wsgi.input"].read()])(environ, startResponse);
    const hosted = await run(reading, { body: "x".repeat(11), settings: { maxBodyOctets: 10 } });
    expect([hosted.sink.status, codes(hosted)]).toEqual(["413 Content Too Large", ["ERR_LIMIT_BODY"]]);
    const within = await run(reading, { body: "x".repeat(10), settings: { maxBodyOctets: 10 } });
    expect(within.sink.text).toBe("x".repeat(10));
  });

  it("H5 W17 a body that ends short is a 400 when the read escapes, and no error of the application", async () => {
    const hosted = await run(
      async (environ: Environ, startResponse) => answering([await environ["wsgi.input"].read()])(environ, startResponse),
      { params: post("10"), body: "short" },
    );
    expect(hosted.sink.status).toBe("400 Bad Request");
    expect(hosted.log).toMatchObject([{ level: "warning", code: "ERR_BODY_TRUNCATED" }]);
  });

  it("an error that only looks like the peer's is the application's", async () => {
    const hosted = await run(() => raise(new RequestAbortedError("ERR_REQUEST_ABORTED", "of a client it uses")));
    expect(hosted.sink.status).toBe("500 Internal Server Error");
    expect(hosted.log).toMatchObject([{ level: "error", code: "ERR_REQUEST_ABORTED" }]);
  });

  it("S88 a setting that cannot be used is a 500, never an exception in the carrier", async () => {
    const hosted = await run(answering([]), { settings: { environ: { "my.key": "\u20ac" } } });
    expect(hosted.sink.status).toBe("500 Internal Server Error");
    expect(codes(hosted)).toEqual(["ERR_CONFIG_OPTION"]);
  });

  it("S85 warnings of the environ go to the log and the protocol's error stream", async () => {
    const hosted = await run(answering([]), { params: get.slice(1) });
    expect(hosted.log).toMatchObject([{ level: "warning" }]);
    expect(hosted.sink.errorText).toMatch(/REQUEST_METHOD.*\n$/);
  });
});
