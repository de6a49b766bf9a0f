/** Hono unchanged, with the middleware and helpers it ships, behind a FastCGI socket. */
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { getCookie, setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { logger } from "hono/logger";
import { methodOverride } from "hono/method-override";
import { proxy } from "hono/proxy";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { stream, streamSSE, streamText } from "hono/streaming";
import { timeout } from "hono/timeout";
import { timing } from "hono/timing";
import { gunzipSync, gzipSync } from "node:zlib";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Environ } from "../../../src/bridge/index.ts";
import { gate } from "../../support/serving.ts";
import { serveFetch } from "./serving.ts";

describe("Hono", () => {
  it("routes, and reads path, query, headers, JSON and forms", async () => {
    const app = new Hono<{ Bindings: { environ: Environ } }>();
    app.get("/users/:id", (c) =>
      c.json({
        id: c.req.param("id"),
        q: c.req.query("q"),
        ua: c.req.header("user-agent"),
        all: c.req.header(),
      }),
    );
    app.post("/json", async (c) => c.json(await c.req.json(), 201));
    app.post("/form", async (c) => c.json(await c.req.parseBody()));
    app.post("/both", async (c) => c.text(`${await c.req.text()} ${JSON.stringify(await c.req.json())}`));
    app.get("/who", (c) => c.text(c.env.environ.REMOTE_ADDR ?? ""));
    app.get("/html", (c) => c.html("<p>"));
    app.get("/redirect", (c) => c.redirect("/html"));
    app.get("/error", () => {
      throw new Error("broken");
    });
    app.onError((error, c) => c.text(error.message, 500));
    const { ask } = await serveFetch(app);
    expect(
      JSON.parse(await (await ask({ target: "/users/7?q=%C3%A4", headers: { "user-agent": "t" } })).text()),
    ).toEqual({
      id: "7",
      q: "ä",
      ua: "t",
      all: { "user-agent": "t", host: "app.example" },
    });
    const json = await ask({
      method: "POST",
      target: "/json",
      headers: { "content-type": "application/json" },
      body: '{"a":1}',
    });
    expect([json.status, json.values("content-type"), await json.text()]).toEqual([
      201,
      ["application/json"],
      '{"a":1}',
    ]);
    const form = {
      method: "POST",
      target: "/form",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a=1&b=2",
    };
    expect(await (await ask(form)).text()).toBe('{"a":"1","b":"2"}');
    expect(await (await ask({ method: "POST", target: "/both", body: "[1]" })).text()).toBe("[1] [1]");
    expect(await (await ask({ target: "/who" })).text()).toBe("192.0.2.7");
    const head = await ask({ method: "HEAD", target: "/html" });
    expect([head.status, head.values("content-type"), await head.text()]).toEqual([
      200,
      ["text/html; charset=UTF-8"],
      "",
    ]);
    const redirect = await ask({ target: "/redirect" });
    expect([redirect.status, redirect.values("location")]).toEqual([302, ["/html"]]);
    expect([
      (await ask({ target: "/nowhere" })).status,
      await (await ask({ target: "/error" })).text(),
    ]).toEqual([404, "broken"]);
  });

  it("composes its middleware: logger, CORS, ETag, request id, secure headers, timing", async () => {
    const lines: string[] = [];
    const app = new Hono();
    app.use(
      logger((line) => lines.push(line)),
      cors(),
      etag(),
      requestId(),
      secureHeaders(),
      timing(),
    );
    app.get("/", (c) => c.text("page"));
    const { ask } = await serveFetch(app);
    const first = await ask({ headers: { origin: "https://other.example" } });
    expect(await first.text()).toBe("page");
    expect(first.values("access-control-allow-origin")).toEqual(["*"]);
    expect(first.values("x-request-id")[0]).toMatch(/^[\w-]{36}$/);
    expect(first.values("x-frame-options")).toEqual(["SAMEORIGIN"]);
    expect(first.values("server-timing")[0]).toMatch(/^total;dur=/);
    const [tag] = first.values("etag");
    const second = await ask({ headers: { "if-none-match": tag ?? "" } });
    expect([second.status, await second.text(), second.values("etag")]).toEqual([304, "", [tag]]);
    const preflight = await ask({
      method: "OPTIONS",
      headers: { origin: "https://o", "access-control-request-method": "PUT" },
    });
    expect([preflight.status, preflight.values("access-control-allow-methods")[0]]).toEqual([
      204,
      expect.stringContaining("PUT"),
    ]);
    expect(lines.length).toBeGreaterThanOrEqual(4);
  });

  it("basic-auth lets in who knows the word", async () => {
    const app = new Hono();
    app.use(basicAuth({ username: "u", password: "p" }));
    app.get("/", (c) => c.text("in"));
    const { ask } = await serveFetch(app);
    const out = await ask();
    expect([out.status, out.values("www-authenticate")]).toEqual([401, ['Basic realm="Secure Area"']]);
    const credentials = Buffer.from("u:p").toString("base64");
    expect(await (await ask({ headers: { authorization: `Basic ${credentials}` } })).text()).toBe("in");
  });

  it("body-limit counts what comes, with and without a declared length", async () => {
    const app = new Hono();
    app.use(bodyLimit({ maxSize: 8 }));
    app.post("/", async (c) => c.text(await c.req.text()));
    const { ask } = await serveFetch(app);
    async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
      for (const text of texts) yield Buffer.from(text);
    }
    expect(await (await ask({ method: "POST", body: "small" })).text()).toBe("small");
    expect((await ask({ method: "POST", body: "far too large" })).status).toBe(413);
    const chunked = { "transfer-encoding": "chunked" };
    expect(await (await ask({ method: "POST", headers: chunked, body: pieces("sm", "all") })).text()).toBe(
      "small",
    );
    expect(
      (await ask({ method: "POST", headers: chunked, body: pieces("far ", "too ", "large") })).status,
    ).toBe(413);
  });

  it("sets and reads cookies, several at once", async () => {
    const app = new Hono();
    app.get("/", (c) => {
      setCookie(c, "one", "1", { httpOnly: true });
      setCookie(c, "two", "2", { expires: new Date(0) });
      return c.json(getCookie(c));
    });
    const { ask } = await serveFetch(app);
    const answer = await ask({ headers: { cookie: "a=b; c=d" } });
    expect(await answer.text()).toBe('{"a":"b","c":"d"}');
    expect(answer.values("set-cookie")).toEqual([
      "one=1; Path=/; HttpOnly",
      "two=2; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ]);
  });

  it("compresses", async () => {
    const app = new Hono();
    app.use(compress());
    app.get("/", (c) => c.text("x".repeat(4_096)));
    const { ask } = await serveFetch(app);
    const answer = await ask({ headers: { "accept-encoding": "gzip" } });
    expect([answer.values("content-encoding"), answer.values("content-length")]).toEqual([["gzip"], []]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe("x".repeat(4_096));
  });

  it("streams octets, text and events", async () => {
    const app = new Hono();
    app.get("/octets", (c) =>
      stream(c, async (out) => {
        await out.write(new Uint8Array([104, 105]));
      }),
    );
    app.get("/text", (c) =>
      streamText(c, async (out) => {
        await out.writeln("one");
        await out.write("two");
      }),
    );
    app.get("/events", (c) =>
      streamSSE(c, async (out) => {
        await out.writeSSE({ data: "first", event: "tick", id: "1" });
        await out.writeSSE({ data: "second" });
      }),
    );
    const { ask } = await serveFetch(app);
    expect(await (await ask({ target: "/octets" })).text()).toBe("hi");
    expect(await (await ask({ target: "/text" })).text()).toBe("one\ntwo");
    const events = await ask({ target: "/events" });
    expect([events.values("content-type"), events.values("x-accel-buffering")]).toEqual([
      ["text/event-stream"],
      ["no"],
    ]);
    expect(await events.text()).toBe("event: tick\ndata: first\nid: 1\n\ndata: second\n\n");
  });

  it("learns that the client of a stream has gone", async () => {
    const aborted = gate<string>();
    const begun = gate();
    const app = new Hono();
    app.get("/", (c) =>
      streamSSE(c, async (out) => {
        out.onAbort(() => aborted.open("aborted"));
        await out.writeSSE({ data: "begun" });
        begun.open();
        await aborted.opened;
      }),
    );
    const { ask } = await serveFetch(app);
    const controller = new AbortController();
    const answer = await ask({ signal: controller.signal });
    const read = answer.text().catch((error: { code: string }) => error.code);
    await begun.opened;
    controller.abort();
    expect(await read).toBe("ERR_REQUEST_ABORTED");
    expect(await aborted.opened).toBe("aborted");
  });

  it("mounts other handlers, overrides methods, times out, keeps cross-site forms out", async () => {
    const app = new Hono();
    app.mount("/inner", (request: Request) => new Response(new URL(request.url).pathname));
    app.use("/posts", methodOverride({ app }));
    app.delete("/posts", (c) => c.text("deleted"));
    app.get("/slow", timeout(1), () => new Promise<Response>(() => {}));
    app.post("/guarded", csrf(), (c) => c.text("in"));
    const { ask } = await serveFetch(app);
    expect(await (await ask({ target: "/inner/deep" })).text()).toBe("/deep");
    const form = {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "_method=DELETE",
    };
    expect(await (await ask({ ...form, target: "/posts" })).text()).toBe("deleted");
    expect((await ask({ target: "/slow" })).status).toBe(504);
    expect(
      (await ask({ ...form, target: "/guarded", headers: { ...form.headers, origin: "https://evil" } }))
        .status,
    ).toBe(403);
    expect(
      (await ask({ ...form, target: "/guarded", headers: { ...form.headers, origin: "http://app.example" } }))
        .status,
    ).toBe(200);
  });

  it("passes requests on to another server, and its answer back", async () => {
    const upstream = createServer((request, response) => {
      response.writeHead(202, { "x-seen": `${request.method} ${request.headers["x-one"]}` });
      request.pipe(response);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void upstream.close());
    const { port } = upstream.address() as AddressInfo;
    const app = new Hono();
    app.all("/raw", async (c) => fetch(new Request(`http://127.0.0.1:${port}/`, c.req.raw)));
    app.all("/proxy", (c) => proxy(`http://127.0.0.1:${port}/`, c.req));
    const { ask } = await serveFetch(app);
    for (const target of ["/raw", "/proxy"]) {
      const answer = await ask({ method: "POST", target, headers: { "x-one": "1" }, body: "through" });
      expect([answer.status, answer.values("x-seen"), await answer.text()]).toEqual([
        202,
        ["POST 1"],
        "through",
      ]);
    }
  });

  it("passes on what fetch() has decoded, without saying that it is coded", async () => {
    const upstream = createServer((_request, response) => {
      const octets = gzipSync("decoded");
      response.writeHead(200, { "content-encoding": "gzip", "content-length": octets.length, "x-kept": "1" });
      response.end(octets);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void upstream.close());
    const { port } = upstream.address() as AddressInfo;
    const { ask } = await serveFetch(() => fetch(`http://127.0.0.1:${port}/`));
    const answer = await ask();
    const names = ["content-encoding", "content-length", "x-kept"];
    expect([names.flatMap((name) => answer.values(name)), await answer.text()]).toEqual([["1"], "decoded"]);
  });

  it("waits for what executionCtx.waitUntil is given", async () => {
    const work = gate();
    const events: string[] = [];
    const app = new Hono();
    app.get("/", (c) => {
      c.executionCtx.waitUntil(work.opened.then(() => events.push("done")));
      return c.text("x");
    });
    const { ask, server } = await serveFetch(app);
    await (await ask()).text();
    const closed = server.close();
    work.open();
    await closed;
    expect(events).toEqual(["done"]);
  });
});
