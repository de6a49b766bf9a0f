/**
 * Fastify, unchanged but for `listen`: tsgi serve examples/fastify.ts --fastcgi unix:/tmp/fastify.sock
 * @module
 */
import Fastify from "fastify";
import { fromNode } from "tsgi";

const app = Fastify();

app.get("/", (request, reply) =>
  reply
    .type("text/html")
    .send(`<!doctype html><title>tsgi</title><h1>Hello from Fastify</h1><p>You are ${request.ip}.</p>\n`),
);

app.get<{ Params: { name: string } }>("/hello/:name", (request) => ({
  hello: request.params.name,
  client: request.ip,
  secure: request.protocol === "https",
}));

app.post<{ Body: string }>("/shout", (request, reply) =>
  reply.type("text/plain").send(request.body.toUpperCase()),
);

// In place of app.listen(): the plugins are loaded, and tsgi hands requests to its router.
await app.ready();

export const application = fromNode((request, response) => app.routing(request, response));
