/**
 * `tsgi serve`: hosts an application until it is told to stop, in this process or, with `--workers`, in others.
 * @module
 */
import { basename } from "node:path";
import { removePidFile, watchForSlowRequests, writePidFile } from "../process/index.ts";
import { formatAddress } from "../protocols/address.ts";
import { serve, type Addresses } from "../server/index.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { loadServed } from "./load-served.ts";
import { openLogs } from "./open-logs.ts";
import type { ResolvedLine } from "./resolve-settings.ts";
import { gracefulTimeoutMs, serveOptions } from "./serve-options.ts";

/** Runs until INT or TERM has been honoured. */
export async function runServe(line: ResolvedLine): Promise<ExitStatusCode> {
  const { positionals, values } = line;
  if (values["check"] === true) return (await import("./check-command.ts")).runCheck(line);
  if (values["workers"] !== undefined) return (await import("./serve-workers.ts")).runServeWorkers(line);
  const specifier = positionals[0] ?? "";
  // Before the application, which may change the working directory.
  const logs = openLogs(values);
  const application = await loadServed(specifier, values);
  const addresses: Partial<Record<"fastcgi" | "scgi" | "http", Addresses>> = {};
  for (const protocol of ["fastcgi", "scgi", "http"] as const) {
    if (values[protocol] !== undefined) addresses[protocol] = values[protocol] as Addresses;
  }
  const server = await serve(application, { ...serveOptions(values), ...logs.options, ...addresses });
  // Left alone, it would open Node.js's debugger.
  process.on("SIGUSR1", () => logs.reopen());
  if (logs.slowRequestMs !== undefined) {
    watchForSlowRequests(logs.slowRequestMs, (stack) => server.reportSlow(stack));
  }
  const pidFile = values["pid-file"] as string | undefined;
  if (pidFile !== undefined) writePidFile(pidFile);
  const places = server.addresses.map(({ protocol, address }) => `${protocol}:${formatAddress(address)}`);
  const ready = `${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid})`;
  process.stderr.write(`tsgi: ${ready}\n`);
  logs.note(ready);
  await stopSignal();
  const end = (): never => {
    if (pidFile !== undefined) removePidFile(pidFile);
    // The application's own timers and sockets must not keep a stopped server alive.
    return process.exit(ExitStatus.stopped);
  };
  // A second signal does not wait.
  for (const name of stopSignals) process.once(name, end);
  await server.close({ graceMs: gracefulTimeoutMs(values) });
  await logs.close();
  return end();
}

const stopSignals = ["SIGINT", "SIGTERM"] as const;

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of stopSignals) process.once(name, () => resolve());
  });
}
