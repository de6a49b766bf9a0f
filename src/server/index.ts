/**
 * The server side: sockets, the pump, `serve`.
 * @module
 */
export { hostSockets, serve } from "./lazy-serve.ts";
export type { Addresses, GatewayServer, ServeOptions } from "./serve.ts";
export type { SocketHost } from "./socket-host.ts";
export { serverLimits, type ServerLimits } from "./limits.ts";
export type { ListenOptions } from "./listen.ts";
