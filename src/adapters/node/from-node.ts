/**
 * `fromNode`: a listener for Node's http server, `(req, res)`, as an application.
 *
 * Express, Koa, Fastify, NestJS, Next.js, Nuxt and every other framework for Node.js gives such a listener.
 * docs/adapters-node.md says what behaves as under Node's own server, and what cannot.
 * @module
 */
import type { EventEmitter } from "node:events";
import { isThenable, type Application } from "../../bridge/index.ts";
import { GatewaySocket } from "./gateway-socket.ts";
import { ListenerServer, type NodeListener } from "./listener-server.ts";
import { createMessages } from "./messages.ts";
import { mayHaveBody } from "./request-headers.ts";
import { serverOptions } from "./server-options.ts";

/**
 * Makes an application of a `(req, res)` listener, or of an http.Server's own listeners for 'request' with the classes that
 * the server was given for them.
 * @throws ConfigurationError ERR_CONFIG_OPTION when it is neither
 */
export function fromNode(listener: NodeListener | EventEmitter): Application {
  const server = new ListenerServer(listener);
  const options = typeof listener === "function" ? undefined : serverOptions(listener);
  const { getDefaultHighWaterMark } = process.getBuiltinModule("node:stream");
  return (environ, startResponse) => {
    const highWaterMark = options?.highWaterMark ?? getDefaultHighWaterMark(false);
    const socket = new GatewaySocket(environ, startResponse, highWaterMark, server);
    const hasBody = mayHaveBody(environ);
    const response = createMessages(environ, socket, hasBody, options);
    const request = response.req;
    let result: unknown;
    try {
      result = server.call(request, response);
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
