/**
 * Every command and option of `tsgi` as data: the parser, the help text and docs/command-line.md come from here.
 * @module
 */
import { serverLimits } from "../server/index.ts";

/** How an option's text becomes a value. */
export type SettingKind = "flag" | "text" | "address" | "integer" | "octets" | "seconds" | "mode" | "workers";

export interface Setting {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  readonly kind: SettingKind;
  /** What stands for the value in help, e.g. `ADDR`. */
  readonly placeholder?: string;
  readonly repeatable?: boolean;
  readonly help: string;
}

export interface CommandSettings {
  readonly name: string;
  /** What stands after the options, e.g. `MODULE[:EXPORT]`; in brackets what may be left out. */
  readonly positionals: readonly string[];
  readonly help: string;
  readonly settings: readonly Setting[];
}

const debug: Setting = {
  name: "debug",
  kind: "flag",
  help: "show stacks: in error messages of the command, and to clients in error pages. Never on a public server",
};

const scriptName: Setting = {
  name: "script-name",
  kind: "text",
  placeholder: "PATH",
  help: 'the mount point, "" or "/app": SCRIPT_NAME and PATH_INFO are split there (unset: as the web server sent them)',
};

const maxBody: Setting = {
  name: "max-body",
  kind: "octets",
  placeholder: "OCTETS",
  help: "the largest request body; 413 beyond. K, M and G are accepted (no limit: the web server has its own)",
};

const gracefulTimeout: Setting = {
  name: "graceful-timeout",
  kind: "seconds",
  placeholder: "S",
  help: "how long requests that have begun may go on when the server, or a worker, stops (30)",
};

const serve: CommandSettings = {
  name: "serve",
  positionals: ["MODULE[:EXPORT]"],
  help: "host an application; MODULE is a .ts, .mts, .js or .mjs file, EXPORT defaults to `application`, then `default`",
  settings: [
    {
      name: "fastcgi",
      kind: "address",
      placeholder: "ADDR",
      repeatable: true,
      help: "listen for FastCGI at unix:/path, host:port, :port, [::1]:port, fd:N or systemd:NAME",
    },
    {
      name: "scgi",
      kind: "address",
      placeholder: "ADDR",
      repeatable: true,
      help: "listen for SCGI, at the same kinds of address",
    },
    {
      name: "http",
      kind: "address",
      placeholder: "ADDR",
      repeatable: true,
      help: "listen for HTTP: for development and embedding, without a web server",
    },
    scriptName,
    {
      name: "socket-mode",
      kind: "mode",
      placeholder: "MODE",
      help: "permission bits of a UNIX socket, octal (0660)",
    },
    {
      name: "backlog",
      kind: "integer",
      placeholder: "N",
      help: "connections that wait to be accepted (511)",
    },
    {
      name: "max-connections",
      kind: "integer",
      placeholder: "N",
      help: `connections open at once; more are answered 503 (${serverLimits.maxConnections})`,
    },
    {
      name: "max-requests-per-connection",
      kind: "integer",
      placeholder: "N",
      help: "requests open at once on one connection; above 1 is FastCGI multiplexing (1)",
    },
    maxBody,
    {
      name: "workers",
      kind: "workers",
      placeholder: "N|auto",
      help: "host the application in N worker processes below a master, auto: one a core (one process without a master)",
    },
    {
      name: "max-requests",
      kind: "integer",
      placeholder: "N",
      help: "replace a worker after so many requests (never)",
    },
    {
      name: "max-requests-jitter",
      kind: "integer",
      placeholder: "N",
      help: "up to so many requests more, different for each worker, so that they are not replaced together (0)",
    },
    {
      name: "worker-lifetime",
      kind: "seconds",
      placeholder: "S",
      help: "replace a worker when it is so old (never)",
    },
    {
      name: "max-memory",
      kind: "octets",
      placeholder: "OCTETS",
      help: "replace a worker when it has more resident memory. K, M and G are accepted (no limit)",
    },
    {
      name: "request-timeout",
      kind: "seconds",
      placeholder: "S",
      help: "answer 504 when an application takes longer, the whole answer counted; with workers, replace the worker, and kill it with a stack in the log if its event loop is blocked (no limit)",
    },
    {
      name: "heartbeat-timeout",
      kind: "seconds",
      placeholder: "S",
      help: "kill a worker whose event loop has been blocked for so long, with a stack in the log; 0: never (30)",
    },
    gracefulTimeout,
    {
      name: "status",
      kind: "address",
      placeholder: "ADDR",
      help: "serve status pages over HTTP there: /, /status.txt, /status.json, /metrics and /ping (off)",
    },
    {
      name: "pid-file",
      kind: "text",
      placeholder: "FILE",
      help: "write the process id there once it is ready; removed at the end",
    },
    debug,
  ],
};

const run: CommandSettings = {
  name: "run",
  positionals: ["MODULE[:EXPORT]"],
  help: "host an application as whoever started the process expects: FastCGI on an inherited socket, systemd's sockets, one CGI request, else HTTP on the loopback",
  settings: [
    {
      name: "http",
      kind: "address",
      placeholder: "ADDR",
      help: "where to listen for HTTP when nobody passed a socket or a request (127.0.0.1:8000)",
    },
    scriptName,
    maxBody,
    gracefulTimeout,
    debug,
  ],
};

const cgi: CommandSettings = {
  name: "cgi",
  positionals: ["MODULE[:EXPORT]"],
  help: "answer one CGI request on standard input and output; words behind MODULE are ignored: they may come from the query string",
  settings: [
    {
      name: "nph",
      kind: "flag",
      help: "write a complete HTTP head, also when the script's name does not begin with nph-",
    },
    scriptName,
    maxBody,
    debug,
  ],
};

const proxy: CommandSettings = {
  name: "proxy",
  positionals: [],
  help: "an embedded HTTP front end that speaks to a gateway: for development and demonstrations",
  settings: [
    { name: "http", kind: "address", placeholder: "ADDR", help: "listen for HTTP there" },
    {
      name: "to",
      kind: "text",
      placeholder: "fastcgi:ADDR|scgi:ADDR",
      help: "where the application listens",
    },
    debug,
  ],
};

const request: CommandSettings = {
  name: "request",
  positionals: ["fastcgi:ADDR|scgi:ADDR", "PATH"],
  help: "send one request to a gateway, as curl would, and print the answer",
  settings: [
    {
      name: "request",
      short: "X",
      kind: "text",
      placeholder: "METHOD",
      help: "the method (GET; POST with -d)",
    },
    {
      name: "header",
      short: "H",
      kind: "text",
      placeholder: "'Name: value'",
      repeatable: true,
      help: "a request header",
    },
    {
      name: "data",
      short: "d",
      kind: "text",
      placeholder: "BODY",
      help: "the body; @file or @- (standard input)",
    },
    { name: "include", short: "i", kind: "flag", help: "print the head of the answer too" },
    debug,
  ],
};

const status: CommandSettings = {
  name: "status",
  positionals: ["[ADDR]"],
  help: "print the status of a running service; ADDR is what its --status was given, or stands in TSGI_STATUS",
  settings: [debug],
};

const top: CommandSettings = {
  name: "top",
  positionals: ["[ADDR]"],
  help: "keep the status of a running service on the screen, until q",
  settings: [
    { name: "interval", kind: "seconds", placeholder: "S", help: "time between two looks (2)" },
    debug,
  ],
};

/** In the order of the help text. */
export const commands: readonly CommandSettings[] = [serve, run, cgi, proxy, request, status, top];
