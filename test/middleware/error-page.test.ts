/** `errorPage`: pages for an application that fails before its head has gone, and nothing of it for strangers. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Application, Write } from "../../src/bridge/index.ts";
import { errorPage, type ErrorPageOptions } from "../../src/middleware/index.ts";
import {
  answering,
  failing,
  failingLater,
  get,
  gone,
  head,
  nextTurn,
  octets,
  post,
  run,
  start,
  type LooseApplication,
} from "../bridge/hosted.ts";
import { around } from "./around.ts";

const secret = "secret <b>&'\" of the application";

function raiseSecret(..._ignored: unknown[]): never {
  throw new Error(secret);
}

const browser = ["HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"] as const;
const json = ["HTTP_ACCEPT", "application/json"] as const;

const page = (options: ErrorPageOptions, application: LooseApplication = raiseSecret): LooseApplication =>
  around(errorPage(options), application);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("errorPage, for everybody", () => {
  it.each<[string, readonly (readonly [string, string])[], string, string]>([
    ["a browser", [browser], "text/html; charset=utf-8", "<h1>Internal Server Error</h1>"],
    ["an API's client", [json], "application/json", '"status":500'],
    ["curl", [["HTTP_ACCEPT", "*/*"]], "text/plain; charset=utf-8", "Internal Server Error\n"],
    ["a client that says nothing", [], "text/plain; charset=utf-8", "Internal Server Error\n"],
    ["a client that wants an image", [["HTTP_ACCEPT", "image/png"]], "text/plain; charset=utf-8", "Internal"],
    [
      "a client that writes nonsense",
      [["HTTP_ACCEPT", ";;,q=;\u00ff"]],
      "text/plain; charset=utf-8",
      "Internal",
    ],
  ])("speaks to %s, without a word of the application", async (_name, params, type, part) => {
    const { sink, errors, log } = await run(page({ debug: false }), { params: [...get, ...params] });
    expect(sink.status).toBe("500 Internal Server Error");
    expect(sink.header("content-type")).toBe(type);
    expect(sink.header("content-length")).toBe(String(sink.text.length));
    expect(sink.text).toContain(part);
    expect(sink.text).not.toMatch(/secret|raiseSecret|\.ts|node:/);
    expect(sink.complete).toBe(true);
    // The deployer learns all of it.
    expect(errors.join("")).toMatch(
      /^error: GET \/app\/x: the application failed: Error: secret .*\n {4}Error: secret/,
    );
    expect(errors.join("")).toContain("raiseSecret");
    expect(log).toEqual([]);
  });

  it.each<[string, LooseApplication]>([
    ["rejects", () => Promise.reject(new Error(secret))],
    [
      "fails after startResponse",
      (_environ, startResponse) => raiseSecret(void startResponse("200 OK", [["X-Lost", "1"]])),
    ],
    ["fails before the first chunk of an iterable", answering(failing(), [["X-Lost", "1"]])],
    ["fails after empty chunks", answering(failing(octets("")), [["X-Lost", "1"]])],
    [
      "fails before the first chunk of an asynchronous iterable",
      answering(failingLater(), [["X-Lost", "1"]]),
    ],
    ["fails before startResponse, within its iterable", () => failing()],
    ["returns no body", answering("text", [["X-Lost", "1"]])],
    ["throws undefined", () => Promise.reject(undefined)],
    ["throws null", () => Promise.reject(null)],
  ])("answers an application that %s", async (_name, application) => {
    const { sink, errors } = await run(page({ debug: false }, application), { params: [...get, browser] });
    expect([sink.status, sink.header("x-lost"), sink.complete]).toEqual([
      "500 Internal Server Error",
      undefined,
      true,
    ]);
    expect(sink.text).toContain("<h1>Internal Server Error</h1>");
    expect(sink.header("content-length")).toBe(String(sink.text.length));
    expect(errors.length).toBe(1);
  });

  it("closes the body that failed, once", async () => {
    let closed = 0;
    const body = Object.assign(failing(), { close: () => void (closed += 1) });
    const { finished } = await run(page({ debug: false }, answering(body)));
    await finished;
    expect(closed).toBe(1);
  });

  it.each<[string, LooseApplication]>([
    ["yielded", answering(failing(octets("a")))],
    ["yielded later", answering(failingLater(octets("a")))],
    [
      "written",
      async (_environ, startResponse) => {
        await (startResponse("200 OK", []) as Write)(octets("a"));
        raiseSecret();
      },
    ],
  ])("leaves an answer that has begun to the gateway: %s", async (_name, application) => {
    const { sink, log } = await run(page({ debug: true }, application));
    expect([sink.text, sink.complete, log.length]).toEqual(["a", false, 1]);
  });

  it("leaves a body that is too large to the gateway", async () => {
    const { sink, errors } = await run(
      page({ debug: true }, async (environ) => {
        await environ["wsgi.input"].read();
        return [];
      }),
      { params: post(""), body: "abc", settings: { maxBodyOctets: 2 } },
    );
    expect([sink.status, errors]).toEqual(["413 Content Too Large", []]);
  });

  it("leaves a body that was cut short to the gateway", async () => {
    const { sink } = await run(
      page({ debug: true }, async (environ) => {
        await environ["wsgi.input"].read();
        return [];
      }),
      { params: post("5"), body: "abc" },
    );
    expect(sink.status).toBe("400 Bad Request");
  });

  it("makes no page for a client that has gone", async () => {
    const hosted = start(
      page({ debug: true }, async (environ) => {
        await environ["wsgi.input"].read();
        return [];
      }),
      { params: post("5"), body: null },
    );
    hosted.exchange.abort(gone());
    await hosted.finished;
    await nextTurn();
    expect([hosted.sink.calls, hosted.errors]).toEqual([[], []]);
  });

  it("takes no notice of an application that gives up because its client has gone", async () => {
    const hosted = start(
      page({ debug: true }, async (environ) => {
        await new Promise((_resolve, reject) => {
          const signal = environ["tsgi.signal"] as AbortSignal;
          signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
        });
        return [];
      }),
    );
    hosted.exchange.abort(gone());
    await hosted.finished;
    await nextTurn();
    expect([hosted.errors, hosted.log.map((entry) => entry.level)]).toEqual([[], ["info"]]);
  });

  it("sends a HEAD no body, and the length that a GET would have", async () => {
    const { sink } = await run(page({ debug: false }), { params: head });
    expect([sink.order, sink.header("content-length")]).toEqual([
      ["head 500 Internal Server Error", "end complete"],
      "22",
    ]);
  });
});

