/**
 * `tsgi/fastcgi`: the FastCGI codec, both sides, without I/O; the server and a client.
 * @module
 */
/// <reference types="node" preserve="true" />
export * from "./protocols/fastcgi/index.ts";
export * from "./client/index.ts";
export { serve, type GatewayServer, type ServeOptions } from "./server/index.ts";
