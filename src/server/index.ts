/**
 * The server side: sockets, the pump, `serve`.
 * @module
 */
export { hostSockets, serve } from "./lazy-serve.ts";
export type { Addresses, CloseOptions, GatewayServer, OpenRequest, ServeOptions } from "./serve.ts";
export type { SocketHost } from "./socket-host.ts";
export { serverLimits, type ServerLimits } from "./limits.ts";
export type { Listener, ListenOptions } from "./listen.ts";
export { adoptSocket, checkPeerList, findGroup, findUser, holdSocket, listenWith } from "./lazy-sockets.ts";
export type { UserAccount } from "./accounts.ts";
export { inheritedAddresses, unclaimedSockets } from "./inherited-sockets.ts";
export { latencyBucketCount, latencyBucketOf, latencyBucketStart, RequestStatistics } from "./statistics.ts";
export type { HeldSocket } from "./held-socket.ts";
export type { OwnedPath } from "./unix-socket.ts";