describe("errorPage, for a developer", () => {
  it.each([
    ["development", true],
    ["production", false],
    ["test", false],
    ["", false],
  ])("NODE_ENV %j: O11 shows details only in development", async (value, shown) => {
    vi.stubEnv("NODE_ENV", value);
    const { sink } = await run(page({}));
    expect(sink.text.includes("secret")).toBe(shown);
  });

  it("shows message, stack, source and environ as HTML in which nothing of it is HTML", async () => {
    const params = [...get, browser, ["HTTP_X_EVIL", "<script>alert(1)</script>"]] as const;
    const { sink } = await run(page({ debug: true }), { params });
    const { text } = sink;
    expect(text).toContain("<h1>Error: secret &lt;b&gt;&amp;&#39;&quot; of the application</h1>");
    expect(text).toContain("<div>GET /app/x HTTP/1.1</div>");
    expect(text).toContain("raiseSecret");
    expect(text).toMatch(/<h2>[^<]*error-page\.test\.ts:\d+<\/h2>/);
    expect(text).toMatch(/<mark> *\d+ {4}throw new Error\(secret\);<\/mark>/);
    expect(text).toContain("<tr><th>PATH_INFO</th><td>/x</td></tr>");
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(text).not.toMatch(/<script|<b>/);
    expect(sink.header("content-security-policy")).toBe("default-src 'none'; style-src 'unsafe-inline'");
    expect(sink.header("x-content-type-options")).toBe("nosniff");
    expect(sink.header("cache-control")).toBe("no-store");
    expect(sink.header("content-length")).toBe(String(text.length));
  });

  it("hides what looks like a secret", async () => {
    const hidden = [
      ["HTTP_COOKIE", "sid=hunter2"],
      ["HTTP_AUTHORIZATION", "Basic hunter2"],
      ["DB_PASSWORD", "hunter2"],
      ["API_KEY", "hunter2"],
      ["AWS_SECRET", "hunter2"],
      ["HTTP_X_CSRF_TOKEN", "hunter2"],
    ] as const;
    for (const accept of [browser, json]) {
      const { sink } = await run(page({ debug: true }), { params: [...get, accept, ...hidden] });
      expect(sink.text).toContain("DB_PASSWORD");
      expect(sink.text).not.toContain("hunter2");
    }
  });

  it("does so in JSON and in plain text too", async () => {
    const asJson = await run(page({ debug: true }), { params: [...get, json] });
    expect(JSON.parse(asJson.sink.text)).toMatchObject({
      status: 500,
      error: `Error: ${secret}`,
      request: "GET /app/x HTTP/1.1",
      environ: {
        PATH_INFO: "/x",
        "tsgi.signal": "an AbortSignal",
        "wsgi.multithread": "true",
        "wsgi.version": "1, 0",
      },
    });
    const asText = await run(page({ debug: true }));
    expect(asText.sink.text).toMatch(
      /^Error: secret .*\n\nGET \/app\/x HTTP\/1\.1\n\nError: secret .*\n {4}at raiseSecret/,
    );
  });

  it("shows the request as it came, whatever the application has made of it", async () => {
    const { sink } = await run(
      page({ debug: true }, (environ) => {
        environ.PATH_INFO = "/changed";
        raiseSecret();
      }),
      { params: [...get, json] },
    );
    expect(JSON.parse(sink.text)).toMatchObject({ environ: { PATH_INFO: "/x" } });
  });

  it("follows causes", async () => {
    const { sink } = await run(
      page({ debug: true }, () => {
        throw new Error("outer", { cause: new Error("the root of it") });
      }),
    );
    expect(sink.text).toContain("caused by: Error: the root of it");
  });

  it.each<[string, unknown]>([
    ["a string", "thrown text"],
    ["an object", { a: 1 }],
    [
      "an error with a stack that names no file",
      Object.assign(new Error("x"), { stack: "Error: x\n    at (/nowhere.ts:1:1)" }),
    ],
    ["an error with a stack that is no text", Object.assign(new Error("x"), { stack: 7 })],
    [
      "an error whose stack names a device",
      Object.assign(new Error("x"), { stack: "Error: x\n    at f (/dev/zero:1:1)" }),
    ],
    ["a Proxy that throws", new Proxy({}, { get: raiseSecret, getPrototypeOf: raiseSecret })],
  ])("shows a page for %s that was thrown", async (_name, thrown) => {
    const { sink } = await run(
      page({ debug: true }, () => Promise.reject(thrown)),
      { params: [...get, browser] },
    );
    expect([sink.status, sink.complete]).toEqual(["500 Internal Server Error", true]);
    expect(sink.text).toContain("<h2>Stack</h2>");
    expect(sink.text).not.toContain("<mark>");
  });
});

