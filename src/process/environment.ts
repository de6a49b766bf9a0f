/**
 * The environment that an application gets: never what concerns only the process that was started, and no more than
 * is asked for where that is asked for.
 * @module
 */

/**
 * What the service manager, or an older master, tells one process and no other: with NOTIFY_SOCKET an application
 * could speak for the service, with LISTEN_FDS a program it starts could take its sockets for its own.
 */
const onlyForUs: readonly string[] = [
  "NOTIFY_SOCKET",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  "LISTEN_PID",
  "LISTEN_PIDFDID",
  "LISTEN_FDS",
  "LISTEN_FDNAMES",
  "TSGI_INHERITED_SOCKETS",
];

/** What stays when the environment is cleared: where programs, the user's own files and the time are. */
const basic: readonly string[] = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG"];

/** Decides who may connect, and how: clearing it away would open what was closed. */
const ours: readonly string[] = ["FCGI_WEB_SERVER_ADDRS", "TSGI_RAW_HANDLES"];

/** What the operator wants of it. */
export interface EnvironmentChanges {
  /** Begin with next to nothing. */
  readonly clear: boolean;
  /** Names that are kept all the same. */
  readonly pass: readonly string[];
  /** Put over everything. */
  readonly set: Readonly<Record<string, string>>;
}

/** The environment for an application, from that of this process. */
export function applicationEnvironment(
  environment: NodeJS.ProcessEnv,
  { clear, pass, set }: EnvironmentChanges,
): NodeJS.ProcessEnv {
  const kept = new Set([...basic, ...ours, ...pass]);
  const result: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    if (!clear || kept.has(name) || name.startsWith("LC_")) result[name] = value;
  }
  Object.assign(result, set);
  for (const name of onlyForUs) delete result[name];
  return result;
}

/** Makes it this process's own. */
export function replaceEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) {
    if (environment[name] === undefined) delete process.env[name];
  }
  Object.assign(process.env, environment);
}
