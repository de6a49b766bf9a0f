/**
 * `tsgi/middleware`: the middleware that ships.
 * @module
 */
/// <reference types="node" preserve="true" />
export * from "./middleware/index.ts";
