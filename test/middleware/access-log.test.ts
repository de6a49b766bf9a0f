/** `accessLog`: what is counted, when the line is written, and by whom. The form of lines: bridge/access-log-format. */
import { describe, expect, it } from "vitest";
import type { Application, Middleware, Write } from "../../src/bridge/index.ts";
import { LimitExceededError } from "../../src/errors/index.ts";
import { accessLog, basicAuth, type AccessLogNotes } from "../../src/middleware/index.ts";
import { gate, startServing } from "../support/serving.ts";
import {
  answering,
  failing,
  get,
  gone,
  head,
  nextTurn,
  octets,
  post,
  RecordingSink,
  run,
  start,
  type LooseApplication,
} from "../bridge/hosted.ts";
import { around, shapes } from "./around.ts";

/** A log of `status octets aborted` lines. */
function recording(format = "%s %B %X"): { readonly lines: string[]; readonly middleware: Middleware } {
  const lines: string[] = [];
  return { lines, middleware: accessLog({ format, write: (line) => lines.push(line) }) };
}

describe("accessLog", () => {
  it.each(shapes)("writes one line for %s, with the octets it had", async (_name, make) => {
    const { lines, middleware } = recording();
    const { finished } = await run(around(middleware, make(["ab", "", "cde"], { count: 0 })));
    await finished;
    expect(lines).toEqual(["200 5 -\n"]);
  });

  it("writes it when the answer has ended, not before", async () => {
    const order: string[] = [];
    const sink = new RecordingSink();
    const { finished } = await run(
      around(
        accessLog({ format: "x", write: () => void order.push(`line after ${sink.calls.at(-1)}`) }),
        answering([octets("a")]),
      ),
      { sink },
    );
    await finished;
    expect(order).toEqual(["line after end complete"]);
  });

  it("writes to wsgi.errors by default, in the combined format", async () => {
    const { errors, finished } = await run(around(accessLog(), answering([octets("abc")])), {
      params: [...get, ["REMOTE_ADDR", "192.0.2.1"]],
    });
    await finished;
    expect(errors.length).toBe(1);
    expect(errors[0]).toMatch(/^192\.0\.2\.1 - - \[.*\] "GET \/app\/x HTTP\/1\.1" 200 3 "-" "-"\n$/);
  });

  it.each<[string, LooseApplication, Parameters<typeof run>[1], string]>([
    ["HEAD", answering([octets("abc")]), { params: head }, "200 0 -\n"],
    ["204", answering([octets("abc")], [], "204 No Content"), {}, "204 0 -\n"],
    ["304", answering([octets("abc")], [], "304 Not Modified"), {}, "304 0 -\n"],
    ["what is past Content-Length", answering([octets("abc")], [["Content-Length", "2"]]), {}, "200 2 -\n"],
    ["an empty body", answering([]), {}, "200 0 -\n"],
  ])("counts what the client gets: %s", async (_name, application, options, line) => {
    const { lines, middleware } = recording();
    const { finished } = await run(around(middleware, application), options);
    await finished;
    expect(lines).toEqual([line]);
  });

  it.each<[string, LooseApplication, string]>([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
      "500 0 -\n",
    ],
    ["rejects", () => Promise.reject(new Error("boom")), "500 0 -\n"],
    ["returns nothing", () => undefined, "500 0 -\n"],
    ["fails before its first chunk", answering(failing()), "500 0 -\n"],
    ["fails after its first chunk", answering(failing(octets("ab"))), "200 2 X\n"],
    [
      "is refused its body",
      () => {
        throw new LimitExceededError("ERR_LIMIT_BODY", "maxBodyOctets", 1, 2, "too large");
      },
      "413 0 -\n",
    ],
  ])("says what the gateway answers an application that %s", async (_name, application, line) => {
    const { lines, middleware } = recording();
    const { finished } = await run(around(middleware, application));
    await finished;
    expect(lines).toEqual([line]);
  });

  it("says 413 where the body was too large, as the gateway does", async () => {
    const { lines, middleware } = recording();
    const { sink, finished } = await run(
      around(middleware, async (environ) => {
        await environ["wsgi.input"].read();
        return [];
      }),
      { params: post(""), body: "abc", settings: { maxBodyOctets: 2 } },
    );
    await finished;
    expect([sink.status, lines]).toEqual(["413 Content Too Large", ["413 0 -\n"]]);
  });

  it.each<[string, unknown]>([
    ["an array", [octets("ab"), octets("cd")]],
    [
      "an asynchronous iterable",
      (async function* () {
        yield octets("ab");
        yield octets("cd");
      })(),
    ],
  ])("marks %s that the client did not wait for", async (_name, body) => {
    const { lines, middleware } = recording();
    const sink = new RecordingSink();
    sink.full = true;
    const hosted = start(around(middleware, answering(body)), { sink });
    await nextTurn();
    hosted.exchange.abort(gone());
    await hosted.finished;
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatch(/^200 [24] X\n$/);
  });

  it("marks an answer that came when the client had gone", async () => {
    const { lines, middleware } = recording();
    const hosted = start(
      around(middleware, async (environ, startResponse) => {
        await nextTurn();
        return answering([octets("ab")])(environ, startResponse);
      }),
    );
    hosted.exchange.abort(gone());
    await hosted.finished;
    expect(lines).toEqual(["200 2 X\n"]);
  });

  it("does not mark an answer whose client went after its end", async () => {
    const { lines, middleware } = recording();
    const hosted = start(around(middleware, answering([octets("ab")])));
    hosted.exchange.abort(gone());
    await hosted.finished;
    expect(lines).toEqual(["200 2 -\n"]);
  });

  it("counts write() and what is yielded after it", async () => {
    const { lines, middleware } = recording();
    const { finished } = await run(
      around(middleware, async (_environ, startResponse) => {
        await (startResponse("200 OK", []) as Write)(octets("abc"));
        return [octets("d")];
      }),
    );
    await finished;
    expect(lines).toEqual(["200 4 -\n"]);
  });

  it("logs the head that replaced the first one", async () => {
    const { lines, middleware } = recording("%s %{X-A}o");
    const { finished } = await run(
      around(middleware, (_environ, startResponse) => {
        startResponse("200 OK", [["X-A", "1"]]);
        startResponse("500 Oops", [["X-A", "2"]], new Error("late"));
        return [];
      }),
    );
    await finished;
    expect(lines).toEqual(["500 2\n"]);
  });

  it("learns from basicAuth who it was, and logs those who were not let in", async () => {
    const { lines, middleware } = recording("%u %s");
    const inner = basicAuth({ users: { "zo\u00eb s": "p" } })(answering([octets("x")]) as Application);
    for (const password of ["p", "q"]) {
      const credentials = Buffer.from(`zo\u00eb s:${password}`).toString("base64");
      const { finished } = await run(around(middleware, inner as LooseApplication), {
        params: [...get, ["HTTP_AUTHORIZATION", `Basic ${credentials}`]],
      });
      await finished;
    }
    expect(lines).toEqual([String.raw`zo\xc3\xab\x20s 200` + "\n", "- 401\n"]);
  });

  it("offers the same to any other middleware", async () => {
    const { lines, middleware } = recording("%u");
    const { finished } = await run(
      around(middleware, (environ, startResponse) => {
        (environ["tsgi.access_log"] as AccessLogNotes).user = "token 7";
        return answering([])(environ, startResponse);
      }),
    );
    await finished;
    expect(lines).toEqual([String.raw`token\x207` + "\n"]);
  });

  it("takes a function for the format", async () => {
    const lines: string[] = [];
    const middleware = accessLog({
      format: ({ status, octets: count, durationMs, startedAt }) =>
        `${status} ${count} ${durationMs >= 0} ${Math.abs(Date.now() - startedAt) < 60_000}`,
      write: (line) => lines.push(line),
    });
    const { finished } = await run(around(middleware, answering([octets("ab")])));
    await finished;
    expect(lines).toEqual(["200 OK 2 true true\n"]);
  });

  it.each<[string, Parameters<typeof accessLog>[0]]>([
    [
      "write",
      {
        write: () => {
          throw new Error("disk full");
        },
      },
    ],
    [
      "format",
      {
        format: () => {
          throw new Error("disk full");
        },
      },
    ],
    ["a promise of write", { write: () => Promise.reject(new Error("disk full")) }],
  ])("loses a line, not an answer, when %s throws", async (_name, options) => {
    const { sink, errors, log, finished } = await run(around(accessLog(options), answering([octets("ab")])));
    await finished;
    expect([sink.text, sink.complete, log]).toEqual(["ab", true, []]);
    expect(errors.join("")).toContain("the access log line could not be written: Error: disk full");
  });

  it("refuses a format with an unknown directive when it is made", () => {
    expect(() => accessLog({ format: "%h %Z" })).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION" }) as Error,
    );
  });

  it("marks a client that goes away over a real socket", async () => {
    const logged = gate<string>();
    const left = gate();
    const application: Application = (environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* () {
        yield octets("abc");
        left.open();
        await new Promise((resolve) => environ["tsgi.signal"].addEventListener("abort", resolve));
        yield octets("never sent");
      })();
    };
    const middleware = accessLog({ format: "%s %B %X", write: (line) => logged.open(line) });
    const { connect } = await startServing(middleware(application));
    const peer = await connect();
    peer.request(1);
    await left.opened;
    peer.socket.destroy();
    expect(await logged.opened).toBe("200 3 X\n");
  });
});
