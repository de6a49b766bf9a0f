/**
 * The same middleware around an application of every kind: compression, 304 for what the client has, and the files of
 * `public/` below /assets. Behind the colon of the command is which of them:
 * tsgi serve examples/middleware.ts:hono --fastcgi unix:/tmp/middleware.sock
 * @module
 */
import type { Application, Middleware } from "tsgi";
import { compress, conditionalGet, staticFiles } from "tsgi/middleware";
import { application as expressApplication } from "./express.ts";
import { application as fastifyApplication } from "./fastify.ts";
import { application as honoApplication } from "./hono.ts";
import { application as koaApplication } from "./koa.ts";
import { application as wsgiApplication } from "./wsgi.ts";

const files = staticFiles({
  root: new URL("public/", import.meta.url),
  prefix: "/assets",
  maxAge: 3600,
});

/** Middleware is written for this example alone: it knows nothing of what it is around. */
const signed: Middleware = (application) => (environ, startResponse) =>
  application(environ, (status, headers, excInfo) =>
    startResponse(status, [...headers, ["X-Served-By", "tsgi"]], excInfo),
  );

/** The outermost sees a request first and its answer last. */
const around = (application: Application): Application =>
  compress()(conditionalGet({ etag: true })(files(signed(application))));

export const wsgi = around(wsgiApplication);
export const hono = around(honoApplication);
export const express = around(expressApplication);
export const koa = around(koaApplication);
export const fastify = around(fastifyApplication);

export { wsgi as application };
