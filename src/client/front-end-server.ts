/**
 * The node:http server of a front end that listens by itself: it says what it refuses, where node:http would not.
 * @module
 */
import { createServer, ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { httpRefusalEntry, refuseHttpRequest, type HttpRefusal, type LogEntry } from "../bridge/index.ts";

/** Who serves what comes. */
export interface FrontEndListener {
  request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  /** A request that is to be answered by `refusal.status`, on a connection that ends with that. */
  refuse(refusal: HttpRefusal, request: IncomingMessage, response: ServerResponse): void;
  /** Octets that are no request have been answered, as far as they could be. */
  refused(entry: LogEntry): void;
}

/** Makes it; it does not listen yet. */
export function createFrontEndServer(listener: FrontEndListener): Server {
  const server = createServer({ requireHostHeader: false });
  const take = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const refusal = refuseHttpRequest(request);
    if (refusal === undefined) return listener.request(request, response, expectsContinue);
    response.shouldKeepAlive = false;
    listener.refuse(refusal, request, response);
  };
  server.on("request", (request, response) => take(request, response, false));
  server.on("checkContinue", (request, response) => take(request, response, true));
  server.on("checkExpectation", (request, response) => take(request, response, false));
  server.on("connect", (request, socket) => {
    const response = new ServerResponse(request);
    socket.on("error", () => {});
    response.assignSocket(socket as Socket);
    response.once("finish", () => (socket as Socket).destroySoon());
    take(request, response, false);
  });
  // A listener would have to answer as node:http does without one.
  const emit = server.emit.bind(server) as (event: string, ...values: unknown[]) => boolean;
  server.emit = (event: string, ...values: unknown[]): boolean => {
    const [error] = values;
    const entry =
      event === "clientError" && error instanceof Error ? httpRefusalEntry(error, undefined) : undefined;
    if (entry !== undefined) listener.refused(entry);
    return emit(event, ...values);
  };
  return server;
}
