/**
 * Every middleware that ships keeps PEP 3333's rules for middleware, whatever the application inside is.
 *
 * A new one is a line of every-middleware.ts.
 */
import { describe, expect, it } from "vitest";
import type { Application, Environ, Middleware, StartResponse, Write } from "../../src/bridge/index.ts";
import { gone, nextTurn, octets, run, start, textOf, type LooseApplication } from "../bridge/hosted.ts";
import { around, closable, shapes, text } from "./around.ts";
import { everyMiddleware, request } from "./every-middleware.ts";

const host = { params: request };

describe.each(everyMiddleware)("$name", ({ middleware, adds = [], isLater, refuses, replaces = [] }) => {
  describe.each(shapes)("around %s", (_shape, make) => {
    it("M1 M4 M7 M15 gives the client what the application alone gives, chunk by chunk", async () => {
      const chunks = ["ab", "c", "def"];
      const bare = await run(make(chunks, { count: 0 }), host);
      const closed = { count: 0 };
      const { sink, log, finished } = await run(around(middleware, make(chunks, closed)), host);
      await finished;
      expect(sink.order).toEqual(bare.sink.order);
      expect(sink.headers.filter(([name]) => !adds.includes(name))).toEqual(bare.sink.headers);
      expect(closed.count).toBe(1);
      expect(log).toEqual([]);
    });

    it("M12 hands close() on once when the client goes", async () => {
      const closed = { count: 0 };
      const closedBare = { count: 0 };
      for (const application of [
        around(middleware, make(["ab", "c"], closed)),
        make(["ab", "c"], closedBare),
      ]) {
        const hosted = start(application, host);
        hosted.exchange.abort(gone());
        await hosted.finished;
        await nextTurn();
      }
      // An application that awaits write() has no body by then.
      expect(closed).toEqual(closedBare);
    });
  });

  it("M2 M7 lets each chunk leave before the next is made", async () => {
    const seen: string[] = [];
    let made = (): string => "";
    const application: LooseApplication = (_environ, startResponse) => {
      startResponse("200 OK", text);
      return (async function* () {
        for (const each of ["a", "b", "c"]) {
          seen.push(`${each} after "${made()}"`);
          yield octets(each);
        }
      })();
    };
    const hosted = start(around(middleware, application), host);
    made = () => hosted.sink.text;
    await hosted.sink.ended;
    expect(seen).toEqual(['a after ""', 'b after "a"', 'c after "ab"']);
  });

  it("M3 M4 hands empty chunks on as what they are", async () => {
    let taken = 0;
    function* body(): Generator<Uint8Array> {
      for (const each of ["", "a", ""]) {
        taken += 1;
        yield octets(each);
      }
    }
    const { sink } = await run(
      around(middleware, (_environ, startResponse) => {
        startResponse("200 OK", text);
        return body();
      }),
      host,
    );
    expect([taken, sink.order]).toEqual([3, ["head 200 OK", "body a", "end complete"]]);
  });

  it("M5 returns a body before the application's has been asked for anything", async () => {
    let asked = false;
    const application: Application = (_environ, startResponse) => {
      startResponse("200 OK", []);
      return {
        [Symbol.asyncIterator]() {
          asked = true;
          return { next: () => Promise.resolve({ done: true as const, value: undefined }) };
        },
      };
    };
    await returned(middleware, application);
    expect(asked).toBe(false);
  });

  it("M6 writes what the application writes, and yields what it yields", async () => {
    const ways: string[] = [];
    const watching: Middleware = (application) => async (environ, startResponse) => {
      const body = await application(environ, (status, headers, excInfo) => {
        const write = startResponse(status, headers, excInfo);
        return (chunk) => {
          ways.push(`write ${textOf(chunk)}`);
          return write(chunk);
        };
      });
      return (async function* () {
        for await (const chunk of body) {
          ways.push(`yield ${textOf(chunk)}`);
          yield chunk;
        }
      })();
    };
    await run(
      around(
        watching,
        around(middleware, async (_environ, startResponse) => {
          await (startResponse("200 OK", text) as Write)(octets("a"));
          return [octets("b")];
        }),
      ),
      host,
    );
    expect(ways).toEqual(["write a", "yield b"]);
  });

  it("keeps an array an array, in the same turn where it has nothing to wait for", async () => {
    const body = returned(middleware, shapes[0]![1](["a"], { count: 0 }));
    expect(body instanceof Promise).toBe(isLater === true);
    expect(Array.isArray(await body)).toBe(true);
  });

  it("keeps an asynchronous iterable one", async () => {
    const body = await returned(middleware, shapes[3]![1](["a"], { count: 0 }));
    expect(Symbol.asyncIterator in body).toBe(true);
  });

  it("M11 lets an error handler of the application replace the head until it has gone", async () => {
    const application: LooseApplication = (_environ, startResponse) => {
      startResponse("200 OK", [["X-Lost", "1"]]);
      startResponse("503 Sorry", text, new Error("late"));
      return [octets("sorry")];
    };
    const { sink } = await run(around(middleware, application), host);
    expect([sink.status, sink.text, sink.header("x-lost")]).toEqual(["503 Sorry", "sorry", undefined]);
    expect(sink.headers.filter(([name]) => name === "Set-Cookie").length).toBe(
      adds.includes("Set-Cookie") ? 1 : 0,
    );
  });

  it("throws what startResponse throws: excInfo after the head, and a second call without", async () => {
    const thrown: unknown[] = [];
    const late = new Error("late");
    const { sink } = await run(
      around(middleware, async (_environ, startResponse) => {
        const write = startResponse("200 OK", text) as Write;
        try {
          startResponse("200 OK", text);
        } catch (error) {
          thrown.push((error as { code: string }).code);
        }
        await write(octets("a"));
        try {
          startResponse("500 Oops", [], late);
        } catch (error) {
          thrown.push(error);
        }
        return [];
      }),
      host,
    );
    expect(thrown).toEqual([refuses === true ? "ERR_VALIDATION" : "ERR_RESPONSE_STARTED", late]);
    // A23: what is thrown for excInfo is not for the application to catch, which the validator holds it to.
    expect([sink.status, sink.text, sink.complete]).toEqual(["200 OK", "a", refuses !== true]);
  });

  it.each<[string, (startResponse: StartResponse) => unknown]>([
    ["headers that are no list", (startResponse) => startResponse("200 OK", "no" as never)],
    ["headers that are no pairs", (startResponse) => startResponse("200 OK", [null] as never)],
    ["a status that is none", (startResponse) => startResponse(200 as never, [])],
  ])("leaves it to the gateway to refuse %s", async (_name, call) => {
    let code: unknown;
    await run(
      around(middleware, (_environ, startResponse) => {
        try {
          call(startResponse as StartResponse);
        } catch (error) {
          code = (error as { code: string }).code;
        }
        startResponse("200 OK", [], new Error("x"));
        return [];
      }),
      host,
    );
    expect(code).toMatch(refuses === true ? /^ERR_VALIDATION$/ : /^ERR_RESPONSE_(?:HEADERS|STATUS)$/);
  });

  it.each([
    ["a string", "text"],
    ["octets without an array", octets("text")],
    ["nothing", undefined],
    ["null", null],
    ["a number", 3],
  ])("answers 500 for %s as a body", async (_name, body) => {
    const { sink, complete } = await answered(middleware, body);
    expect([sink.status, complete]).toEqual(["500 Internal Server Error", true]);
  });

  it("closes what is no body but can be closed", async () => {
    let closed = 0;
    const { sink } = await answered(middleware, { close: () => void (closed += 1) });
    expect([sink.status, closed]).toEqual(["500 Internal Server Error", 1]);
  });

  it.each([
    ["an array", ["text"]],
    ["an iterable", new Set(["text"])],
  ])("answers 500 for a string in %s", async (_name, body) => {
    const { sink, complete } = await answered(middleware, body);
    expect([sink.status, complete]).toEqual(["500 Internal Server Error", true]);
  });

  it("cuts an answer short that fails after its head", async () => {
    const { sink, log } = await run(
      around(middleware, (_environ, startResponse) => {
        startResponse("200 OK", text);
        return (function* () {
          yield octets("a");
          throw new Error("boom");
        })();
      }),
      host,
    );
    expect([sink.order, log.length]).toEqual([["head 200 OK", "body a", "end cut"], 1]);
  });

  it.each<[string, LooseApplication]>([
    ["throws", () => fail()],
    ["rejects", () => Promise.reject(new Error("secret"))],
    ["yields first", (_environ, startResponse) => lateFailure(startResponse as StartResponse)],
  ])("answers 500 for an application that fails before its head: %s", async (_name, application) => {
    const { sink, log, errors } = await run(around(middleware, application), host);
    expect(sink.status).toBe("500 Internal Server Error");
    // Somebody is told: the gateway's log, or wsgi.errors.
    expect(JSON.stringify(log.map((entry) => entry.message)) + errors.join("")).toContain("secret");
  });

  it("M14 M15 leaves the environ of its caller as it was", async () => {
    let before: Record<string, unknown> = {};
    let environ: Environ | undefined;
    const watching: Middleware = (application) => (given, startResponse) => {
      environ = given;
      before = { ...given };
      return application(given, startResponse);
    };
    await run(around(watching, around(middleware, shapes[0]![1](["a"], { count: 0 }))), host);
    for (const key of replaces) before[key] = environ?.[key];
    expect({ ...environ }).toEqual(before);
  });

  it("gives the application a plain environ with all that came, and the signal of its request", async () => {
    let inner: Environ | undefined;
    let outer: Environ | undefined;
    const watching: Middleware = (application) => (given, startResponse) => {
      outer = given;
      return application(given, startResponse);
    };
    const application: Application = (environ, startResponse) => {
      inner = environ;
      startResponse("200 OK", []);
      return [];
    };
    await run(around(watching, around(middleware, application as LooseApplication)), host);
    expect(Object.getPrototypeOf(inner)).toBe(Object.prototype);
    expect(Object.keys(inner ?? {})).toEqual(expect.arrayContaining(Object.keys(outer ?? {})));
    expect(inner?.["tsgi.signal"]).toBe(outer?.["tsgi.signal"]);
  });

  it("closes what was made when the client has gone before the application answers", async () => {
    const closed = { count: 0 };
    const hosted = start(
      around(middleware, async (_environ, startResponse) => {
        await nextTurn();
        startResponse("200 OK", text);
        return closable([octets("a")], closed);
      }),
      host,
    );
    hosted.exchange.abort(gone());
    await hosted.finished;
    await nextTurn();
    expect(closed.count).toBe(1);
  });

  it("is the same when it stands twice", async () => {
    const bare = await run(shapes[3]![1](["a", "b"], { count: 0 }), host);
    const twice = around(middleware, around(middleware, shapes[3]![1](["a", "b"], { count: 0 })));
    const { sink } = await run(twice, host);
    expect(sink.order).toEqual(bare.sink.order);
  });
});

function fail(): never {
  throw new Error("secret");
}

function* lateFailure(startResponse: StartResponse): Generator<Uint8Array> {
  startResponse("200 OK", text);
  yield octets("");
  throw new Error("secret");
}

async function answered(
  middleware: Middleware,
  body: unknown,
): Promise<{
  readonly sink: Awaited<ReturnType<typeof run>>["sink"];
  readonly complete: boolean | undefined;
}> {
  const { sink } = await run(
    around(middleware, (_environ, startResponse) => {
      startResponse("200 OK", text);
      return body;
    }),
    host,
  );
  return { sink, complete: sink.complete };
}

/** What the middleware returns, when it is called by a test in place of a gateway. */
function returned(middleware: Middleware, application: Application): ReturnType<Application> {
  let result: ReturnType<Application> | undefined;
  start((environ, startResponse) => {
    result = middleware(application)(environ as Environ, startResponse as StartResponse);
    return [];
  }, host);
  if (result === undefined) throw new Error("the middleware was not called");
  return result;
}
