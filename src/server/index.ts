/**
 * The server side: sockets, the pump, `serve`.
 * @module
 */
export { serve, type Addresses, type GatewayServer, type ServeOptions } from "./serve.ts";
export { serverLimits, type ServerLimits } from "./limits.ts";
export type { ListenOptions } from "./listen.ts";
