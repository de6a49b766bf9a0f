/**
 * `tsgi proxy`: the embedded front end, run until it is told to stop.
 * @module
 */
import type { Writable } from "node:stream";
import { escapeControls, formatLogEntry } from "../bridge/index.ts";
import {
  createFrontEnd,
  formatGatewayTarget,
  parseGatewayTarget,
  type GatewayTarget,
} from "../client/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import type { CommandLine } from "./parse-command-line.ts";

/** How the front end is run. */
export interface ProxyRun {
  /** Where it listens for HTTP. */
  readonly http: Address;
  /** The application behind it. */
  readonly to: GatewayTarget;
  /** Stops it gracefully. */
  readonly signal: AbortSignal;
  /** Gets the line that says it is ready, the application's error output, and a line for each failure and refusal. */
  readonly stderr: Writable;
  /** How long requests under way may go on once the signal has fired, in ms. Default 30,000. */
  readonly graceMs?: number;
}

/**
 * Listens until the signal fires and the requests under way are done.
 * @throws ConfigurationError ERR_CONFIG_LISTEN, ERR_CONFIG_ADDRESS
 */
export async function runProxy(run: ProxyRun): Promise<ExitStatusCode> {
  const { to, signal, stderr, graceMs = 30_000 } = run;
  const frontEnd = createFrontEnd({
    gateway: to,
    // What requests bring, by way of the application or of this line, moves no cursor (O5).
    onErrors: (octets) => stderr.write(escapeLines(Buffer.from(octets).toString("utf8"))),
    onFailure: (error, { method = "", url = "" }) => {
      const why = error instanceof Error ? error.message : String(error);
      stderr.write(`tsgi: ${escapeControls(`"${method} ${url.slice(0, 500)}" failed: ${why}`)}\n`);
    },
    onRefusal: (entry) => void stderr.write(formatLogEntry(entry)),
  });
  const bound = await frontEnd.listen(run.http);
  const place = bound.kind === "tcp" ? `http://${formatAddress(bound)}` : formatAddress(bound);
  stderr.write(`tsgi: proxy ready at ${place} for ${formatGatewayTarget(to)} (pid ${process.pid})\n`);
  await fired(signal);
  await frontEnd.close({ graceMs });
  return ExitStatus.stopped;
}

/**
 * Runs the command line's front end until INT or TERM; a second one does not wait.
 * @throws ConfigurationError ERR_CONFIG_OPTION when --http or --to is missing; as `runProxy` and `parseGatewayTarget`
 */
export async function runProxyCommand({ values }: CommandLine): Promise<number> {
  const http = values["http"] as Address | undefined;
  const to = values["to"] as string | undefined;
  if (http === undefined || to === undefined) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      "tsgi proxy needs --http ADDR and --to fastcgi:ADDR or scgi:ADDR, such as --http :8000 --to fastcgi:unix:/run/app.sock",
    );
  }
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(ExitStatus.stopped);
      stop.abort();
    });
  }
  await runProxy({ http, to: parseGatewayTarget(to), signal: stop.signal, stderr: process.stderr });
  // A client's kept connection must not keep a stopped front end alive.
  return process.exit(ExitStatus.stopped);
}

/** Line ends and tabs stay what they are. */
function escapeLines(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, escapeControls);
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
