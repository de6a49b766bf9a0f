/**
 * `tsgi/middleware`: middleware that runs around any application.
 * @module
 */
export * from "./middleware/index.ts";
