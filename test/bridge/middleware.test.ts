/** PEP 3333 "Middleware": what the gateway must stand so that the rules for middleware can be kept. */
import { describe, expect, it } from "vitest";
import type {
  Application,
  Environ,
  HeaderList,
  Middleware,
  ResponseBody,
  StartResponse,
  Write,
} from "../../src/bridge/index.ts";
import { answering, failing, octets, run, textOf, type LooseApplication } from "./hosted.ts";

/** Turns text into capitals: the sample of docs/specification.md. */
const capitals: Middleware = (application) => async (environ, startResponse) => {
  let isText = false;
  const start: StartResponse = (status, headers, excInfo) => {
    isText = headers.some(
      ([name, value]) => name.toLowerCase() === "content-type" && value.startsWith("text/"),
    );
    const write = startResponse(status, headers, excInfo);
    return (chunk) => write(isText ? upper(chunk) : chunk);
  };
  const body = await application(environ, start);
  return {
    async *[Symbol.asyncIterator]() {
      // A loop that takes one and gives one holds nothing back (M2, M4, M7).
      for await (const chunk of body) yield isText ? upper(chunk) : chunk;
    },
    close: () => body.close?.(),
  };
};

function upper(chunk: Uint8Array): Uint8Array {
  return octets(textOf(chunk).toUpperCase());
}

/** Adds a header, and is otherwise as good as not there. */
const tagging: Middleware = (application) => (environ, startResponse) =>
  application(environ, (status, headers, excInfo) =>
    startResponse(status, [...headers, ["X-Tag", "1"]], excInfo),
  );

const wrapped = (middleware: Middleware, application: LooseApplication): LooseApplication =>
  middleware(application as Application) as LooseApplication;

const text: HeaderList = [["Content-Type", "text/plain"]];

describe("middleware", () => {
  it("M1 M15 is an application to the gateway and a gateway to the application: neither can tell", async () => {
    const plain = answering([octets("abc")]);
    const { sink } = await run(wrapped(tagging, wrapped(tagging, plain)));
    expect(sink.headers).toEqual([
      ["X-Tag", "1"],
      ["X-Tag", "1"],
      ["Content-Length", "3"],
    ]);
    expect(sink.calls).toEqual(["head 200 OK", "body abc", "end complete"]);
  });

  it("M2 M4 M7 a chunk that goes through leaves before the next is made", async () => {
    const order: string[] = [];
    async function* body(): AsyncGenerator<Uint8Array> {
      for (const each of ["a", "b"]) {
        order.push(`make ${each}`);
        yield octets(each);
      }
    }
    const hosted = run(wrapped(capitals, answering(body(), text)), {});
    const { sink } = await hosted;
    expect(sink.calls).toEqual(["head 200 OK", "body A", "flush", "body B", "flush", "end complete"]);
    expect(order).toEqual(["make a", "make b"]);
  });

  it("M3 empty chunks may stand for nothing yet: they send neither head nor octets", async () => {
    const waiting: Middleware = (application) => async (environ, startResponse) => {
      const body = await application(environ, startResponse);
      return (async function* () {
        let all = "";
        for await (const chunk of body) {
          all += textOf(chunk);
          yield octets("");
        }
        yield octets(all);
      })();
    };
    const { sink } = await run(wrapped(waiting, answering([octets("a"), octets("b")])));
    expect(sink.order).toEqual(["head 200 OK", "body ab", "end complete"]);
  });

  it("M5 may return its own iterable before the application's has been touched", async () => {
    const lazy: Middleware = (application) => (environ, startResponse) =>
      (async function* () {
        yield* (await application(environ, startResponse)) as AsyncIterable<Uint8Array>;
      })();
    expect((await run(wrapped(lazy, answering([octets("a")])))).sink.text).toBe("a");
  });

  it("M6 hands on the application's write() by the gateway's, and yielded chunks by its iterable", async () => {
    const application: LooseApplication = (_environ, startResponse) => {
      const write = startResponse("200 OK", text) as Write;
      void write(octets("a"));
      return [octets("b")];
    };
    expect((await run(wrapped(capitals, application))).sink.text).toBe("AB");
  });

  it("M11 may keep the arguments of an error for itself, and answer by its own", async () => {
    const intercepting: Middleware = (application) => async (environ, startResponse) => {
      let failed = false;
      const body = await application(environ, (status, headers, excInfo) => {
        if (excInfo === undefined) return startResponse(status, headers);
        failed = true;
        return startResponse("503 Sorry", [], excInfo);
      });
      return failed ? [octets("sorry")] : body;
    };
    const application: LooseApplication = (_environ, startResponse) => {
      startResponse("200 OK", []);
      startResponse("500 Oops", [], new Error("late"));
      return [octets("stack and all")];
    };
    const { sink } = await run(wrapped(intercepting, application));
    expect([sink.status, sink.text]).toEqual(["503 Sorry", "sorry"]);
  });

  it.each<[string, () => Iterable<unknown>]>([
    ["ends", () => [octets("a")]],
    ["fails", () => failing(octets("a"))],
  ])("M12 hands close() on, once, also when the body %s", async (_name, make) => {
    let closed = 0;
    const body = Object.assign(make(), { close: () => void (closed += 1) }) as ResponseBody;
    const { finished } = await run(wrapped(capitals, answering(body, text)));
    await finished;
    expect(closed).toBe(1);
  });

  it("M12 a Content-Length that it forgot to mend is kept to, not believed", async () => {
    const doubling: Middleware = (application) => async (environ, startResponse) => {
      const body = await application(environ, startResponse);
      return (async function* () {
        for await (const chunk of body) yield Buffer.concat([chunk, chunk]);
      })();
    };
    const application = answering([octets("ab")], [["Content-Length", "2"]]);
    const { sink, log } = await run(wrapped(doubling, application));
    expect([sink.text, sink.complete, log[0]?.code]).toEqual(["ab", true, "ERR_RESPONSE_LENGTH"]);
  });

  it("M14 what it replaces in environ is what the application gets", async () => {
    const quiet: Middleware = (application) => (environ, startResponse) =>
      application({ ...environ, "wsgi.errors": { write() {}, writelines() {}, flush() {} } }, startResponse);
    const { errors, sink } = await run(
      wrapped(quiet, (environ: Environ, startResponse) => {
        environ["wsgi.errors"].write("unheard");
        return answering([octets("a")])(environ, startResponse);
      }),
    );
    expect([errors, sink.text]).toEqual([[], "a"]);
  });
});
