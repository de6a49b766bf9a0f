/**
 * `tsgi/fastcgi`: the FastCGI codec, both sides, without I/O; and a client.
 * @module
 */
export * from "./protocols/fastcgi/index.ts";
export * from "./client/index.ts";
