/**
 * Hono, or anything else that has `fetch`: tsgi serve examples/hono.ts --fastcgi unix:/tmp/hono.sock
 * @module
 */
import { Hono } from "hono";
import { fromFetch, type FetchEnv } from "tsgi";

const app = new Hono<{ Bindings: FetchEnv }>();

// `c.env.environ` is what the web server says of the request.
app.get("/", (c) =>
  c.html(
    `<!doctype html><title>tsgi</title><h1>Hello from Hono</h1><p>You are ${c.env.environ.REMOTE_ADDR}.</p>\n`,
  ),
);

app.get("/hello/:name", (c) =>
  c.json({
    hello: c.req.param("name"),
    client: c.env.environ.REMOTE_ADDR,
    secure: c.req.url.startsWith("https:"),
  }),
);

app.post("/shout", async (c) => c.text((await c.req.text()).toUpperCase()));

export const application = fromFetch(app);
