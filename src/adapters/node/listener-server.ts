/**
 * `req.socket.server`: the server that a listener takes itself to run in. It never listens.
 *
 * Proxies and Socket.IO look for it there, to hear of upgrades or to put themselves before the listener; so it is made
 * when somebody looks, and from then on requests go through its listeners for 'request'.
 * @module
 */
import type { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import type { Environ } from "../../bridge/index.ts";
import { ConfigurationError } from "../../errors/index.ts";
import { httpModule } from "./http-module.ts";
import type { NodeRequest } from "./messages.ts";

/** What `http.createServer` takes. What it returns is awaited if it is a promise, and otherwise ignored. */
export type NodeListener = (request: NodeRequest, response: ServerResponse) => unknown;

/** One for each application. */
export class ListenerServer {
  readonly #listener: NodeListener | undefined;
  #emitter: EventEmitter | undefined;

  /** @throws ConfigurationError ERR_CONFIG_OPTION for what is neither a listener nor an emitter with one */
  constructor(listener: NodeListener | EventEmitter) {
    if (typeof listener === "function") {
      this.#listener = listener;
      this.#emitter = undefined;
      return;
    }
    const emitter = listener as Partial<EventEmitter> | null | undefined;
    if (typeof emitter?.emit !== "function" || (emitter.listenerCount?.("request") ?? 0) === 0) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `fromNode() got ${listener === null ? "null" : typeof listener}: it takes a listener (req, res), or an ` +
          "http.Server that has one. Koa's is app.callback(), Fastify's is app.routing after app.ready()",
      );
    }
    this.#listener = undefined;
    this.#emitter = listener;
  }

  /** The http.Server that `fromNode` was given, or one of its own. */
  get server(): EventEmitter {
    return (this.#emitter ??= httpModule().createServer(this.#listener as never));
  }

  /** @returns what the listener returns, where it is the only one */
  call(request: NodeRequest, response: ServerResponse): unknown {
    const emitter = this.#emitter;
    const listener = this.#listener;
    if (emitter === undefined) return listener?.(request, response);
    if (isWebSocket(request.environ) && emitter.listenerCount("upgrade") > 0) {
      refuseWebSocket(request, response);
      return undefined;
    }
    // Called by itself where nobody has joined it: what it returns may be a promise that rejects.
    if (listener !== undefined && isAlone(listener, emitter)) return listener(request, response);
    emitter.emit("request", request, response);
    return undefined;
  }
}

function isAlone(listener: NodeListener, emitter: EventEmitter): boolean {
  const all = emitter.listeners("request");
  return all.length === 1 && all[0] === listener;
}

/** Other upgrades, such as curl's to HTTP/2, are offers that a server need not take (RFC 9110 section 7.8). */
function isWebSocket({ HTTP_UPGRADE: upgrade }: Environ): boolean {
  return typeof upgrade === "string" && upgrade.toLowerCase() === "websocket";
}

/** Where the application would take the connection over. Without an answer of its own, the client would be told 200 or 404. */
function refuseWebSocket(request: NodeRequest, response: ServerResponse): void {
  const text =
    "FastCGI, SCGI and CGI carry no WebSocket: let the web server pass this path to an HTTP port of the application";
  request.environ["wsgi.errors"].write(`a WebSocket was refused. ${text} (proxy_pass)\n`);
  response.writeHead(501, { "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
