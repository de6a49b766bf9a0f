/**
 * `tsgi serve`: hosts an application until it is told to stop, in this process or, with `--workers`, in others.
 * @module
 */
import { basename } from "node:path";
import { ConfigurationError } from "../errors/index.ts";
import type { Application } from "../bridge/index.ts";
import { refusePidFile, removePidFile, replaceEnvironment, writePidFile } from "../process/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { inheritedAddresses, serve, type Addresses, type ServeOptions } from "../server/index.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { hostAsUser } from "./host-as-user.ts";
import { interfaceOf, loadApplication } from "./load-application.ts";
import type { CommandLine } from "./parse-command-line.ts";
import { gracefulTimeoutMs, serveOptions } from "./serve-options.ts";
import { prepareSurroundings } from "./surroundings.ts";
import { validated } from "./validated.ts";

/** Options that mean nothing without a master. */
const masterSettings = [
  "max-requests",
  "max-requests-jitter",
  "worker-lifetime",
  "max-memory",
  "heartbeat-timeout",
];

/** Runs until INT or TERM has been honoured. */
export async function runServe(line: CommandLine): Promise<ExitStatusCode> {
  const { positionals, values } = line;
  if (values["workers"] !== undefined) return (await import("./serve-workers.ts")).runServeWorkers(line);
  const useless = masterSettings.find((name) => values[name] !== undefined);
  if (useless !== undefined) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `--${useless} is about workers, and there are none: add --workers 1, or more`,
    );
  }
  const specifier = positionals[0] ?? "";
  const warn = (text: string): void => void process.stderr.write(`tsgi: warning: ${text}\n`);
  const { identity, environment, service, warnings } = await prepareSurroundings(values, warn);
  const pidFile = values["pid-file"] as string | undefined;
  if (pidFile !== undefined) refusePidFile(pidFile);
  const options: ServeOptions = { ...serveOptions(values), ...addressesOf(values) };
  // Behind the addresses: those of systemd are in it.
  replaceEnvironment(environment);
  const load = async (): Promise<Application> =>
    validated(await loadApplication(specifier, process.cwd(), undefined, interfaceOf(values)), values);
  const bound = (): void => {
    if (pidFile !== undefined) writePidFile(pidFile);
  };
  const server =
    identity === undefined
      ? await serve(await load(), options)
      : await hostAsUser(identity, options, bound, load);
  if (identity === undefined) bound();
  // Before it says that it is ready: who waits for that may stop it the next moment.
  const stopped = stopSignal();
  const places = server.addresses.map(({ protocol, address }) => `${protocol}:${formatAddress(address)}`);
  process.stderr.write(`tsgi: ${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid})\n`);
  for (const text of warnings) warn(text);
  service?.notify({ READY: 1, MAINPID: process.pid, STATUS: `serves at ${places.join(", ")}` });
  service?.startWatchdog(() => true);
  await stopped;
  service?.notify({ STOPPING: 1, STATUS: "finishing the requests that have begun" });
  const end = (): never => {
    if (pidFile !== undefined) removePidFile(pidFile);
    // The application's own timers and sockets must not keep a stopped server alive.
    return process.exit(ExitStatus.stopped);
  };
  // A second signal does not wait.
  for (const name of stopSignals) process.once(name, end);
  await server.close({ graceMs: gracefulTimeoutMs(values) });
  await service?.settled();
  return end();
}

function addressesOf(values: CommandLine["values"]): Pick<ServeOptions, "fastcgi" | "scgi" | "http"> {
  const addresses: Partial<Record<"fastcgi" | "scgi" | "http", Addresses>> = {};
  for (const protocol of ["fastcgi", "scgi", "http"] as const) {
    const asked = values[protocol] as Address | readonly Address[] | undefined;
    if (asked !== undefined) addresses[protocol] = [asked].flat().flatMap((each) => inheritedAddresses(each));
  }
  return addresses;
}

const stopSignals = ["SIGINT", "SIGTERM"] as const;

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of stopSignals) process.once(name, () => resolve());
  });
}
