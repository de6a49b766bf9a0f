/**
 * CGI: one request from the environment, standard input and standard output of this process. RFC 3875.
 * @module
 */
export { cgiLimits, type CgiLimits } from "./limits.ts";
export { protectProcess, runCgi, type CgiOptions } from "./run-cgi.ts";
