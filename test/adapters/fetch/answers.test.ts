/** What a fetch handler returns, as it leaves over FastCGI. */
import { describe, expect, it } from "vitest";
import { fromFetch } from "../../../src/adapters/index.ts";
import { gate } from "../../support/serving.ts";
import { serveFetch } from "./serving.ts";

const encoder = new TextEncoder();

/** What servers built on srvx add to a Request. */
type SrvxRequest = Request & { ip: string; waitUntil(promise: Promise<unknown>): void };

describe("a Response", () => {
  it("goes out with its status, its headers and its text", async () => {
    const { ask } = await serveFetch(
      () => new Response("grüß dich", { status: 201, statusText: "Made", headers: { "X-One": "1" } }),
    );
    const answer = await ask();
    expect([answer.status, answer.reason]).toEqual([201, "Made"]);
    expect(answer.headers).toEqual([
      ["x-one", "1"],
      ["content-type", "text/plain;charset=UTF-8"],
      ["Content-Length", "11"],
    ]);
    expect(await answer.text()).toBe("grüß dich");
  });

  const form = new FormData();
  form.set("field", "value");
  const bodies: ReadonlyArray<
    readonly [string, ConstructorParameters<typeof Response>[0], string, RegExp | null]
  > = [
    ["a text", "text", "text", /^text\/plain;charset=UTF-8$/],
    ["an empty text", "", "", /^text\/plain;charset=UTF-8$/],
    ["nothing", null, "", null],
    ["a Uint8Array", encoder.encode("octets"), "octets", null],
    ["part of an ArrayBuffer", new DataView(encoder.encode("octets").buffer, 1, 3) as never, "cte", null],
    ["an ArrayBuffer", encoder.encode("octets").buffer, "octets", null],
    ["a Blob", new Blob(["blob"], { type: "text/x-blob" }), "blob", /^text\/x-blob$/],
    [
      "URLSearchParams",
      new URLSearchParams({ a: "1 2" }),
      "a=1+2",
      /^application\/x-www-form-urlencoded;charset=UTF-8$/,
    ],
    ["FormData", form, "value", /^multipart\/form-data; boundary=/],
    ["a stream", new Blob(["streamed"]).stream() as never, "streamed", null],
  ];
  for (const overrideGlobals of [true, false]) {
    it.each(bodies)(`of %s is sent (overrideGlobals ${overrideGlobals})`, async (name, body, text, type) => {
      const made = name === "a stream" ? (new Blob(["streamed"]).stream() as never) : body;
      const { ask } = await serveFetch(() => new Response(made), { overrideGlobals });
      const answer = await ask();
      expect(await answer.text()).toContain(text);
      if (type === null) expect(answer.values("content-type")).toEqual([]);
      else expect(answer.values("content-type")[0]).toMatch(type);
    });
  }

  it("keeps several cookies apart, and joins other headers", async () => {
    const { ask } = await serveFetch(() => {
      const headers = new Headers({ vary: "accept" });
      headers.append("set-cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
      headers.append("set-cookie", "b=2");
      headers.append("vary", "cookie");
      return new Response(null, { headers });
    });
    const answer = await ask();
    expect(answer.values("set-cookie")).toEqual(["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"]);
    expect(answer.values("vary")).toEqual(["accept, cookie"]);
  });

  it("has the usual reason where it brings none", async () => {
    const { ask } = await serveFetch(
      (request) => new Response(null, { status: Number(new URL(request.url).pathname.slice(1)) }),
    );
    expect((await ask({ target: "/404" })).reason).toBe("Not Found");
    expect((await ask({ target: "/299" })).reason).toBe("Unknown");
  });

  it.each([204, 304])("of status %i has neither body nor length", async (status) => {
    const { ask } = await serveFetch(() => new Response(null, { status }));
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.values("content-length")).toEqual([]);
    expect(await answer.text()).toBe("");
  });

  it("drops the headers of a connection, which Hono's streams and other servers' answers have", async () => {
    const { ask } = await serveFetch(
      () => new Response("x", { headers: { "transfer-encoding": "chunked", connection: "keep-alive" } }),
    );
    const answer = await ask();
    expect(answer.headers.map(([name]) => name)).toEqual(["content-type", "Content-Length"]);
  });

  it("of a class of a framework's own is one all the same", async () => {
    class PageResponse extends Response {
      constructor(page: string) {
        super(page, { headers: { "content-type": "text/html" } });
      }
    }
    const lookalike = {
      status: 202,
      headers: new Map([["x-from", "lookalike"]]),
      body: new Blob(["looks alike"]).stream(),
    };
    const { ask } = await serveFetch((request) =>
      request.url.endsWith("/page") ? new PageResponse("<p>") : (lookalike as unknown as Response),
    );
    const page = await ask({ target: "/page" });
    expect([page.values("content-type"), await page.text()]).toEqual([["text/html"], "<p>"]);
    const other = await ask();
    expect([other.status, other.values("x-from"), await other.text()]).toEqual([
      202,
      ["lookalike"],
      "looks alike",
    ]);
  });
});

