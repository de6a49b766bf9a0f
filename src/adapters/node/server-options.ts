/**
 * What of an http.Server's own settings is about the request and the response that its listeners get.
 *
 * `http.createServer({ IncomingMessage, ServerResponse, highWaterMark, rejectNonStandardBodyWrites, uniqueHeaders })`.
 * All others are about connections, which are the web server's.
 * @module
 */
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What messages are made with, in place of Node's own classes and sizes. */
export interface ServerOptions {
  readonly Incoming?: new (socket: never) => IncomingMessage;
  readonly Outgoing?: new (request: IncomingMessage, options: object) => ServerResponse;
  /** Octets. */
  readonly highWaterMark?: number;
  readonly rejectNonStandardBodyWrites?: boolean;
  /** Names in lower case of headers whose values go into one line. */
  readonly uniqueHeaders?: ReadonlySet<string>;
}

/** The settings that a server was made with. What it does not have, or keeps elsewhere in a later Node.js, is left out. */
export function serverOptions(server: EventEmitter): ServerOptions {
  const kept = Object.getOwnPropertySymbols(server);
  const bySymbol = (description: string): unknown => {
    const symbol = kept.find((each) => each.description === description);
    return symbol === undefined ? undefined : (server as unknown as Record<symbol, unknown>)[symbol];
  };
  const Incoming = bySymbol("IncomingMessage");
  const Outgoing = bySymbol("ServerResponse");
  const uniqueHeaders = bySymbol("kUniqueHeaders");
  const { highWaterMark, rejectNonStandardBodyWrites } = server as unknown as Record<string, unknown>;
  return {
    ...(typeof Incoming === "function" && { Incoming: Incoming as NonNullable<ServerOptions["Incoming"]> }),
    ...(typeof Outgoing === "function" && { Outgoing: Outgoing as NonNullable<ServerOptions["Outgoing"]> }),
    ...(typeof highWaterMark === "number" && { highWaterMark }),
    ...(rejectNonStandardBodyWrites === true && { rejectNonStandardBodyWrites }),
    ...(isSet(uniqueHeaders) && { uniqueHeaders }),
  };
}

/** Node.js keeps names in a Set that does not inherit from the global one. */
function isSet(value: unknown): value is ReadonlySet<string> {
  return typeof (value as Partial<Set<string>> | null | undefined)?.has === "function";
}
