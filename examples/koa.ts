/**
 * Koa, unchanged: tsgi serve examples/koa.ts --fastcgi unix:/tmp/koa.sock
 * @module
 */
import { text } from "node:stream/consumers";
import Koa from "koa";
import { fromNode } from "tsgi";

const app = new Koa();

app.use(async (ctx) => {
  if (ctx.path === "/") {
    ctx.type = "html";
    ctx.body = `<!doctype html><title>tsgi</title><h1>Hello from Koa</h1><p>You are ${ctx.ip}.</p>\n`;
  } else if (ctx.path.startsWith("/hello/")) {
    const name = decodeURIComponent(ctx.path.slice("/hello/".length));
    ctx.body = { hello: name, client: ctx.ip, secure: ctx.secure };
  } else if (ctx.path === "/shout" && ctx.method === "POST") {
    ctx.body = (await text(ctx.req)).toUpperCase();
  }
});

export const application = fromNode(app.callback());
