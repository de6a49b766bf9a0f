/**
 * `run`: flup's `WSGIServer(application).run()`. One program file is a cgi-bin script, a FastCGI application that its
 * web server starts, a socket-activated service and a development server, whichever started it.
 * @module
 */
import { formatLogEntry, type Application } from "../bridge/index.ts";
import { runCgi, type CgiOptions } from "../cgi/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { serve, type Addresses, type GatewayServer, type ServeOptions } from "../server/index.ts";
import { detectHost, withoutSocket, type Host } from "./detect-host.ts";
import { stopSignal } from "./stop-signal.ts";

export interface RunOptions
  extends Omit<ServeOptions, "fastcgi" | "http">, Pick<CgiOptions, "nonParsedHeader" | "exit"> {
  /** Where to listen for HTTP when nobody passed a socket and there is no CGI request. Default 127.0.0.1:8000. */
  readonly http?: Addresses;
  /** Who started this process, and so how it is to serve. Default: found out. */
  readonly host?: Host;
  /** Called once it listens; never for a CGI request. What it throws ends the server, and `run` rejects with it. */
  readonly ready?: (server: GatewayServer) => void;
  /** How long requests that have begun may go on once a signal to stop has come, in ms. Default 30,000. */
  readonly graceMs?: number;
}

const defaultHttp = "127.0.0.1:8000";

/**
 * Serves as whoever started this process expects, until TERM, INT, QUIT or HUP has come or the one CGI request is answered; then
 * ends the process, unless `exit` is false.
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_LISTEN
 */
export async function run(application: Application, options: RunOptions = {}): Promise<void> {
  let host = options.host ?? detectHost();
  let server: GatewayServer | undefined;
  if (host.kind === "fastcgi") {
    server = await serveDescriptor(application, options, host.certain);
    if (server === undefined) host = withoutSocket();
  }
  if (host.kind === "cgi") {
    await runCgi(application, options);
    return;
  }
  server ??= await serve(application, { ...options, ...addressesOf(host, options) });
  // Before it says that it is ready: who waits for that may stop it the next moment.
  const stop = stopSignal(endProcess);
  try {
    options.ready?.(server);
  } catch (error) {
    // Its sockets' paths must not stay behind.
    await server.close({ graceMs: 0 });
    stop.forget();
    throw error;
  }
  announce(server, options);
  await stop.came;
  await server.close({ graceMs: options.graceMs ?? 30_000 });
  // The application's own timers and sockets must not keep a stopped server alive.
  if (options.exit !== false) endProcess();
  stop.forget();
}

/** FastCGI on descriptor 0; undefined when that proves to be no listening socket. */
async function serveDescriptor(
  application: Application,
  options: RunOptions,
  certain: boolean,
): Promise<GatewayServer | undefined> {
  const { http: _, ...others } = options;
  try {
    return await serve(application, { ...others, fastcgi: "fd:0" });
  } catch (error) {
    if (certain || !(error instanceof ConfigurationError) || error.code !== "ERR_CONFIG_LISTEN") throw error;
    return undefined;
  }
}

function addressesOf(host: Host, options: RunOptions): Pick<ServeOptions, "fastcgi" | "http"> {
  if (host.kind !== "systemd") return { http: options.http ?? defaultHttp };
  // What this process starts in turn must not take the sockets for its own (sd_listen_fds(3)).
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete process.env[name];
  const speaking = (protocol: "fastcgi" | "http"): Address[] =>
    host.sockets
      .filter((socket) => socket.protocol === protocol)
      .map(({ descriptor }) => ({ kind: "fd", fd: descriptor }));
  return { fastcgi: speaking("fastcgi"), http: speaking("http") };
}

function announce(server: GatewayServer, options: RunOptions): void {
  const places = server.addresses.map(({ protocol, address }) =>
    protocol === "http" && address.kind === "tcp"
      ? `http://${formatAddress(address)}/`
      : `${protocol}:${formatAddress(address)}`,
  );
  const log = options.log ?? ((entry) => void process.stderr.write(formatLogEntry(entry)));
  log({ level: "info", message: `ready at ${places.join(", ")} (pid ${process.pid})` });
}

function endProcess(): void {
  process.exit(0);
}
