/** How an application is called and its body gone through: PEP 3333 "The Application/Framework Side" and buffering. */
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import {
  answering,
  get,
  gone,
  nextTurn,
  octets,
  prepare,
  RecordingSink,
  run,
  start,
  type LooseApplication,
} from "./hosted.ts";

describe("the call", () => {
  it("S1 any callable will do: functions, bound, async, generators, callable proxies", async () => {
    const plain: LooseApplication = (_environ, startResponse) => {
      startResponse("200 OK", []);
      return [octets("a")];
    };
    const generator = async function* (_environ: unknown, startResponse: (...all: unknown[]) => void) {
      startResponse("200 OK", []);
      yield octets("a");
    };
    class Counter {
      calls = 0;
      handle(_environ: unknown, startResponse: (...all: unknown[]) => void): Uint8Array[] {
        this.calls += 1;
        startResponse("200 OK", []);
        return [octets("a")];
      }
    }
    const counter = new Counter();
    const callables = [
      plain,
      async (e: unknown, s: unknown) => plain(e, s),
      generator,
      counter.handle.bind(counter),
      new Proxy(plain, {}),
    ];
    for (const application of callables as LooseApplication[]) {
      expect((await run(application)).sink.text).toBe("a");
    }
    expect(counter.calls).toBe(1);
  });

  it("S2 A1 passes environ and start_response, by position and nothing else", async () => {
    const calls: unknown[][] = [];
    await run(function (this: unknown, ...parameters: unknown[]) {
      expect(this).toBeUndefined();
      calls.push(parameters);
      return answering([])(parameters[0], parameters[1]);
    });
    expect(calls.map((parameters) => parameters.map((each) => typeof each))).toEqual([
      ["object", "function"],
    ]);
  });

  it("S3 A2 once for each request, however often the carrier starts it", () => {
    let calls = 0;
    const { exchange } = start((environ, startResponse) => {
      calls += 1;
      return answering([])(environ, startResponse);
    });
    exchange.start();
    expect(calls).toBe(1);
  });

  it("S4 S5 environ is a plain object of this request's own, free to be changed", async () => {
    const seen: Environ[] = [];
    const application: LooseApplication = (environ: Environ, startResponse) => {
      seen.push(environ);
      environ.PATH_INFO = "/changed";
      environ["my.key"] = 1;
      delete environ.REMOTE_ADDR;
      return answering([])(environ, startResponse);
    };
    const hosted = await run(application);
    await run(application);
    expect(Object.getPrototypeOf(seen[1])).toBe(Object.prototype);
    expect(seen[0]).not.toBe(seen[1]);
    // What a log line calls the request is what came, not what the application made of it.
    expect(hosted.exchange.path).toBe("/app/x");
  });

  it("S6 S34 S35 S99 has the streams, the signal and the file wrapper", async () => {
    await run((environ: Environ, startResponse) => {
      for (const method of ["read", "readline", "readlines", "chunks"] as const) {
        expect(environ["wsgi.input"][method]).toBeTypeOf("function");
      }
      for (const method of ["write", "writelines", "flush"] as const) {
        expect(environ["wsgi.errors"][method]).toBeTypeOf("function");
      }
      expect(environ["wsgi.file_wrapper"]).toBeTypeOf("function");
      expect(environ["tsgi.signal"]).toBeInstanceOf(AbortSignal);
      expect(environ["tsgi.data"]).toBeUndefined();
      return answering([])(environ, startResponse);
    });
  });

  it("S38 S39 S40 S97 passes the server's settings on", async () => {
    const settings = { multithread: false, multiprocess: true, runOnce: true, environ: { "my.key": "v" } };
    await run(
      (environ: Environ, startResponse) => {
        expect([environ["wsgi.multithread"], environ["wsgi.multiprocess"], environ["wsgi.run_once"]]).toEqual(
          [false, true, true],
        );
        expect(environ["my.key"]).toBe("v");
        return answering([])(environ, startResponse);
      },
      { settings },
    );
  });

  it("tsgi.data is a Filter's file, and only a Filter has one", async () => {
    const { exchange, sink } = start(
      async (environ: Environ, startResponse) => {
        const file = await environ["tsgi.data"]?.read();
        return answering([file])(environ, startResponse);
      },
      { role: "filter", params: [...get, ["FCGI_DATA_LENGTH", "4"]] },
    );
    exchange.data?.push(octets("file"));
    exchange.data?.end();
    await sink.ended;
    expect(sink.text).toBe("file");
    expect(prepare(answering([])).exchange.data).toBeUndefined();
  });

  it("tsgi.data rejects like wsgi.input when the peer goes, or when it is shorter than FCGI_DATA_LENGTH", async () => {
    const reading: LooseApplication = async (environ: Environ, startResponse) =>
      answering([await environ["tsgi.data"]?.read()])(environ, startResponse);
    const params = [...get, ["FCGI_DATA_LENGTH", "4"]] as const;
    const short = start(reading, { role: "filter", params });
    short.exchange.data?.push(octets("fi"));
    short.exchange.data?.end();
    await short.sink.ended;
    expect([short.sink.status, short.log[0]?.code]).toEqual(["400 Bad Request", "ERR_BODY_TRUNCATED"]);
    const left = start(reading, { role: "filter", params });
    left.exchange.abort(gone());
    await left.finished;
    expect(left.log).toMatchObject([{ level: "info", code: "ERR_REQUEST_ABORTED" }]);
  });
});

