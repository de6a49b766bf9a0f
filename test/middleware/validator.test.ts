/** The validator between a real gateway and applications: what it says, and that it is not there otherwise. */
import * as fc from "fast-check";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import { describe, expect, it, test } from "vitest";
import { setupTestingDefaults, type Application, type Environ } from "../../src/bridge/index.ts";
import { ValidationError } from "../../src/errors/index.ts";
import { validator, type ValidatorOptions } from "../../src/middleware/index.ts";
import { conformanceApplication, inject } from "../../src/testing/index.ts";
import {
  answering,
  codes,
  failing,
  failingLater,
  get,
  gone,
  head,
  nextTurn,
  octets,
  post,
  raise,
  run,
  start,
  textOf,
  type LooseApplication,
} from "../bridge/hosted.ts";
import { itConforms } from "../support/embedded-site.ts";

const text: [string, string] = ["Content-Type", "text/plain"];

const validated = (application: LooseApplication, options?: ValidatorOptions): LooseApplication =>
  validator(application as Application, options) as LooseApplication;

async function* later(...chunks: unknown[]): AsyncGenerator {
  yield* chunks;
}

function* now(...chunks: unknown[]): Generator {
  yield* chunks;
}

describe("what it says", () => {
  it("names the rule, who broke it, the request, what came and what was expected", async () => {
    const application = answering([octets("x")], [text, ["Age", 5 as never]]);
    const { sink, log } = await run(validated(application));
    expect(sink.status).toBe("500 Internal Server Error");
    expect(sink.text).not.toContain("Age");
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({ level: "error", code: "ERR_VALIDATION" });
    expect(log[0]?.error).toBeInstanceOf(ValidationError);
    expect(log[0]?.error).toMatchObject({
      rule: "V30",
      side: "application",
      message: 'V30 (A17), application, GET /app/x: the value of "Age" is a number (5); expected a string',
    });
  });

  it("blames the server for an environ that is wrong, by the request as it came", async () => {
    const spoilt: LooseApplication = (environ, startResponse) => {
      environ.SERVER_NAME = "";
      return validated(answering([], [text]))(environ, startResponse);
    };
    const { log } = await run(spoilt);
    expect(log[0]?.error).toMatchObject({
      side: "server",
      message: "S23, server, GET /app/x: SERVER_NAME is empty",
    });
  });

  it("O5 shows a request's control characters escaped, and long paths cut", async () => {
    const path = `/\n\x1b[31m${"x".repeat(300)}`;
    const { log } = await run(validated(answering("text", [text])), {
      params: [["PATH_INFO", path], ...get.filter(([name]) => name !== "PATH_INFO")],
    });
    const message = String(log[0]?.error);
    expect(message).toContain("/app/\\x0a\\x1b[31m");
    expect(message.length).toBeLessThan(400);
  });

  it("warns in wsgi.errors, once for each that differs", async () => {
    const application = validated(answering([], [["X", "y"]]), { warnOnly: ["V37"] });
    const first = await run(application);
    expect(first.errors).toEqual([
      "validator: V37 (RFC 9110 8.3), application, GET /app/x: the headers have no Content-Type; " +
        "expected one with the status 200\n",
    ]);
    expect(first.sink.status).toBe("200 OK");
    expect((await run(application)).errors).toEqual([]);
  });

  it("gives every warning to onWarning where there is one", async () => {
    const warnings: string[] = [];
    const application = validated(answering([], [["X", "y"]]), {
      warnOnly: ["V37"],
      onWarning: ({ rule }) => warnings.push(rule),
    });
    await run(application);
    expect((await run(application)).errors).toEqual([]);
    expect(warnings).toEqual(["V37", "V37"]);
  });

  it("goes on saying warnings after 256 that differ, in bounded memory", async () => {
    const application = validated(answering([], [text]));
    const ask = async (method: string): Promise<number> =>
      (await run(application, { params: [["REQUEST_METHOD", method], ...get.slice(1)] })).errors.length;
    for (let number = 0; number < 257; number += 1) expect(await ask(`M${number}`)).toBe(1);
    expect(await ask("M256")).toBe(0);
    expect(await ask("M0")).toBe(1);
  });

  it("V55 warns of a body that was thrown away without close()", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const told = new Promise<string>((resolve) => {
      const application = validated(answering(now(octets("a")), [text]), {
        onWarning: ({ rule }) => resolve(rule),
      });
      application(setupTestingDefaults({}), () => () => Promise.resolve());
    });
    const collecting = setInterval(collect, 10);
    expect(await told).toBe("V55");
    clearInterval(collecting);
  });

  it("V37 wants no type of an authorizer's 200, which nobody reads, and one of its 403", async () => {
    const decide =
      (status: string): Application =>
      (_environ, startResponse) => {
        startResponse(status, [["Variable-USER", "ada"]]);
        return [];
      };
    const ask = async (status: string, role: "authorizer" | "responder"): Promise<number> =>
      (await inject(validator(decide(status)), { url: "/", role })).status;
    expect(await ask("200 OK", "authorizer")).toBe(200);
    expect(await ask("403 Forbidden", "authorizer")).toBe(500);
    expect(await ask("200 OK", "responder")).toBe(500);
  });

  it("says so where wsgi.errors is given nothing", async () => {
    const application: LooseApplication = (environ) => environ["wsgi.errors"].write();
    const { log } = await run(validated(application));
    expect(String(log[0]?.error)).toContain("wsgi.errors was given nothing; expected one string");
  });

  it.each([
    ["no application", () => validator(undefined as never)],
    ["a rule that is none", () => validator(conformanceApplication, { warnOnly: ["V99" as never] })],
  ])("refuses %s at once", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "ERR_CONFIG_OPTION" }));
  });

  it("lets a rule that only warns pass with whatever broke it", async () => {
    const passing = async (
      application: LooseApplication,
      ...warnOnly: never[]
    ): Promise<string | undefined> => (await run(validated(application, { warnOnly }))).log[0]?.code;
    // What the gateway says then is its own.
    expect(await passing(answering("text", [text]), "V6" as never)).toBe("ERR_RESPONSE_BODY");
    expect(await passing(answering(1, [text]), "A4" as never)).toBe("ERR_RESPONSE_BODY");
    expect(await passing(answering(undefined, [text]), "V5" as never)).toBe("ERR_RESPONSE_BODY");
    expect(await passing(answering([], {} as never), "V26" as never, "V37" as never)).toBe(
      "ERR_RESPONSE_HEADERS",
    );
    expect(await passing(answering(["x"], [text]), "V53" as never)).toBe("ERR_RESPONSE_CHUNK");
  });
});

