/**
 * node:http, loaded when a listener is first adapted.
 *
 * The package's entry names `fromNode`, and a CGI script that imports the entry for something else must not wait for
 * an HTTP server that it never uses.
 * @module
 */
type HttpModule = typeof import("node:http");

let loaded: HttpModule | undefined;

/** The module, the same at each call. */
export function httpModule(): HttpModule {
  return (loaded ??= process.getBuiltinModule("node:http"));
}