describe("errorPage with a page of one's own", () => {
  it("is given the error and the request", async () => {
    const { sink } = await run(
      page({
        page: ({ error, environ }) => ({
          status: "503 Later",
          headers: [["Retry-After", "5"]],
          body: `${(error as Error).message.slice(0, 6)} at ${environ.PATH_INFO} \u2713`,
        }),
      }),
    );
    expect([sink.status, sink.header("retry-after"), sink.header("content-length")]).toEqual([
      "503 Later",
      "5",
      "16",
    ]);
    expect(Buffer.from(sink.text, "latin1").toString()).toBe("secret at /x \u2713");
  });

  it("is HTML with status 500 unless it says otherwise, and may be octets", async () => {
    const { sink } = await run(page({ page: () => ({ body: octets("<p>sorry") }) }));
    expect([sink.status, sink.header("content-type"), sink.text]).toEqual([
      "500 Internal Server Error",
      "text/html; charset=utf-8",
      "<p>sorry",
    ]);
  });

  it("gives way to the plain one when it fails itself", async () => {
    const { sink, errors } = await run(page({ page: () => raiseSecret() }));
    expect([sink.status, sink.text]).toEqual(["500 Internal Server Error", "Internal Server Error\n"]);
    expect(errors.join("")).toContain("the error page could not be made: Error: secret");
  });

  it("is the gateway's to refuse when its headers are wrong", async () => {
    const { sink, log } = await run(page({ page: () => ({ headers: [["A", "b\r\nC: d"]], body: "" }) }));
    expect([sink.status, sink.header("c"), sink.complete]).toEqual([
      "500 Internal Server Error",
      undefined,
      true,
    ]);
    expect(log[0]?.code).toBe("ERR_RESPONSE_HEADERS");
  });
});

it("errorPage costs an application that does not fail nothing but itself", async () => {
  const body = [octets("a")];
  const application: Application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    return body;
  };
  const { sink } = await run(page({ debug: false }, application as LooseApplication));
  expect([sink.calls, sink.headers]).toEqual([
    ["head 200 OK", "body a", "end complete"],
    [["Content-Length", "1"]],
  ]);
});