describe("HEAD", () => {
  it("has the length of a text that is not sent", async () => {
    const { ask } = await serveFetch(() => new Response("twelve octets".slice(0, 12)));
    const answer = await ask({ method: "HEAD" });
    expect(answer.values("content-length")).toEqual(["12"]);
    expect(await answer.text()).toBe("");
  });

  it("cancels a stream, unread", async () => {
    const cancelled = gate<string>();
    const pulled: string[] = [];
    const { ask } = await serveFetch(
      () =>
        new Response(
          new ReadableStream(
            { pull: () => void pulled.push("pulled"), cancel: () => cancelled.open("cancelled") },
            { highWaterMark: 0 },
          ),
        ),
    );
    const answer = await ask({ method: "HEAD" });
    expect([answer.status, await answer.text(), await cancelled.opened, pulled]).toEqual([
      200,
      "",
      "cancelled",
      [],
    ]);
  });
});

describe("what is no answer", () => {
  it.each<[string, () => unknown, string, RegExp]>([
    [
      "undefined",
      () => undefined,
      "ERR_RESPONSE_BODY",
      /returned undefined; expected a Response.*return statement/,
    ],
    ["a text", () => "text", "ERR_RESPONSE_BODY", /returned a string \("text"\)/],
    ["an object", () => ({ status: 200 }), "ERR_RESPONSE_BODY", /returned an object \(Object\)/],
    ["a promise of nothing", () => Promise.resolve(null), "ERR_RESPONSE_BODY", /returned null/],
    ["Response.error()", () => Response.error(), "ERR_RESPONSE_STATUS", /status 0.*Response\.error\(\)/],
    [
      "a status of 101",
      () => ({ status: 101, headers: new Headers(), body: null }),
      "ERR_RESPONSE_STATUS",
      /101/,
    ],
    [
      "a Response that was read",
      async () => {
        const response = new Response("x");
        await response.text();
        return response;
      },
      "ERR_RESPONSE_BODY",
      /has been read/,
    ],
    [
      "a Response whose stream is locked",
      () => {
        const response = new Response("x");
        response.body?.getReader();
        return response;
      },
      "ERR_RESPONSE_BODY",
      /being read/,
    ],
  ])("%s is a 500, and the log says what came", async (_name, make, code, message) => {
    const { ask, logged } = await serveFetch(make as never);
    expect((await ask()).status).toBe(500);
    expect((await logged(code)).message).toMatch(message);
  });

  it.each([
    [
      "thrown",
      () => {
        throw new RangeError("broken");
      },
    ],
    ["rejected", () => Promise.reject(new RangeError("broken"))],
  ])("an error that is %s is a 500 with its stack in the log", async (_how, handler) => {
    const { ask, log } = await serveFetch(handler as never);
    expect((await ask()).status).toBe(500);
    expect(log[0]).toMatchObject({ level: "error", message: expect.stringContaining("RangeError: broken") });
  });

  it("a stream that fails breaks the answer off", async () => {
    const { ask, log } = await serveFetch(() => {
      let first = true;
      return new Response(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            if (first) controller.enqueue(encoder.encode("begun"));
            else controller.error(new RangeError("dried up"));
            first = false;
          },
        }),
      );
    });
    const answer = await ask();
    await expect(answer.text()).rejects.toMatchObject({ code: "ERR_FCGI_TRUNCATED" });
    expect(log[0]?.message).toContain("dried up");
  });

  it("a stream of what is neither text nor octets is refused, and the log says what came", async () => {
    const { ask, logged } = await serveFetch(
      () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(7 as never) })),
    );
    expect((await ask()).status).toBe(500);
    expect((await logged("ERR_RESPONSE_CHUNK")).message).toContain("a number (7)");
  });

  it.each<[string, Partial<Response>, string]>([
    [
      "a header that no answer can have",
      { status: 200, headers: new Map([["a b", "c"]]) as never },
      "ERR_RESPONSE_HEADERS",
    ],
    ["a status that none has", { status: 101, headers: new Headers() }, "ERR_RESPONSE_STATUS"],
  ])("a stream is cancelled that comes with %s", async (_name, head, code) => {
    const cancelled = gate<string>();
    const { ask, logged } = await serveFetch(() => {
      const body = new ReadableStream<Uint8Array>({ cancel: () => cancelled.open("cancelled") });
      return { ...head, body } as Response;
    });
    expect((await ask()).status).toBe(500);
    await logged(code);
    expect(await cancelled.opened).toBe("cancelled");
  });

  it("headers of an older class, in capitals, are dropped and told apart all the same", async () => {
    const headers = new Map([
      ["Connection", "keep-alive"],
      ["Content-Type", "text/event-stream"],
    ]);
    const { ask } = await serveFetch(() => ({ status: 200, headers, body: null }) as never);
    const answer = await ask();
    expect([answer.status, answer.values("connection"), answer.values("content-type")]).toEqual([
      200,
      [],
      ["text/event-stream"],
    ]);
  });

  it("one whose headers are complete only when its body has been made has all of them", async () => {
    // As srvx's, which h3 and Nitro answer with.
    class LateResponse {
      readonly status = 200;
      #made: Response | undefined = undefined;

      get headers(): Headers {
        return this.#made?.headers ?? new Headers({ "x-own": "1" });
      }

      get body(): ReadableStream | null {
        this.#made = new Response(new Blob(["text"]).stream() as never, {
          headers: { "x-own": "1", "content-type": "text/plain" },
        });
        return this.#made.body as never;
      }
    }
    const { ask } = await serveFetch(() => new LateResponse() as never);
    const answer = await ask();
    expect([answer.values("x-own"), answer.values("content-type")]).toEqual([["1"], ["text/plain"]]);
    expect(await answer.text()).toBe("text");
  });

  it.each([undefined, null, {}, "text", { fetch: 1 }])("fromFetch(%j) is refused at once", (handler) => {
    expect(() => fromFetch(handler as never)).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_APPLICATION" }),
    );
  });
});

