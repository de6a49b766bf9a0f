/**
 * What tsgi.config.ts may say. Made of the table in src/cli/settings.ts by `npm run docs`: change that, not this.
 * @module
 */

/** The settings of `tsgi serve`. Paths are relative to the working directory. */
export interface TsgiConfig {
  /** The application, relative to the working directory; needed here, in the environment or in the config file. */
  readonly application?: string | undefined;
  /** Listen for FastCGI at unix:/path, host:port, :port, [::1]:port, fd:N or systemd:NAME. */
  readonly fastcgi?: string | readonly string[] | undefined;
  /** Listen for SCGI, at the same kinds of address. */
  readonly scgi?: string | readonly string[] | undefined;
  /** Listen for HTTP: for development and embedding, without a web server. */
  readonly http?: string | readonly string[] | undefined;
  /** What EXPORT is: a WSGI application, a fetch handler, or a Node.js listener (req, res); auto (the default) knows an object with `fetch`, and Express, Koa, Fastify, NestJS, Polka, hapi and http.Server; another function is WSGI. */
  readonly interface?: "auto" | "wsgi" | "fetch" | "node" | undefined;
  /** The mount point, "" or "/app": SCRIPT_NAME and PATH_INFO are split there (unset: as the web server sent them). */
  readonly scriptName?: string | undefined;
  /** Permission bits of a UNIX socket, octal (0660). */
  readonly socketMode?: number | string | undefined;
  /** Whom a UNIX socket belongs to, by name or number (this process's user). */
  readonly socketUser?: string | undefined;
  /** The group of a UNIX socket, by name or number (as the system gives it). */
  readonly socketGroup?: string | undefined;
  /** Permission bits, octal, that files which the application makes do not get (as inherited). Sockets have --socket-mode. */
  readonly umask?: number | string | undefined;
  /** Connections that wait to be accepted (511). */
  readonly backlog?: number | undefined;
  /** Who may connect over TCP, e.g. 192.0.2.1, 10.0.0.0/8 or fd00::/8 (FastCGI: the list in FCGI_WEB_SERVER_ADDRS; everybody). */
  readonly allow?: string | readonly string[] | undefined;
  /** Connections open at once; more are answered 503 (1024). */
  readonly maxConnections?: number | undefined;
  /** Requests open at once on one connection; above 1 is FastCGI multiplexing (1). */
  readonly maxRequestsPerConnection?: number | undefined;
  /** The largest request body; 413 beyond. K, M and G are accepted (no limit: the web server has its own). */
  readonly maxBody?: number | string | undefined;
  /** Host the application in N worker processes below a master, auto: one a core (one process without a master). */
  readonly workers?: number | "auto" | undefined;
  /** Replace a worker after so many requests (never). */
  readonly maxRequests?: number | undefined;
  /** Up to so many requests more, different for each worker, so that they are not replaced together (0). */
  readonly maxRequestsJitter?: number | undefined;
  /** Replace a worker when it is so old; 0: never (never). */
  readonly workerLifetime?: number | undefined;
  /** Replace a worker when it has more resident memory. K, M and G are accepted (no limit). */
  readonly maxMemory?: number | string | undefined;
  /** Answer 504 when an application takes longer, the whole answer counted; with workers, replace the worker, and kill it with a stack in the log if its event loop is blocked; 0: never (no limit). */
  readonly requestTimeout?: number | undefined;
  /** Kill a worker whose event loop has been blocked for so long, with a stack in the log; 0: never (30). */
  readonly heartbeatTimeout?: number | undefined;
  /** How long requests that have begun may go on when the server, or a worker, stops (30). */
  readonly gracefulTimeout?: number | undefined;
  /** Serve status pages over HTTP there: /, /status.txt, /status.json, /metrics and /ping (off). */
  readonly status?: string | undefined;
  /** Write the process id there once it is ready; removed at the end. */
  readonly pidFile?: string | undefined;
  /** Whom the application runs as, by name or number; the master, which binds the sockets, stays root (as whoever starts it). */
  readonly user?: string | undefined;
  /** Its group, by name or number (that of --user). */
  readonly group?: string | undefined;
  /** Give the application only PATH, HOME, USER, LOGNAME, TMPDIR, TZ, LANG and LC_* of the environment, and what the next two options name. */
  readonly clearEnv?: boolean | undefined;
  /** A variable that --clear-env leaves in place. */
  readonly passEnv?: string | readonly string[] | undefined;
  /** A variable for the application. Everybody on the machine can read a command line: no secrets here. */
  readonly env?: string | readonly string[] | undefined;
  /** Write a line for each answered request there; - is standard output (none is written). */
  readonly accessLog?: string | undefined;
  /** Combined, common, json, or a text with Apache's directives (combined). */
  readonly accessLogFormat?: string | undefined;
  /** Write what the server says, wsgi.errors and what workers print there, with time and process; - is standard error (standard error, without the time). */
  readonly errorLog?: string | undefined;
  /** Text or json (text). */
  readonly errorLogFormat?: string | undefined;
  /** How much of what the server says goes into the error log: failures; what may become one; what it does; every decision (info). */
  readonly logLevel?: "error" | "warning" | "info" | "debug" | undefined;
  /** Log a request that takes longer, with a JavaScript stack if it blocks the event loop; 0: never (never). */
  readonly slowRequest?: number | undefined;
  /** Hold the application and the server to the calling convention: a broken rule is logged and answered 500. On with --debug, and under `tsgi run` without a web server unless NODE_ENV is production; --no-validate: never. */
  readonly validate?: boolean | undefined;
  /** Show stacks: in error messages of the command, and to clients in error pages. Never on a public server. */
  readonly debug?: boolean | undefined;
}
