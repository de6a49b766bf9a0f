/**
 * `tsgi run`: hosts an application as whoever started the process expects.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { detectHost, run, stopSignal, type Host } from "../run/index.ts";
import type { GatewayServer } from "../server/index.ts";
import { ignoreAbortedRequests } from "./aborted-requests.ts";
import { runCgiCommand } from "./cgi-command.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { guardLoading } from "./guard-loading.ts";
import { interfaceOf, loadApplication } from "./load-application.ts";
import { ignoreLostOutput } from "./lost-output.ts";
import type { CommandLine } from "./parse-command-line.ts";
import { rootWarning } from "./root-warning.ts";
import type { RunService } from "./run-service.ts";
import type { SettingValues } from "./setting-values.ts";
import { validated } from "./validated.ts";

/** Runs until it is told to stop, or the one request is answered. */
export async function runRunCommand(line: CommandLine): Promise<ExitStatusCode> {
  const { positionals, values } = line;
  const host = detectHost();
  if (host.kind === "cgi") {
    refuseUser(values);
    return runCgiCommand(line);
  }
  ignoreLostOutput();
  ignoreAbortedRequests();
  const { openLogs } = await import("./open-logs.ts");
  const { gracefulTimeoutMs, serveOptions } = await import("./serve-options.ts");
  const warn = (message: string): void => logs.options.log({ level: "warning", message });
  const service = await serviceOf(values, warn);
  // Before the application, which may change the working directory, and before the user changes.
  const logs = openLogs(values, { owner: service?.identity });
  const warnings = [...(service?.enter() ?? [])];
  const asRoot = rootWarning(values);
  if (asRoot !== undefined) warnings.push(asRoot);
  const specifier = positionals[0] ?? "";
  let isServing = false;
  let isEnding = false;
  const end = (): never => {
    isEnding = true;
    return process.exit(ExitStatus.stopped);
  };
  // Before the application: process 1 of a container gets no signal that it has no listener for.
  const stop = stopSignal(end, () => isServing);
  // Left alone, it would open Node.js's debugger.
  process.on("SIGUSR1", () => logs.reopen());
  const load = (): Promise<Application> =>
    loadApplication(specifier, process.cwd(), undefined, interfaceOf(values));
  const loaded = await guardLoading(specifier, load, warn, () => isEnding);
  const application = await validated(loaded, values, host.kind === "http");
  const watch = await watchOf(logs.slowRequestMs, warn);
  // A script has its own way to end.
  if (isUncertain(host)) stop.forget();
  await run(application, {
    ...serveOptions(values),
    ...(values["http"] === undefined ? {} : { http: values["http"] as string }),
    ...logs.options,
    graceMs: gracefulTimeoutMs(values),
    host,
    ready: (server) => {
      service?.ready();
      watch?.(server);
      isServing = true;
      // Behind the line that says where it is.
      setImmediate(() => {
        for (const text of warnings) warn(text);
      });
    },
    // Only there it may still prove to be a CGI request, which knows best how to end.
    exit: isUncertain(host),
  });
  if (isUncertain(host)) return ExitStatus.stopped;
  await service?.ended();
  await logs.close();
  // The application's own timers and sockets must not keep a stopped server alive.
  return process.exit(ExitStatus.stopped);
}

async function serviceOf(
  values: SettingValues,
  warn: (message: string) => void,
): Promise<RunService | undefined> {
  const { NOTIFY_SOCKET: socket } = process.env;
  const isAsked = ["user", "group", "pid-file"].some((name) => values[name] !== undefined);
  if (!isAsked && socket === undefined) return undefined;
  return (await import("./run-service.ts")).prepareRunService(values, warn);
}

/** What looks after a server that listens; undefined where nothing is to be looked after, and nothing is loaded for it. */
async function watchOf(
  slowRequestMs: number | undefined,
  warn: (text: string) => void,
): Promise<((server: GatewayServer) => void) | undefined> {
  if (slowRequestMs === undefined && process.pid !== 1) return undefined;
  const { watchServer } = await import("./run-service.ts");
  return (server) => watchServer(server, slowRequestMs, warn);
}

function isUncertain(host: Host): boolean {
  return host.kind === "fastcgi" && !host.certain;
}

/** A CGI script is whoever the web server made it; to go on as root, where another user is asked for, is no answer. */
function refuseUser(values: SettingValues): void {
  if (values["user"] === undefined || process.geteuid?.() !== 0) return;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    "--user does not work for a CGI request, and this one runs as root: let the web server start it as another user",
  );
}