describe("ctx.waitUntil", () => {
  it.each(["text", "stream", "error"])("holds the server open behind an answer (%s)", async (kind) => {
    const work = gate();
    const events: string[] = [];
    const { ask, server } = await serveFetch((_request, _env, ctx) => {
      ctx.waitUntil(work.opened.then(() => events.push("work done")));
      ctx.passThroughOnException();
      if (kind === "error") throw new Error("failed");
      return new Response(kind === "text" ? "x" : (new Blob(["x"]).stream() as never));
    });
    const answer = await ask();
    expect(answer.status).toBe(kind === "error" ? 500 : 200);
    await answer.text();
    const closed = server.close().then(() => events.push("server closed"));
    // The answer did not wait for it, and the server does.
    await new Promise((resolve) => setImmediate(resolve));
    events.push("work allowed");
    work.open();
    await closed;
    expect(events).toEqual(["work allowed", "work done", "server closed"]);
  });

  it("is the request's too, moved to another Request or not: h3 and Nitro look there", async () => {
    const work = gate();
    const events: string[] = [];
    const { ask, server } = await serveFetch((request) => {
      const other = new Request("http://other/") as SrvxRequest;
      other.waitUntil = (request as SrvxRequest).waitUntil;
      other.waitUntil(work.opened.then(() => events.push("work done")));
      return new Response((request as SrvxRequest).ip);
    });
    expect(await (await ask()).text()).toBe("192.0.2.7");
    const closed = server.close().then(() => events.push("server closed"));
    work.open();
    await closed;
    expect(events).toEqual(["work done", "server closed"]);
  });

  it("waits for what is added later, and logs what rejects", async () => {
    const events: string[] = [];
    const { ask, server, errors } = await serveFetch((_request, _env, ctx) => {
      ctx.waitUntil(
        Promise.resolve().then(() => {
          ctx.waitUntil(new Promise((resolve) => setImmediate(resolve)).then(() => events.push("second")));
          throw new RangeError("first failed");
        }),
      );
      return new Response("x");
    });
    await (await ask()).text();
    await server.close();
    expect(events).toEqual(["second"]);
    expect(errors.join("")).toContain("ctx.waitUntil was given rejected: RangeError: first failed");
  });
});
