/**
 * `serve` without what it needs: sockets and HTTP are loaded when it is called.
 *
 * A program that hosts itself by `run()` imports the whole package, and as a CGI script it must not pay for a server
 * that it never starts: node:net and node:http alone are a tenth of its life.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import type { GatewayServer, ServeOptions } from "./serve.ts";
import type { SocketHost } from "./socket-host.ts";

/**
 * Hosts an application.
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS, ERR_CONFIG_LISTEN
 */
export async function serve(application: Application, options: ServeOptions): Promise<GatewayServer> {
  const server = await import("./serve.ts");
  return server.serve(application, options);
}

/**
 * Hosts an application on sockets that are handed over, where nothing listens.
 * @throws ConfigurationError ERR_CONFIG_OPTION
 */
export async function hostSockets(application: Application, options: ServeOptions): Promise<SocketHost> {
  const server = await import("./socket-host.ts");
  return server.hostSockets(application, options);
}
