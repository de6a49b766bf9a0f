/**
 * `tsgi serve`: hosts an application until it is told to stop.
 * @module
 */
import { basename } from "node:path";
import { formatAddress } from "../protocols/address.ts";
import { serve, type ServeOptions } from "../server/index.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { interfaceOf, loadApplication } from "./load-application.ts";
import type { CommandLine } from "./parse-command-line.ts";

/** What `serve` calls the settings of the command line that it takes as they are. */
const optionNames: Readonly<Record<string, keyof ServeOptions>> = {
  fastcgi: "fastcgi",
  scgi: "scgi",
  http: "http",
  "script-name": "scriptName",
  "socket-mode": "socketMode",
  backlog: "backlog",
  "max-connections": "maxConnections",
  "max-requests-per-connection": "maxRequestsPerConnection",
  "max-body": "maxBodyOctets",
  debug: "debug",
};

/** Runs until INT or TERM has been honoured. */
export async function runServe({ positionals, values }: CommandLine): Promise<ExitStatusCode> {
  const specifier = positionals[0] ?? "";
  const application = await loadApplication(specifier, process.cwd(), undefined, interfaceOf(values));
  const options: Record<string, unknown> = {};
  for (const [setting, name] of Object.entries(optionNames)) {
    // An absent option stays absent, for its default.
    if (values[setting] !== undefined) options[name] = values[setting];
  }
  const server = await serve(application, options as ServeOptions);
  const places = server.addresses.map(({ protocol, address }) => `${protocol}:${formatAddress(address)}`);
  process.stderr.write(`tsgi: ${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid})\n`);
  await stopSignal();
  // A second signal does not wait.
  for (const name of stopSignals) process.once(name, () => process.exit(ExitStatus.stopped));
  await server.close({ graceMs: 1_000 * ((values["graceful-timeout"] as number | undefined) ?? 30) });
  // The application's own timers and sockets must not keep a stopped server alive.
  return process.exit(ExitStatus.stopped);
}

const stopSignals = ["SIGINT", "SIGTERM"] as const;

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of stopSignals) process.once(name, () => resolve());
  });
}