describe("what it lets through unchanged", () => {
  const plain = answering([octets("whole")], [text]);

  it("an array stays one: answered at once, with its length", () => {
    const { sink } = start(validated(plain));
    expect(sink.calls).toEqual(["head 200 OK", "body whole", "end complete"]);
    expect(sink.headers).toEqual([text, ["Content-Length", "5"]]);
  });

  it("a synchronous iterable is pulled without a promise", () => {
    const { sink } = start(validated(answering(now(octets("a"), octets("b")), [text])));
    expect(sink.order).toEqual(["head 200 OK", "body a", "body b", "end complete"]);
  });

  it("M2 M4 M7 asynchronous chunks leave one by one", async () => {
    const { sink } = await run(validated(answering(later(octets("a"), octets("b")), [text])));
    expect(sink.calls).toEqual(["head 200 OK", "body a", "flush", "body b", "flush", "end complete"]);
  });

  it("M6 write(), then the body", async () => {
    const { sink } = await run(
      validated(async (_environ, startResponse) => {
        const write = startResponse("200 OK", [text, ["Content-Length", "2"]]);
        await write(octets("a"));
        return [octets("b")];
      }),
    );
    expect(sink.text).toBe("ab");
  });

  it("an error page in place of what was started", async () => {
    const { sink, log } = await run(
      validated((_environ, startResponse) => {
        startResponse("200 OK", [text, ["Content-Length", "99"]]);
        startResponse("500 Failed", [text], new Error("x"));
        return [octets("sorry")];
      }),
    );
    expect([sink.status, sink.text, log]).toEqual(["500 Failed", "sorry", []]);
  });

  it("HEAD and 304, which may declare what they do not send", async () => {
    const declared = answering([], [text, ["Content-Length", "9"]]);
    expect((await run(validated(declared), { params: head })).log).toEqual([]);
    const notModified = answering([], [["Content-Length", "9"]], "304 Not Modified");
    expect((await run(validated(notModified))).log).toEqual([]);
  });

  it("all ways to read a body", async () => {
    const application = validated(async (environ: Environ, startResponse) => {
      const input = environ["wsgi.input"];
      const parts: unknown[] = [await input.read(2), await input.readline(), ...(await input.readlines(1))];
      for await (const line of input) {
        parts.push(line);
        break;
      }
      for await (const chunk of input.chunks()) parts.push(chunk);
      parts.push(await input.read(), await input.readline(-1));
      startResponse("200 OK", [text]);
      return [octets(parts.map((part) => textOf(part as Uint8Array)).join("|"))];
    });
    const { sink } = await run(application, { params: post("20"), body: "abc\nd\nefg\nrest of it" });
    expect(sink.text).toBe("ab|c\n|d\n|efg\n|rest of it||");
  });

  it("lines to wsgi.errors", async () => {
    const application = validated((environ: Environ, startResponse) => {
      environ["wsgi.errors"].write("a\n");
      environ["wsgi.errors"].writelines(["b\n", "c\n"]);
      environ["wsgi.errors"].flush();
      startResponse("200 OK", [text]);
      return [];
    });
    expect((await run(application)).errors).toEqual(["a\n", "b\n", "c\n"]);
  });

  it("what wsgi.file_wrapper gives, which closes its file", async () => {
    let closed = 0;
    let left = 2;
    const file = { read: () => octets("x".repeat(left-- > 0 ? 3 : 0)), close: () => (closed += 1) };
    const application = validated((environ: Environ, startResponse) => {
      startResponse("200 OK", [text]);
      return environ["wsgi.file_wrapper"](file, 3);
    });
    const { sink } = await run(application);
    expect([sink.text, closed]).toEqual(["xxxxxx", 1]);
  });

  it("tsgi.signal, which it does not look at", async () => {
    let looks = 0;
    await run((environ, startResponse) => {
      Object.defineProperty(environ, "tsgi.signal", { enumerable: true, get: () => (looks += 1) });
      return validated(plain)(environ, startResponse);
    });
    expect(looks).toBe(0);
  });

  it("S66 what startResponse throws, and what the application throws: the same values", async () => {
    const thrown = new Error("the very one");
    expect((await run(validated(() => raise(thrown)))).log[0]?.error).toBe(thrown);
    expect((await run(validated(async () => raise(thrown)))).log[0]?.error).toBe(thrown);
    const restarted = validated((_environ, startResponse) => {
      startResponse("200 OK", [text])(octets("begun"));
      startResponse("500 Failed", [text], thrown);
      return [];
    });
    const { log, sink } = await run(restarted);
    expect(log[0]?.error).toBe(thrown);
    expect(sink.complete).toBe(false);
  });

  it("the client's fault stays the client's: 400 for a body that ends early", async () => {
    const reading: LooseApplication = async (environ, startResponse) => {
      await environ["wsgi.input"].read();
      return plain(environ, startResponse);
    };
    const { sink, log } = await run(validated(reading), { params: post("5"), body: "abc" });
    expect(sink.status).toBe("400 Bad Request");
    expect(log.map(({ code }) => code)).toEqual(["ERR_BODY_TRUNCATED"]);
  });

  it("works around itself", async () => {
    for (const body of [[octets("a")], now(octets("a")), later(octets("a"))]) {
      const twice = validated(validated(answering(body, [text])));
      const { sink, log, errors } = await run(twice);
      expect([sink.text, log, errors]).toEqual(["a", [], []]);
    }
  });
});

