/**
 * Every command and option of `tsgi` as data: the parser, the help text, what the environment and tsgi.config.ts may say,
 * docs/command-line.md and docs/configuration.md come from here.
 * @module
 */
import type { LogLevel } from "../logs/index.ts";
import { serverLimits } from "../server/index.ts";
import { interfaceNames } from "./application-interface.ts";

/** How an option's text becomes a value. */
export type SettingKind =
  "flag" | "text" | "choice" | "address" | "integer" | "octets" | "seconds" | "mode" | "workers";

/** Who may say what a setting is, the strongest first. */
export const settingSources = ["command line", "environment", "config file"] as const;
export type SettingSource = (typeof settingSources)[number];

export interface Setting {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  readonly kind: SettingKind;
  /** What stands for the value in help, e.g. `ADDR`. */
  readonly placeholder?: string;
  /** The values of a choice. */
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
  /** It is the command's word that is no option; elsewhere it is a setting like the others. */
  readonly positional?: boolean;
  /** Where it may be set. Default: everywhere. */
  readonly sources?: readonly SettingSource[];
  /** "" is a value of its own: in the environment, it otherwise means that nothing is set. */
  readonly emptyIsValue?: boolean;
  /** 0 is a number like any other; elsewhere it is none that a whole number may be. */
  readonly allowsZero?: boolean;
  /** Read when the master starts: HUP does not change it, USR2 does. */
  readonly atStart?: boolean;
  /** One sentence without a full stop; the default stands in parentheses at its end. */
  readonly help: string;
}

export interface CommandSettings {
  readonly name: string;
  /** What stands after the options, e.g. `MODULE[:EXPORT]`; in brackets what may be left out. */
  readonly positionals: readonly string[];
  readonly help: string;
  /** Where its settings come from besides the command line. It hosts an application. */
  readonly sources?: readonly SettingSource[];
  readonly settings: readonly Setting[];
}

const debug: Setting = {
  name: "debug",
  kind: "flag",
  help: "show stacks: in error messages of the command, and to clients in error pages. Never on a public server",
};

const applicationInterface: Setting = {
  name: "interface",
  kind: "choice",
  choices: interfaceNames,
  placeholder: interfaceNames.join("|"),
  help: "what EXPORT is: a WSGI application, a fetch handler, or a Node.js listener (req, res); auto (the default) knows an object with `fetch`, and Express, Koa, Fastify, NestJS, Polka, hapi and http.Server; another function is WSGI",
};

