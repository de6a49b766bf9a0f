/** Who the client is, for frameworks with their default settings: what the web server says, never a header. */
import express from "express";
import { fastify } from "fastify";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { fromNode, type NodeListener } from "../../../src/adapters/index.ts";
import { startNodeSite } from "./sites.ts";

const spoofed = {
  "X-Forwarded-For": "203.0.113.9",
  "X-Forwarded-Host": "evil.example",
  "X-Forwarded-Proto": "https",
  "X-Real-IP": "203.0.113.9",
  Forwarded: "for=203.0.113.9;proto=https;host=evil.example",
};

const expressApp = express();
expressApp.use((req, res) => {
  res.json([req.ip, req.protocol, req.secure, req.hostname]);
});

const koaApp = new Koa();
koaApp.use((ctx) => {
  ctx.body = [ctx.ip, ctx.protocol, ctx.secure, ctx.hostname];
});

const fastifyApp = fastify();
fastifyApp.get("/", (request, reply) =>
  reply.send([request.ip, request.protocol, request.protocol === "https", request.hostname]),
);
await fastifyApp.ready();

const listeners: Record<string, NodeListener> = {
  Express: expressApp,
  Koa: koaApp.callback(),
  Fastify: fastifyApp.routing,
};

describe.each(Object.entries(listeners))("%s sees the real client", (_, listener) => {
  it("and no header that a client sends", async () => {
    const site = await startNodeSite(fromNode(listener), { params: { REMOTE_ADDR: "192.0.2.1" } });
    const answer = await site.fetch("/", { headers: spoofed });
    expect(await answer.json()).toEqual(["192.0.2.1", "http", false, "127.0.0.1"]);
  });

  it("over TLS, which the web server ends", async () => {
    const site = await startNodeSite(fromNode(listener), {
      params: { REMOTE_ADDR: "2001:db8::1", HTTPS: "on", HTTP_HOST: "shop.example" },
    });
    const answer = await site.fetch("/", { headers: { ...spoofed, "X-Forwarded-Proto": "http" } });
    expect(await answer.json()).toEqual(["2001:db8::1", "https", true, "shop.example"]);
  });
});
