/**
 * The server side: sockets, the pump, `serve`.
 * @module
 */
export { serve } from "./lazy-serve.ts";
export type { Addresses, CloseOptions, GatewayServer, OpenRequest, ServeOptions } from "./serve.ts";
export { serverLimits, type ServerLimits } from "./limits.ts";
export { listenWith, type Listener, type ListenOptions } from "./listen.ts";
export { adoptSocket, holdSocket } from "./lazy-sockets.ts";
export { latencyBucketCount, latencyBucketOf, latencyBucketStart, RequestStatistics } from "./statistics.ts";
export type { HeldSocket } from "./held-socket.ts";
export type { OwnedPath } from "./unix-socket.ts";