const scriptName: Setting = {
  name: "script-name",
  kind: "text",
  placeholder: "PATH",
  help: 'the mount point, "" or "/app": SCRIPT_NAME and PATH_INFO are split there (unset: as the web server sent them)',
  emptyIsValue: true,
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

const allow: Setting = {
  name: "allow",
  atStart: true,
  kind: "text",
  placeholder: "ADDRESS|NETWORK",
  repeatable: true,
  help: "who may connect over TCP, e.g. 192.0.2.1, 10.0.0.0/8 or fd00::/8 (FastCGI: the list in FCGI_WEB_SERVER_ADDRS; everybody)",
};

const maxConnections: Setting = {
  name: "max-connections",
  kind: "integer",
  placeholder: "N",
  help: `connections open at once; more are answered 503 (${serverLimits.maxConnections})`,
};

const maxRequestsPerConnection: Setting = {
  name: "max-requests-per-connection",
  kind: "integer",
  placeholder: "N",
  help: "requests open at once on one connection; above 1 is FastCGI multiplexing (1)",
};

const pidFile: Setting = {
  name: "pid-file",
  kind: "text",
  placeholder: "FILE",
  atStart: true,
  help: "write the process id there once it is ready; removed at the end",
};

const group: Setting = {
  name: "group",
  atStart: true,
  kind: "text",
  placeholder: "GROUP",
  help: "its group, by name or number (that of --user)",
};

const validate: Setting = {
  name: "validate",
  kind: "flag",
  help: "hold the application and the server to the calling convention: a broken rule is logged and answered 500. On with --debug, and under `tsgi run` without a web server unless NODE_ENV is production; --no-validate: never",
};

/** Here once more: a CGI request need not wait for the module of the logs. */
const logLevels: readonly LogLevel[] = ["error", "warning", "info", "debug"];

const logSettings: readonly Setting[] = [
  {
    name: "access-log",
    kind: "text",
    placeholder: "FILE",
    help: "write a line for each answered request there; - is standard output (none is written)",
  },
  {
    name: "access-log-format",
    kind: "text",
    placeholder: "FORMAT",
    help: "combined, common, json, or a text with Apache's directives (combined)",
  },
  {
    name: "error-log",
    atStart: true,
    kind: "text",
    placeholder: "FILE",
    help: "write what the server says, wsgi.errors and what workers print there, with time and process; - is standard error (standard error, without the time)",
  },
  {
    name: "error-log-format",
    atStart: true,
    kind: "text",
    placeholder: "FORMAT",
    help: "text or json (text)",
  },
  {
    name: "log-level",
    atStart: true,
    kind: "choice",
    choices: logLevels,
    placeholder: logLevels.join("|"),
    help: "how much of what the server says goes into the error log: failures; what may become one; what it does; every decision (info)",
  },
  {
    name: "slow-request",
    atStart: true,
    kind: "seconds",
    placeholder: "S",
    help: "log a request that takes longer, with a JavaScript stack if it blocks the event loop; 0: never (never)",
  },
];

const serve: CommandSettings = {
  name: "serve",
  positionals: ["MODULE[:EXPORT]"],
  help: "host an application; MODULE is a .ts, .mts, .js or .mjs file, EXPORT defaults to `application`, then `default`",
  sources: settingSources,
  settings: [
    {
      name: "application",
      positional: true,
      kind: "text",
      placeholder: "MODULE[:EXPORT]",
      help: "the application, relative to the working directory; needed here, in the environment or in the config file",
    },
    {
      name: "fastcgi",
      kind: "address",
      placeholder: "ADDR",
      repeatable: true,
      atStart: true,
      help: "listen for FastCGI at unix:/path, host:port, :port, [::1]:port, fd:N or systemd:NAME",
    },
    {
      name: "scgi",
      kind: "address",
      placeholder: "ADDR",
      repeatable: true,
      atStart: true,
      help: "listen for SCGI, at the same kinds of address",
    },
    {
      name: "http",
      kind: "address",
      placeholder: "ADDR",
      repeatable: true,
      atStart: true,
      help: "listen for HTTP: for development and embedding, without a web server",
    },
    applicationInterface,
    scriptName,
    {
      name: "socket-mode",
      kind: "mode",
      placeholder: "MODE",
      atStart: true,
      help: "permission bits of a UNIX socket, octal (0660)",
    },
    {
      name: "socket-user",
      atStart: true,
      kind: "text",
      placeholder: "USER",
      help: "whom a UNIX socket belongs to, by name or number (this process's user)",
    },
    {
      name: "socket-group",
      atStart: true,
      kind: "text",
      placeholder: "GROUP",
      help: "the group of a UNIX socket, by name or number (as the system gives it)",
    },
    {
      name: "umask",
      atStart: true,
      kind: "mode",
      placeholder: "MASK",
      help: "permission bits, octal, that files which the application makes do not get (as inherited). Sockets have --socket-mode",
    },
    {
      name: "backlog",
      kind: "integer",
      placeholder: "N",
      help: "connections that wait to be accepted (511)",
    },
    allow,
    maxConnections,
    maxRequestsPerConnection,
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
      allowsZero: true,
      placeholder: "N",
      help: "up to so many requests more, different for each worker, so that they are not replaced together (0)",
    },
    {
      name: "worker-lifetime",
      kind: "seconds",
      placeholder: "S",
      help: "replace a worker when it is so old; 0: never (never)",
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
      help: "answer 504 when an application takes longer, the whole answer counted; with workers, replace the worker, and kill it with a stack in the log if its event loop is blocked; 0: never (no limit)",
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
      atStart: true,
      kind: "address",
      placeholder: "ADDR",
      help: "serve status pages over HTTP there: /, /status.txt, /status.json, /metrics and /ping (off)",
    },
    pidFile,
    {
      name: "user",
      atStart: true,
      kind: "text",
      placeholder: "USER",
      help: "whom the application runs as, by name or number; the master, which binds the sockets, stays root (as whoever starts it)",
    },
    group,
    {
      name: "clear-env",
      atStart: true,
      kind: "flag",
      help: "give the application only PATH, HOME, USER, LOGNAME, TMPDIR, TZ, LANG and LC_* of the environment, and what the next two options name",
    },
    {
      name: "pass-env",
      atStart: true,
      kind: "text",
      placeholder: "NAME",
      repeatable: true,
      help: "a variable that --clear-env leaves in place",
    },
    {
      name: "env",
      atStart: true,
      kind: "text",
      placeholder: "NAME=VALUE",
      repeatable: true,
      help: "a variable for the application. Everybody on the machine can read a command line: no secrets here",
    },
    ...logSettings,
    {
      name: "config",
      kind: "text",
      placeholder: "FILE",
      sources: ["command line", "environment"],
      help: "read settings from this file; unset, from tsgi.config.ts, .mts, .js, .mjs or .json in the working directory if there is one (none)",
    },
    {
      name: "check",
      kind: "flag",
      sources: ["command line"],
      help: "check all settings, load the application in a process of its own, print every setting with where it came from, and end: status 0, 2 or 4",
    },
    {
      name: "reload",
      kind: "flag",
      atStart: true,
      sources: ["command line", "environment"],
      help: "for development: load the application anew, in a new worker, whenever a source file below the working directory changes; turns on --workers 1, --debug and --validate unless they are set",
    },
    validate,
    debug,
  ],
};

const run: CommandSettings = {
  name: "run",
  positionals: ["MODULE[:EXPORT]"],
  help: "host an application as whoever started the process expects: FastCGI on an inherited socket, systemd's sockets, one CGI request, else HTTP on the loopback",
  sources: ["command line", "environment"],
  settings: [
    {
      name: "http",
      kind: "address",
      placeholder: "ADDR",
      help: "where to listen for HTTP when nobody passed a socket or a request (127.0.0.1:8000)",
    },
    applicationInterface,
    scriptName,
    allow,
    maxConnections,
    maxRequestsPerConnection,
    maxBody,
    {
      name: "request-timeout",
      kind: "seconds",
      placeholder: "S",
      help: "answer 504 when an application takes longer, the whole answer counted; 0: never (no limit)",
    },
    gracefulTimeout,
    pidFile,
    {
      name: "user",
      kind: "text",
      placeholder: "USER",
      help: "whom to become before the application is loaded, by name or number; only root can. Addresses of --http are bound after that (as whoever starts it)",
    },
    group,
    ...logSettings,
    validate,
    debug,
  ],
};

const cgi: CommandSettings = {
  name: "cgi",
  positionals: ["MODULE[:EXPORT]"],
  help: "answer one CGI request on standard input and output; words behind MODULE are ignored: they may come from the query string",
  sources: ["command line", "environment"],
  settings: [
    {
      name: "nph",
      kind: "flag",
      help: "write a complete HTTP head, also when the script's name does not begin with nph-",
    },
    applicationInterface,
    scriptName,
    maxBody,
    validate,
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
