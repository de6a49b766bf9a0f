/**
 * `tsgi serve`: hosts an application until it is told to stop, in this process or, with `--workers`, in others.
 * @module
 */
import { basename } from "node:path";
import type { Application } from "../bridge/index.ts";
import { isLogged } from "../logs/index.ts";
import {
  makeRoomForInit,
  refusePidFile,
  removePidFile,
  replaceEnvironment,
  watchForOrphans,
  watchForSlowRequests,
  writePidFile,
} from "../process/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import {
  inheritedAddresses,
  RequestStatistics,
  serve,
  type Addresses,
  type GatewayServer,
  type ServeOptions,
} from "../server/index.ts";
import { stopSignal } from "../run/index.ts";
import { ignoreAbortedRequests } from "./aborted-requests.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { guardLoading } from "./guard-loading.ts";
import { hostAsUser } from "./host-as-user.ts";
import { loadServed } from "./load-served.ts";
import { logLevelOf, openLogs } from "./open-logs.ts";
import type { ResolvedLine } from "./resolve-settings.ts";
import { gracefulTimeoutMs, serveOptions } from "./serve-options.ts";
import type { SettingValues } from "./setting-values.ts";
import { rotationWarnings } from "./rotation-warnings.ts";
import { prepareSurroundings } from "./surroundings.ts";
import { ProcessStatus } from "./serve-status.ts";

/** Runs until INT or TERM has been honoured. */
export async function runServe(line: ResolvedLine): Promise<ExitStatusCode> {
  const { positionals, values } = line;
  if (values["check"] === true) return (await import("./check-command.ts")).runCheck(line);
  makeRoomForInit(takesDescriptors(values));
  if (values["workers"] !== undefined) return (await import("./serve-workers.ts")).runServeWorkers(line);
  const specifier = positionals[0] ?? "";
  const warn = (text: string): void => {
    if (isLogged("warning", logLevelOf(values))) process.stderr.write(`tsgi: warning: ${text}\n`);
  };
  const { identity, environment, service, ...surroundings } = await prepareSurroundings(values, warn);
  const warnings = [...surroundings.warnings];
  // Before the application, which may change the working directory, and before the user changes.
  const logs = openLogs(values, { owner: identity });
  const pidFile = values["pid-file"] as string | undefined;
  if (pidFile !== undefined) refusePidFile(pidFile);
  const statusAddress = values["status"] as Address | undefined;
  const statistics = statusAddress === undefined ? undefined : new RequestStatistics();
  const options: ServeOptions = {
    ...serveOptions(values),
    ...logs.options,
    ...addressesOf(values),
    ...(statistics === undefined ? {} : { statistics }),
  };
  // Behind the addresses: those of systemd are in it.
  replaceEnvironment(environment);
  let status: ProcessStatus | undefined;
  /** Listens while the application is loaded. */
  let waiting: GatewayServer | undefined;
  let isServing = false;
  let isEnding = false;
  const end = (): never => {
    isEnding = true;
    status?.close();
    // The application's own timers and sockets must not keep a stopped server alive.
    return process.exit(ExitStatus.stopped);
  };
  // Before the application: process 1 of a container gets no signal that it has no listener for.
  const stop = stopSignal(
    () => {
      if (isServing || isEnding || waiting === undefined) return end();
      isEnding = true;
      // Its sockets' paths must not stay behind.
      void waiting.close({ graceMs: 0 }).finally(end);
    },
    () => isServing,
  );
  warnOfMasterSignals(warn);
  // Left alone, it would open Node.js's debugger.
  process.on("SIGUSR1", () => logs.reopen());
  ignoreAbortedRequests();
  const load = (): Promise<Application> => {
    // It is that user by now.
    if (identity !== undefined) warnings.push(...rotationWarnings(values));
    return guardLoading(
      specifier,
      () => loadServed(specifier, values),
      warn,
      () => isEnding,
    );
  };
  const bound = (listening?: GatewayServer): void => {
    waiting = listening;
    if (pidFile === undefined) return;
    writePidFile(pidFile);
    // However it ends: an application that fails to load, or one that ends the process, is no reason to leave it.
    process.once("exit", () => removePidFile(pidFile));
  };
  const server =
    identity === undefined
      ? await serve(await load(), options)
      : await hostAsUser(identity, options, bound, load);
  if (logs.slowRequestMs !== undefined) {
    watchForSlowRequests(logs.slowRequestMs, (stack, inside) => server.reportSlow(stack, inside));
  }
  const places = server.addresses.map(({ protocol, address }) => `${protocol}:${formatAddress(address)}`);
  status = statistics && new ProcessStatus(server, statistics, basename(specifier));
  try {
    if (identity === undefined) bound();
    if (status !== undefined && statusAddress !== undefined)
      places.push(`status:${formatAddress(await status.open(statusAddress))}`);
  } catch (error) {
    // Its sockets' paths must not stay behind.
    await server.close({ graceMs: 0 });
    throw error;
  }
  // Before it says that it is ready: who waits for that may stop it the next moment.
  isServing = true;
  const ready = `${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid})`;
  process.stderr.write(`tsgi: ${ready}\n`);
  logs.note(ready);
  for (const text of warnings) warn(text);
  watchForOrphans(warn);
  service?.notify({ READY: 1, MAINPID: process.pid, STATUS: `serves at ${places.join(", ")}` });
  service?.startWatchdog(() => true);
  await stop.came;
  const open = server.openRequests().length;
  logs.options.log({
    level: "debug",
    message: `stops, with ${open} open request(s) on ${server.connections} connection(s)`,
  });
  service?.notify({ STOPPING: 1, STATUS: "finishing the requests that have begun" });
  if (status !== undefined) status.stopping = true;
  await server.close({ graceMs: gracefulTimeoutMs(values) });
  await service?.settled();
  await logs.close();
  return end();
}

function addressesOf(values: SettingValues): Pick<ServeOptions, "fastcgi" | "scgi" | "http"> {
  const addresses: Partial<Record<"fastcgi" | "scgi" | "http", Addresses>> = {};
  for (const protocol of ["fastcgi", "scgi", "http"] as const) {
    const asked = values[protocol] as Address | readonly Address[] | undefined;
    if (asked !== undefined) addresses[protocol] = [asked].flat().flatMap((each) => inheritedAddresses(each));
  }
  return addresses;
}

function takesDescriptors(values: SettingValues): boolean {
  const asked = ["fastcgi", "scgi", "http", "status"].flatMap((name) =>
    [(values[name] ?? []) as Address | readonly Address[]].flat(),
  );
  return asked.some(({ kind }) => kind === "fd" || kind === "systemd");
}

/** What they would do by default, end or suspend the process, is not what they are sent for. */
function warnOfMasterSignals(warn: (text: string) => void): void {
  for (const name of ["SIGUSR2", "SIGTTIN", "SIGTTOU"] as const)
    process.on(name, () => warn(`${name} is for a master, and there is none: add --workers 1, or more`));
}
