/**
 * `tsgi/scgi`: the SCGI codec, both sides, without I/O; the server and a client.
 * @module
 */
/// <reference types="node" preserve="true" />
export * from "./protocols/scgi/index.ts";
export * from "./client/index.ts";
export { serve, type GatewayServer, type ServeOptions } from "./server/index.ts";
