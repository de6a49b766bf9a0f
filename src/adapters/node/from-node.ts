/**
 * `fromNode`: a listener for Node's http server, `(req, res)`, as an application.
 *
 * Express, Koa, Fastify, NestJS, Next.js, Nuxt and every other framework for Node.js gives such a listener.
 * docs/adapters-node.md says what behaves as under Node's own server, and what cannot.
 * @module
 */
import type { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { ConfigurationError } from "../../errors/index.ts";
import { isThenable, type Application } from "../../bridge/index.ts";
import { GatewaySocket } from "./gateway-socket.ts";
import { createMessages, type NodeRequest } from "./messages.ts";
import { mayHaveBody } from "./request-headers.ts";
import { serverOptions } from "./server-options.ts";

/** What `http.createServer` takes. What it returns is awaited if it is a promise, and otherwise ignored. */
export type NodeListener = (request: NodeRequest, response: ServerResponse) => unknown;

/**
 * Makes an application of a `(req, res)` listener, or of an http.Server's own listeners for 'request' with the classes that
 * the server was given for them.
 * @throws ConfigurationError ERR_CONFIG_OPTION when it is neither
 */
export function fromNode(listener: NodeListener | EventEmitter): Application {
  const call = toListener(listener);
  const server = typeof listener === "function" ? undefined : listener;
  const options = server && serverOptions(server);
  const { getDefaultHighWaterMark } = process.getBuiltinModule("node:stream");
  return (environ, startResponse) => {
    const highWaterMark = options?.highWaterMark ?? getDefaultHighWaterMark(false);
    const socket = new GatewaySocket(environ, startResponse, highWaterMark);
    socket.server = server;
    const hasBody = mayHaveBody(environ);
    const response = createMessages(environ, socket, hasBody, options);
    const request = response.req;
    let result: unknown;
    try {
      result = call(request, response);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
    if (isThenable(result)) {
      result.then(undefined, (error: unknown) => listenerFailed(socket, environ, error));
    }
    if (!hasBody) request.complete = true;
    return socket.answer.body();
  };
}

function listenerFailed(socket: GatewaySocket, environ: Parameters<Application>[0], error: unknown): void {
  if (socket.destroyed) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    environ["wsgi.errors"].write(`the listener failed after its answer had ended: ${text}\n`);
    return;
  }
  socket.answer.fail(error);
  socket.destroy(error instanceof Error ? error : undefined);
}

function toListener(listener: NodeListener | EventEmitter): NodeListener {
  if (typeof listener === "function") return listener;
  const emitter = listener as Partial<EventEmitter> | null | undefined;
  if (typeof emitter?.emit === "function" && (emitter.listenerCount?.("request") ?? 0) > 0) {
    return (request, response) => void listener.emit("request", request, response);
  }
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `fromNode() got ${listener === null ? "null" : typeof listener}: it takes a listener (req, res), or an http.Server ` +
      "that has one. Koa's is app.callback(), Fastify's is app.routing after app.ready()",
  );
}
