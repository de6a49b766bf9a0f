/**
 * `toNode`: an application as a listener for Node's http server, and for whatever mounts such listeners.
 *
 * The environ is the one that `serve({ http })` builds: both are the bridge's HttpExchange.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  decodePath,
  embeddedSettings,
  HttpExchange,
  type Application,
  type Environ,
  type HttpExchangeHost,
  type LogEntry,
} from "../../bridge/index.ts";
import { GatewaySocket } from "./gateway-socket.ts";

/** How an application is hosted in a Node.js server. What is left out is as with `serve`. */
export interface ToNodeOptions {
  /** Pairs put over the variables of every request. */
  readonly environ?: Readonly<Record<string, string>>;
  /** Error pages show the stack. Default false. */
  readonly debug?: boolean;
  /** `wsgi.multiprocess`: other processes serve the same application. Default false. */
  readonly multiprocess?: boolean;
  /** Octets of a request body; 413 beyond. Default Infinity. */
  readonly maxBodyOctets?: number;
  /** How long an unfinished request body may stay silent, in ms. Default 120,000. */
  readonly bodyTimeoutMs?: number;
  /** How long an answer may wait for a client that does not read, in ms. Default 300,000. */
  readonly writeTimeoutMs?: number;
  /** The error log. Default: a line on standard error. */
  readonly log?: (entry: LogEntry) => void;
  /** Where `wsgi.errors` goes. Default: standard error. */
  readonly writeErrors?: (text: string) => void;
}

/** What frameworks leave on a request of the mounts it has passed. */
interface MountedRequest extends IncomingMessage {
  /** Express: the part of the path that `app.use("/path", listener)` has taken off. */
  readonly baseUrl?: unknown;
  /** Express and Connect: the target as it came. */
  readonly originalUrl?: unknown;
  /** A request of `fromNode`. */
  readonly environ?: Environ;
}

/**
 * Makes a listener of an application: `http.createServer(toNode(application))`, or `app.use("/wiki", toNode(wiki))` in
 * Express, where the mount becomes SCRIPT_NAME. It always answers: errors go to the log, not to the framework.
 */
export function toNode(
  application: Application,
  options: ToNodeOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const host: HttpExchangeHost = {
    application,
    settings: embeddedSettings(options),
    limits: {
      bodyTimeoutMs: options.bodyTimeoutMs ?? 120_000,
      writeTimeoutMs: options.writeTimeoutMs ?? 300_000,
    },
  };
  return (request, response) => {
    const { baseUrl, originalUrl, environ } = request as MountedRequest;
    const base = typeof baseUrl === "string" ? baseUrl : "";
    const scriptName = decodePath(base);
    const params: Record<string, string> = {};
    if (typeof originalUrl === "string" && originalUrl.startsWith("/")) params["REQUEST_URI"] = originalUrl;
    if ("encrypted" in request.socket && request.socket.encrypted === true) {
      params["HTTPS"] = "on";
      params["REQUEST_SCHEME"] = "https";
    }
    if (environ !== undefined && request.socket instanceof GatewaySocket) {
      params["SCRIPT_NAME"] = environ.SCRIPT_NAME + scriptName;
      addWebServersWord(params, environ);
    }
    const { method, url = "", httpVersion, rawHeaders } = request;
    new HttpExchange(request, response, false, host).start(
      { method, url: base + url, httpVersion, rawHeaders },
      { scriptName, params },
    );
  };
}

/** Variables that tell of this very request's path and body, and are made anew. */
const ofTheRequest: ReadonlySet<string> = new Set([
  "CONTENT_LENGTH",
  "CONTENT_TYPE",
  "PATH_INFO",
  "QUERY_STRING",
  "REQUEST_METHOD",
  "SCRIPT_NAME",
]);

/** What the web server in front of `fromNode` said stays as it said it: REMOTE_USER, the server's name, TLS. */
function addWebServersWord(params: Record<string, string>, environ: Environ): void {
  for (const [name, value] of Object.entries(environ)) {
    if (typeof value !== "string" || name.includes(".") || name.startsWith("HTTP_")) continue;
    if (!ofTheRequest.has(name)) params[name] = value;
  }
}
