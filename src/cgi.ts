/**
 * `tsgi/cgi`: an application as a cgi-bin program, and the CGI codec without I/O. Loads no server.
 * @module
 */
/// <reference types="node" preserve="true" />
export { cgiLimits, runCgi, type CgiLimits, type CgiOptions } from "./cgi/index.ts";
export * from "./protocols/cgi/index.ts";