describe("the body", () => {
  it("an array, or a promise of one, is answered without anything else in between", async () => {
    const immediate = start(answering([octets("a"), octets("b")]));
    expect(immediate.sink.calls).toEqual(["head 200 OK", "body a", "body b", "end complete"]);
    expect(immediate.exchange.finished).toBe(true);
    const promised = await run(async (environ, startResponse) =>
      answering([octets("a")])(environ, startResponse),
    );
    expect(promised.sink.calls).toEqual(["head 200 OK", "body a", "end complete"]);
  });

  it.each<[string, () => unknown]>([
    ["an array", () => [octets("a"), octets("b")]],
    ["a set", () => new Set([octets("a"), octets("b")])],
    [
      "a generator",
      function* () {
        yield octets("a");
        yield octets("b");
      },
    ],
    [
      "an async generator",
      async function* () {
        yield octets("a");
        yield octets("b");
      },
    ],
    ["Buffers", () => [Buffer.from("a"), Buffer.from("b")]],
    ["a web stream", () => new Blob(["ab"]).stream()],
    [
      "a thenable",
      () =>
        // oxlint-disable-next-line unicorn/no-thenable
        Object.defineProperty({}, "then", {
          value: (resolve: (body: unknown) => void) => resolve([octets("ab")]),
        }),
    ],
    ["an iterator that is its own iterable", () => [octets("a"), octets("b")].values()],
  ])("S10 A4 A6 may be %s", async (_name, make) => {
    const { sink, log } = await run(answering(make()));
    expect([sink.text, sink.complete, log]).toEqual(["ab", true, []]);
  });

  it("S10 A31 S84 octets leave as they are, line ends and NULs too", async () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const { sink } = await run(answering([all, octets("\r\n\n\r")]));
    expect(Buffer.from(sink.text, "latin1")).toEqual(Buffer.concat([all, octets("\r\n\n\r")]));
  });

  it("S84 chunks of another realm's Uint8Array are octets too", async () => {
    const { runInNewContext } = await import("node:vm");
    const foreign = runInNewContext("new Uint8Array([97, 98])") as Uint8Array;
    expect(foreign instanceof Uint8Array).toBe(false);
    expect((await run(answering([foreign]))).sink.text).toBe("ab");
  });

  it("S14 A9 start_response may be called in the first step of the iteration", async () => {
    const generated = await run(function* (_environ: unknown, startResponse: (...all: unknown[]) => void) {
      startResponse("201 Created", []);
      yield octets("a");
    });
    const generatedLater = await run(async function* (
      _environ: unknown,
      startResponse: (...all: unknown[]) => void,
    ) {
      yield octets("");
      startResponse("201 Created", []);
      yield octets("a");
    });
    expect([generated.sink.status, generatedLater.sink.status]).toEqual(["201 Created", "201 Created"]);
  });

  it("S15 no attribute of the body is looked at but its iterator and close", async () => {
    const touched = new Set<unknown>();
    const body = new Proxy(
      {
        *[Symbol.iterator]() {
          yield octets("a");
        },
      },
      {
        get(target, key, receiver) {
          touched.add(key);
          return Reflect.get(target, key, receiver) as unknown;
        },
      },
    );
    await run(answering(body));
    expect([...touched].filter((key) => key !== "then")).toEqual([
      Symbol.asyncIterator,
      Symbol.iterator,
      "close",
    ]);
  });
});