describe("an application whose client has gone", () => {
  it("may end as it likes, by what it returns", async () => {
    const { exchange, finished, log } = start(
      validated(async (environ: Environ) => {
        await new Promise((resolve) => environ["tsgi.signal"].addEventListener("abort", resolve));
        return [];
      }),
    );
    exchange.abort(gone());
    await finished;
    expect(log).toEqual([]);
  });

  it("may end as it likes, in its body", async () => {
    const { exchange, finished, log, sink } = start(
      validated((environ: Environ, startResponse) => {
        startResponse("200 OK", [text, ["Content-Length", "9"]]);
        return (async function* () {
          yield octets("a");
          await new Promise((resolve) => environ["tsgi.signal"].addEventListener("abort", resolve));
        })();
      }),
    );
    await new Promise<void>((resolve) => {
      sink.onBody = () => resolve();
    });
    exchange.abort(gone());
    await finished;
    await nextTurn();
    expect(log).toEqual([]);
  });
});

describe("whatever the body", () => {
  const chunk = fc.uint8Array({ maxLength: 5 });
  const makers: ReadonlyArray<(chunks: Uint8Array[]) => unknown> = [
    (chunks) => [...chunks],
    (chunks) => now(...chunks),
    (chunks) => later(...chunks),
    async (chunks) => [...chunks],
  ];

  test("the answer is what it is without the validator, call by call", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 4 }),
        fc.array(chunk, { maxLength: 2 }),
        fc.constantFrom(...makers),
        fc.boolean(),
        fc.constantFrom(get, head),
        async (chunks, written, make, declares, params) => {
          const total = [...chunks, ...written].reduce((sum, { length }) => sum + length, 0);
          const headers = declares ? [text, ["Content-Length", String(total)]] : [text];
          const application: LooseApplication = async (_environ, startResponse) => {
            const write = startResponse("200 OK", headers);
            for (const each of written) await write(each);
            return make(chunks);
          };
          const bare = await run(application, { params });
          const checked = await run(validated(application), { params });
          expect(checked.log).toEqual([]);
          expect(checked.sink.order).toEqual(bare.sink.order);
          expect(checked.sink.headers).toEqual(bare.sink.headers);
        },
      ),
    );
  });
});

