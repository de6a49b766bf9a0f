/** Express 5, Koa 3 and Fastify 5 as applications: what their users do most, behind real FastCGI. */
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import express from "express";
import { fastify } from "fastify";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { fromNode, type NodeRequest } from "../../../src/adapters/index.ts";
import type { Middleware } from "../../../src/bridge/index.ts";
import { RawConnection } from "../../support/http-client.ts";
import { gate } from "../../support/serving.ts";
import { startNodeSite } from "./sites.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const json = { "Content-Type": "application/json" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };

describe("Express", () => {
  const app = express();
  app.use(express.json(), express.urlencoded({ extended: true }));
  app.post("/echo", (req, res) => void res.json(req.body));
  app.get("/types", (req, res) => {
    res.json([req instanceof IncomingMessage, res instanceof ServerResponse, "environ" in req]);
  });
  app.get("/cookies", (_, res) => void res.cookie("a", "1").cookie("b", "2").redirect(303, "/there"));
  app.get("/fails", () => {
    throw Object.assign(new Error("no tea"), { status: 418, expose: true });
  });
  app.get("/rejects", async () => {
    await Promise.resolve();
    throw Object.assign(new Error("no tea either"), { status: 418, expose: true });
  });
  app.get("/stream", (_, res) => void Readable.from(["one ", "two ", "three"]).pipe(res));
  app.get("/file", (_, res) => void res.sendFile(`${here}sites.ts`));
  app.use("/static", express.static(here));
  const router = express.Router();
  router.get("/a%20b/:id", (req, res) => {
    res.json([req.url, req.baseUrl, req.originalUrl, req.path, req.params["id"], req.query]);
  });
  app.use("/mounted", router);

  it("reads JSON and forms", async () => {
    const site = await startNodeSite(fromNode(app));
    const posted = await site.fetch("/echo", { method: "POST", headers: json, body: '{"a":[1]}' });
    expect(await posted.json()).toEqual({ a: [1] });
    const filled = await site.fetch("/echo", { method: "POST", headers: form, body: "a[b]=c&d=%C3%A9" });
    expect(await filled.json()).toEqual({ a: { b: "c" }, d: "\u00e9" });
    const broken = await site.fetch("/echo", { method: "POST", headers: json, body: "{" });
    expect(broken.status).toBe(400);
  });

  it("has objects that are Node's, with the environ", async () => {
    const site = await startNodeSite(fromNode(app));
    expect(await (await site.fetch("/types")).json()).toEqual([true, true, true]);
  });

  it("sets cookies and redirects", async () => {
    const site = await startNodeSite(fromNode(app));
    const answer = await site.fetch("/cookies", { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/there"]);
    expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"]);
  });

  it.each(["/fails", "/rejects"])("answers its errors by itself: %s", async (path) => {
    const site = await startNodeSite(fromNode(app));
    const answer = await site.fetch(path);
    expect(answer.status).toBe(418);
    expect(await answer.text()).toContain("no tea");
  });

  it("streams", async () => {
    const site = await startNodeSite(fromNode(app));
    expect(await (await site.fetch("/stream")).text()).toBe("one two three");
  });

  it("serves files: whole, in part, unmodified, not at all", async () => {
    const site = await startNodeSite(fromNode(app));
    const whole = await site.fetch("/static/sites.ts");
    const text = await whole.text();
    expect(whole.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
    expect(await (await site.fetch("/file")).text()).toBe(text);
    const part = await site.fetch("/static/sites.ts", { headers: { Range: "bytes=3-9" } });
    expect([part.status, await part.text()]).toEqual([206, text.slice(3, 10)]);
    const etag = whole.headers.get("etag") ?? "";
    const same = await site.fetch("/static/sites.ts", {
      headers: { "If-None-Match": etag, "Cache-Control": "max-age=0" },
    });
    expect([same.status, await same.text()]).toEqual([304, ""]);
    const head = await site.fetch("/static/sites.ts", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(whole.headers.get("content-length"));
    expect((await site.fetch("/static/nothing")).status).toBe(404);
  });

  it("routes below the mounts of the web server and its own", async () => {
    const site = await startNodeSite(fromNode(app), { scriptName: "/app" });
    const answer = await site.fetch("/app/mounted/a%20b/7?x=%20y");
    expect(await answer.json()).toEqual([
      "/a%20b/7?x=%20y",
      "/mounted",
      "/mounted/a%20b/7?x=%20y",
      "/a%20b/7",
      "7",
      { x: " y" },
    ]);
  });

  it("goes into an http.Server, and that into fromNode", async () => {
    const site = await startNodeSite(fromNode(createServer(app)));
    expect((await site.fetch("/types")).status).toBe(200);
  });
});

describe("Koa", () => {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    if (ctx.path === "/stream") ctx.body = Readable.from(["one ", "two"]);
    else if (ctx.path === "/echo") ctx.body = ctx.req;
    else if (ctx.path === "/fails") ctx.throw(418, "no tea");
    else if (ctx.path === "/environ") ctx.body = (ctx.req as NodeRequest).environ.PATH_INFO;
    else if (ctx.path === "/empty") ctx.status = 204;
    else ctx.body = { url: ctx.url, href: ctx.href, writable: ctx.writable, length: ctx.length };
  });

  it("answers objects, streams, errors and nothing", async () => {
    const site = await startNodeSite(fromNode(app.callback()));
    expect(await (await site.fetch("/x?y=1")).json()).toEqual({
      url: "/x?y=1",
      href: `${site.origin}/x?y=1`,
      writable: true,
    });
    expect(await (await site.fetch("/stream")).text()).toBe("one two");
    expect(await (await site.fetch("/echo", { method: "POST", body: "echo" })).text()).toBe("echo");
    const failed = await site.fetch("/fails");
    expect([failed.status, await failed.text()]).toEqual([418, "no tea"]);
    expect(await (await site.fetch("/environ")).text()).toBe("/environ");
    expect((await site.fetch("/empty")).status).toBe(204);
    expect((await site.fetch("/x", { method: "HEAD" })).headers.get("content-type")).toContain("json");
  });

  it("ends what it streams when the client goes", async () => {
    const ended = gate();
    const endless = new Koa().use((ctx) => {
      const stream = new Readable({
        read() {
          this.push("x");
        },
      });
      stream.on("close", () => ended.open());
      ctx.body = stream;
    });
    endless.silent = true;
    const site = await startNodeSite(fromNode(endless.callback()));
    const client = await RawConnection.open(site.port);
    await client.request("GET / HTTP/1.1");
    await client.readHead();
    client.abort();
    await ended.opened;
  });
});

describe("Fastify", () => {
  it("validates, replies, streams and reports errors", async () => {
    const app = fastify();
    app.post("/echo", { schema: { body: { type: "object", required: ["a"] } } }, (request) => request.body);
    app.get("/stream", (_, reply) => reply.type("text/plain").send(Readable.from(["one ", "two"])));
    app.get("/fails", () => {
      throw Object.assign(new Error("no tea"), { statusCode: 418 });
    });
    app.addHook("onSend", (_, reply, __, done) => {
      reply.header("X-Hook", "ran");
      done();
    });
    await app.ready();
    const site = await startNodeSite(fromNode(app.routing));
    const echoed = await site.fetch("/echo", { method: "POST", headers: json, body: '{"a":1}' });
    expect(await echoed.json()).toEqual({ a: 1 });
    expect(echoed.headers.get("x-hook")).toBe("ran");
    expect((await site.fetch("/echo", { method: "POST", headers: json, body: "{}" })).status).toBe(400);
    expect(await (await site.fetch("/stream")).text()).toBe("one two");
    expect((await site.fetch("/fails")).status).toBe(418);
    expect((await site.fetch("/nothing")).status).toBe(404);
  });

  it("by its server factory", async () => {
    const server = createServer();
    const app = fastify({
      serverFactory: (handler) => server.on("request", handler),
    });
    app.get("/", () => ({ hello: "world" }));
    await app.ready();
    const site = await startNodeSite(fromNode(server));
    expect(await (await site.fetch("/")).json()).toEqual({ hello: "world" });
  });
});

describe("middleware around a listener", () => {
  it("sees its status, headers and chunks, and may change them", async () => {
    const upperCase: Middleware = (inner) => async (environ, startResponse) => {
      const body = await inner(environ, (status, headers, excInfo) =>
        startResponse(
          status,
          [...headers.filter(([name]) => name !== "Content-Length"), ["X-Seen", status]],
          excInfo,
        ),
      );
      return (async function* () {
        for await (const chunk of body) yield Buffer.from(String(chunk).toUpperCase());
      })();
    };
    for (const listener of [
      (_: IncomingMessage, res: ServerResponse) => void res.end("at once"),
      (_: IncomingMessage, res: ServerResponse) => void setImmediate(() => res.end("at once")),
    ]) {
      const site = await startNodeSite(upperCase(fromNode(listener)));
      const answer = await site.fetch("/");
      expect(await answer.text()).toBe("AT ONCE");
      expect(answer.headers.get("x-seen")).toBe("200 OK");
    }
  });
});
