/**
 * `tsgi/middleware`: the middleware that ships.
 * @module
 */
export * from "./middleware/index.ts";
