/**
 * CGI: one request from the environment, standard input and standard output of this process. RFC 3875.
 * @module
 */
export { cgiLimits, type CgiLimits } from "./limits.ts";
export type { ScriptChannel } from "./script-channel.ts";
export { ScriptExchange } from "./script-exchange.ts";
export { scriptSettings } from "./script-settings.ts";
export { protectProcess, runCgi, type CgiOptions } from "./run-cgi.ts";
