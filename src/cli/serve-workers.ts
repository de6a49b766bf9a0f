/**
 * `tsgi serve --workers`: this process is the master, worker-main.ts is what its workers run.
 * @module
 */
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../errors/index.ts";
import {
  maxWorkers,
  removePidFile,
  runMaster,
  takeInheritance,
  withoutInheritance,
  writePidFile,
  type Inheritance,
  type MasterLog,
  type MasterSocket,
  type MasterStatusOptions,
  type ProcessSettings,
} from "../process/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { holdSocket } from "../server/index.ts";
import type { ExitStatusCode } from "./exit-status.ts";
import { softwareName } from "./package-version.ts";
import type { CommandLine } from "./parse-command-line.ts";
import { gracefulTimeoutMs, serveOptions } from "./serve-options.ts";

type Values = CommandLine["values"];

/** What a worker gets to know of the command line. */
export interface WorkerProgramData {
  readonly specifier: string;
  readonly values: Values;
}

/** How long a worker may take to load its application, in ms. */
const startTimeoutMs = 120_000;

/** Runs until the master has ended. */
export async function runServeWorkers({ positionals, values }: CommandLine): Promise<ExitStatusCode> {
  const specifier = positionals[0] ?? "";
  const inheritance = takeInheritance();
  const settings = processSettings(values);
  const sockets = await holdSockets(values, inheritance);
  const status = await holdStatus(values, inheritance, sockets, specifier);
  inheritance?.closeRest();
  const pidFile = values["pid-file"] as string | undefined;
  const program: WorkerProgramData = { specifier, values };
  const exitStatus = await runMaster({
    settings,
    sockets,
    worker: {
      path: fileURLToPath(new URL(`./worker-main${import.meta.url.slice(-3)}`, import.meta.url)),
      words: [specifier],
      environment: withoutInheritance(process.env),
    },
    program,
    log,
    ...(status === undefined ? {} : { status }),
    ...(inheritance === undefined ? {} : { predecessor: inheritance }),
    announce: () => {
      if (pidFile !== undefined) writePidFile(pidFile);
      const places = sockets.map(({ protocol, held }) => `${protocol}:${formatAddress(held.address)}`);
      if (status !== undefined) places.push(`status:${formatAddress(status.held.address)}`);
      const count = settings.workers === 1 ? "1 worker" : `${settings.workers} workers`;
      process.stderr.write(
        `tsgi: ${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid}, ${count})\n`,
      );
    },
  });
  if (pidFile !== undefined) removePidFile(pidFile);
  return process.exit(exitStatus as ExitStatusCode);
}

const log: MasterLog = (_level, message, detail) => {
  const below = detail === undefined ? "" : detail.replaceAll(/^/gm, "    ") + "\n";
  process.stderr.write(`tsgi: ${message}\n${below}`);
};

/** Seconds, of which 0 means never. */
function milliseconds(values: Values, name: string, otherwise: number): number {
  const seconds = values[name] as number | undefined;
  if (seconds === undefined) return otherwise;
  return seconds === 0 ? Infinity : 1_000 * seconds;
}

function processSettings(values: Values): ProcessSettings {
  const asked = values["workers"] as number | "auto";
  const workers = asked === "auto" ? availableParallelism() : asked;
  if (workers > maxWorkers) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `--workers is ${workers}: expected at most ${maxWorkers}`,
    );
  }
  const requestTimeoutMs = milliseconds(values, "request-timeout", Infinity);
  return {
    workers,
    maxRequests: (values["max-requests"] as number | undefined) ?? Infinity,
    maxRequestsJitter: (values["max-requests-jitter"] as number | undefined) ?? 0,
    workerLifetimeMs: milliseconds(values, "worker-lifetime", Infinity),
    maxMemoryOctets: (values["max-memory"] as number | undefined) ?? Infinity,
    gracefulTimeoutMs: gracefulTimeoutMs(values),
    // A blocked event loop cannot time its requests.
    heartbeatTimeoutMs: Math.min(milliseconds(values, "heartbeat-timeout", 30_000), requestTimeoutMs),
    startTimeoutMs,
  };
}

async function holdSockets(values: Values, inheritance: Inheritance | undefined): Promise<MasterSocket[]> {
  // What `serve` would refuse is refused here: a worker could only fail.
  const { socketMode } = serveOptions(values);
  const options = socketMode === undefined ? {} : { socketMode };
  const sockets: MasterSocket[] = [];
  try {
    for (const protocol of ["fastcgi", "scgi", "http"] as const) {
      for (const address of (values[protocol] ?? []) as readonly Address[]) {
        const asked = formatAddress(address);
        const held = (await inheritance?.take(protocol, asked)) ?? (await holdSocket(address, options));
        sockets.push({ protocol, asked, held });
      }
    }
  } catch (error) {
    for (const { held } of sockets) if (inheritance === undefined) held.remove();
    throw error;
  }
  if (sockets.length === 0) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      "tsgi serve got no address: name one, for example --fastcgi unix:/run/app.sock",
    );
  }
  return sockets;
}

async function holdStatus(
  values: Values,
  inheritance: Inheritance | undefined,
  sockets: readonly MasterSocket[],
  specifier: string,
): Promise<MasterStatusOptions | undefined> {
  const address = values["status"] as Address | undefined;
  if (address === undefined) return undefined;
  const asked = formatAddress(address);
  let held = await inheritance?.take("status", asked);
  try {
    held ??= await holdSocket(address, {});
  } catch (error) {
    if (inheritance === undefined) for (const socket of sockets) socket.held.remove();
    throw error;
  }
  return { asked, held, application: basename(specifier), software: softwareName() };
}