describe("close()", () => {
  it.each<[string, (ended: () => void) => LooseApplication]>([
    [
      "a generator",
      (ended) => (_environ, startResponse) => {
        startResponse("200 OK", [text]);
        return (function* () {
          try {
            yield "no octets";
          } finally {
            ended();
          }
        })();
      },
    ],
    [
      "an asynchronous generator",
      (ended) => (_environ, startResponse) => {
        startResponse("200 OK", [text]);
        return (async function* () {
          try {
            yield "no octets";
          } finally {
            ended();
          }
        })();
      },
    ],
  ])("%s that breaks a rule is ended, so that its finally blocks run", async (_name, make) => {
    let ended = 0;
    const hosted = await run(validated(make(() => (ended += 1))));
    expect([hosted.sink.status, codes(hosted), ended]).toEqual([
      "500 Internal Server Error",
      ["ERR_VALIDATION"],
      1,
    ]);
  });

  const closing = (body: object): object & { closed: number } =>
    Object.assign(body, {
      closed: 0,
      close(this: { closed: number }) {
        this.closed += 1;
      },
    });

  it.each<[string, () => object]>([
    ["an array", () => [octets("a"), octets("b")]],
    ["a generator", () => now(octets("a"), octets("b"))],
    ["an asynchronous generator", () => later(octets("a"), octets("b"))],
    ["a generator that throws", () => failing(octets("a"))],
    ["an asynchronous generator that throws", () => failingLater(octets("a"))],
    ["a body that breaks a rule", () => now(octets("a"), "b")],
    ["an array that breaks a rule", () => [octets("a"), "b"]],
    ["a thing that is no body", () => ({})],
  ])("is called once, of the body itself: %s", async (_what, make) => {
    const body = closing(make());
    const { finished } = await run(validated(answering(body, [text])));
    await finished;
    expect(body.closed).toBe(1);
  });

  it("is awaited where it is asynchronous", async () => {
    const order: string[] = [];
    const body = Object.assign([octets("a")], {
      close: async () => {
        await Promise.resolve();
        order.push("closed");
      },
    });
    const { finished } = await run(validated(answering(body, [text])));
    await finished;
    expect(order).toEqual(["closed"]);
  });

  it("comes at once when the peer goes, also while the body is at work on a chunk", async () => {
    const order: string[] = [];
    const body = Object.assign(
      (async function* () {
        yield octets("a");
        await new Promise(() => {});
      })(),
      { close: () => order.push("close") },
    );
    const { exchange, sink, log } = start(validated(answering(body, [text])));
    await new Promise<void>((resolve) => {
      sink.onBody = () => resolve();
    });
    exchange.abort(gone());
    expect(order).toEqual(["close"]);
    expect(log).toEqual([]);
  });

  it("what an asynchronous close() rejects with is reported as without it", async () => {
    const body = Object.assign([octets("a")], { close: () => Promise.reject(new Error("boom")) });
    const hosted = await run(validated(answering(body, [text])));
    await hosted.finished;
    expect(hosted.log[0]?.message).toContain("close() of the body failed: Error: boom");
    expect(codes(hosted)).toEqual([undefined]);
  });
});

describe.each(["fastcgi", "scgi", "http"] as const)(
  "the conformance suite over %s with the validator around its application",
  (protocol) => {
    const found: string[] = [];
    itConforms(validator, {
      protocol,
      log: ({ code, message }) => {
        if (code === "ERR_VALIDATION") found.push(message);
      },
    });

    it("found nothing but what three cases break on purpose", () => {
      const names = found.map((message) => /^\w+ \/([\w-]+)/.exec(message)?.[1]);
      expect(names).toEqual(["fails-silent", "fails-header", "breaks-off-declared"]);
    });
  },
);
