/** close(), and what becomes of a request whose peer goes. */
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import {
  answering,
  failing,
  failingLater,
  gone,
  nextTurn,
  octets,
  post,
  prepare,
  raise,
  RecordingSink,
  run,
  start,
  type LooseApplication,
} from "./hosted.ts";

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
    [
      "a generator",
      () =>
        (function* () {
          yield octets("a");
        })(),
    ],
    [
      "an async generator",
      () =>
        (async function* () {
          yield octets("a");
        })(),
    ],
    ["a generator that throws", () => failing()],
    ["an async generator that throws midway", () => failingLater(octets("a"))],
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
