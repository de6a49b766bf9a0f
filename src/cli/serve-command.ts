/**
 * `tsgi serve`: hosts an application until it is told to stop, in this process or, with `--workers`, in others.
 * @module
 */
import { basename } from "node:path";
import { ConfigurationError } from "../errors/index.ts";
import { removePidFile, writePidFile } from "../process/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { RequestStatistics, serve, type Addresses } from "../server/index.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { loadApplication } from "./load-application.ts";
import type { CommandLine } from "./parse-command-line.ts";
import { gracefulTimeoutMs, serveOptions } from "./serve-options.ts";
import { ProcessStatus } from "./serve-status.ts";

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
  const application = await loadApplication(specifier, process.cwd());
  const addresses: Partial<Record<"fastcgi" | "scgi" | "http", Addresses>> = {};
  for (const protocol of ["fastcgi", "scgi", "http"] as const) {
    if (values[protocol] !== undefined) addresses[protocol] = values[protocol] as Addresses;
  }
  const statusAddress = values["status"] as Address | undefined;
  const statistics = statusAddress === undefined ? undefined : new RequestStatistics();
  const server = await serve(application, {
    ...serveOptions(values),
    ...addresses,
    ...(statistics === undefined ? {} : { statistics }),
  });
  const pidFile = values["pid-file"] as string | undefined;
  if (pidFile !== undefined) writePidFile(pidFile);
  const places = server.addresses.map(({ protocol, address }) => `${protocol}:${formatAddress(address)}`);
  const status = statistics && new ProcessStatus(server, statistics, basename(specifier));
  if (status !== undefined && statusAddress !== undefined)
    places.push(`status:${formatAddress(await status.open(statusAddress))}`);
  process.stderr.write(`tsgi: ${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid})\n`);
  await stopSignal();
  if (status !== undefined) status.stopping = true;
  const end = (): never => {
    if (pidFile !== undefined) removePidFile(pidFile);
    status?.close();
    // The application's own timers and sockets must not keep a stopped server alive.
    return process.exit(ExitStatus.stopped);
  };
  // A second signal does not wait.
  for (const name of stopSignals) process.once(name, end);
  await server.close({ graceMs: gracefulTimeoutMs(values) });
  return end();
}

const stopSignals = ["SIGINT", "SIGTERM"] as const;

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of stopSignals) process.once(name, () => resolve());
  });
}