describe("sending", () => {
  it.each([
    [
      "a generator",
      function* (sink: RecordingSink) {
        yield octets("a");
        sink.calls.push("asked for b");
        yield octets("b");
      },
    ],
    [
      "an async generator",
      async function* (sink: RecordingSink) {
        yield octets("a");
        sink.calls.push("asked for b");
        yield octets("b");
      },
    ],
  ])("S9 S76 S77 each chunk of %s is sent and flushed before the next is asked for", async (_name, make) => {
    const sink = new RecordingSink();
    await run(answering(make(sink)), { sink });
    expect(sink.calls).toEqual([
      "head 200 OK",
      "body a",
      "flush",
      "asked for b",
      "body b",
      "flush",
      "end complete",
    ]);
  });

  it.each<[string, (chunks: string[]) => unknown]>([
    ["an array", (chunks) => chunks.map(octets)],
    [
      "a generator",
      function* (chunks) {
        yield* chunks.map(octets);
      },
    ],
    [
      "an async generator",
      async function* (chunks) {
        yield* chunks.map(octets);
      },
    ],
  ])(
    "S77 a full sink is waited for, and the end does not overtake what it holds: %s",
    async (_name, make) => {
      const sink = new RecordingSink();
      sink.full = true;
      start(answering(make(["a", "b"])), { sink });
      await nextTurn();
      expect(sink.order).toEqual(["head 200 OK", "body a", "drained"]);
      sink.drain();
      sink.full = true;
      await nextTurn();
      expect(sink.order).toEqual(["head 200 OK", "body a", "drained", "body b", "drained"]);
      sink.drain();
      await sink.ended;
      expect(sink.order.at(-1)).toBe("end complete");
    },
  );

  it("S77 the only chunk of an array is waited for as well", async () => {
    const sink = new RecordingSink();
    sink.full = true;
    start(answering([octets("a")]), { sink });
    await nextTurn();
    expect(sink.order).toEqual(["head 200 OK", "body a", "drained"]);
    sink.drain();
    await sink.ended;
    expect(sink.complete).toBe(true);
  });

  it("a peer that goes while the sink is full ends it all quietly", async () => {
    const sink = new RecordingSink();
    sink.full = true;
    let closed = 0;
    const body = Object.assign([octets("a"), octets("b")], { close: () => void (closed += 1) });
    const { exchange, log, finished } = start(answering(body), { sink });
    const reason = gone();
    exchange.abort(reason);
    sink.fail(reason);
    await finished;
    await nextTurn();
    expect([sink.order, closed, log]).toEqual([["head 200 OK", "body a", "drained"], 1, []]);
  });

  it("a sink that reports the peer's going only by drained() is as good as an abort", async () => {
    const sink = new RecordingSink();
    sink.full = true;
    let signal: AbortSignal | undefined;
    const { exchange, log, finished } = start(
      (environ: Environ, startResponse) => {
        signal = environ["tsgi.signal"];
        return answering([octets("a")])(environ, startResponse);
      },
      { sink },
    );
    await nextTurn();
    sink.fail(gone());
    await finished;
    expect([signal?.aborted, exchange.finished, log]).toEqual([true, true, []]);
  });
});

describe("write()", () => {
  it("S78 S79 A26 A27 sends at once, in order, the head first, and what is yielded after it", async () => {
    const { sink } = await run(async (_environ, startResponse) => {
      const write = startResponse("200 OK", []) as (chunk: Uint8Array) => Promise<void>;
      await write(octets("a"));
      await write(octets("b"));
      return [octets("c"), octets("d")];
    });
    expect(sink.calls).toEqual([
      "head 200 OK",
      "body a",
      "flush",
      "body b",
      "flush",
      "body c",
      "body d",
      "end complete",
    ]);
  });

  it("S80 non-empty chunks after write() are sent as ever", async () => {
    const { sink } = await run((_environ, startResponse) => {
      void startResponse("200 OK", [])(octets("a"));
      return (function* () {
        yield octets("b");
      })();
    });
    expect(sink.text).toBe("ab");
  });

  it("S78 resolves when the sink has room again", async () => {
    const sink = new RecordingSink();
    sink.full = true;
    const order: string[] = [];
    start(
      async (_environ, startResponse) => {
        await startResponse("200 OK", [])(octets("a"));
        order.push("written");
        return [];
      },
      { sink },
    );
    await nextTurn();
    order.push("drain");
    sink.drain();
    await sink.ended;
    expect(order).toEqual(["drain", "written"]);
  });

  it("S78 one that was not awaited is waited for before the end", async () => {
    const sink = new RecordingSink();
    sink.full = true;
    start(
      (_environ, startResponse) => {
        startResponse("200 OK", [])(octets("a"));
        return [];
      },
      { sink },
    );
    await nextTurn();
    expect(sink.complete).toBeUndefined();
    sink.drain();
    await sink.ended;
    expect(sink.order.at(-1)).toBe("end complete");
  });

  it("S84 A31 throws at once for what is no octets, so that nobody can lose it", async () => {
    const { sink, log } = await run((_environ, startResponse) => {
      startResponse("200 OK", [])("text");
      return [];
    });
    expect(sink.status).toBe("500 Internal Server Error");
    expect(log[0]).toMatchObject({ code: "ERR_RESPONSE_CHUNK" });
    expect(log[0]?.message).toContain("new TextEncoder().encode(text)");
  });

  it("rejects with ERR_RESPONSE_ENDED after the end", async () => {
    let write: ((chunk: Uint8Array) => Promise<void>) | undefined;
    await run((_environ, startResponse) => {
      write = startResponse("200 OK", []) as typeof write;
      return [];
    });
    await expect(write?.(octets("a"))).rejects.toMatchObject({ code: "ERR_RESPONSE_ENDED" });
  });
});
