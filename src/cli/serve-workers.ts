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
  refusePidFile,
  removePidFile,
  runMaster,
  takeInheritance,
  writePidFile,
  type Identity,
  type Inheritance,
  type MasterLog,
  type MasterSocket,
  type ProcessSettings,
} from "../process/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { holdSocket, inheritedAddresses, type HeldSocket } from "../server/index.ts";
import type { ExitStatusCode } from "./exit-status.ts";
import type { CommandLine } from "./parse-command-line.ts";
import { gracefulTimeoutMs, serveOptions } from "./serve-options.ts";
import { prepareSurroundings } from "./surroundings.ts";

type Values = CommandLine["values"];

/** What a worker gets to know of the command line. */
export interface WorkerProgramData {
  readonly specifier: string;
  readonly values: Values;
  /** Whom it becomes before it loads the application. */
  readonly identity: Identity | undefined;
}

/** How long a worker may take to load its application, in ms. */
const startTimeoutMs = 120_000;

/** Runs until the master has ended. */
export async function runServeWorkers({ positionals, values }: CommandLine): Promise<ExitStatusCode> {
  const specifier = positionals[0] ?? "";
  const inheritance = takeInheritance();
  const settings = processSettings(values);
  const warn = (text: string): void => log("warning", `warning: ${text}`);
  const { identity, environment, service, warnings } = await prepareSurroundings(values, warn);
  const pidFile = values["pid-file"] as string | undefined;
  // The older master is named there until this one is ready.
  const older = inheritance === undefined ? undefined : process.ppid;
  if (pidFile !== undefined) refusePidFile(pidFile, older);
  const sockets = await holdSockets(values, inheritance);
  const program: WorkerProgramData = { specifier, values, identity };
  const status = await runMaster({
    settings,
    sockets,
    worker: {
      path: fileURLToPath(new URL(`./worker-main${import.meta.url.slice(-3)}`, import.meta.url)),
      words: [specifier],
      environment,
    },
    program,
    log,
    ...(service === undefined ? {} : { service }),
    ...(inheritance === undefined ? {} : { predecessor: inheritance }),
    announce: () => {
      if (pidFile !== undefined) writePidFile(pidFile, older);
      const places = sockets.map(({ protocol, held }) => `${protocol}:${formatAddress(held.address)}`);
      const count = settings.workers === 1 ? "1 worker" : `${settings.workers} workers`;
      process.stderr.write(
        `tsgi: ${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid}, ${count})\n`,
      );
      for (const text of warnings) warn(text);
    },
  });
  if (pidFile !== undefined) removePidFile(pidFile);
  await service?.settled();
  return process.exit(status as ExitStatusCode);
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
  const options = serveOptions(values);
  const sockets: MasterSocket[] = [];
  /** One, or several that systemd passed under that name. */
  const heldAt = async (protocol: MasterSocket["protocol"], address: Address): Promise<HeldSocket[]> => {
    const found: HeldSocket[] = [];
    const most = address.kind === "systemd" ? Infinity : 1;
    for (let next; found.length < most; found.push(next)) {
      next = await inheritance?.take(protocol, formatAddress(address));
      if (next === undefined) break;
    }
    if (found.length > 0) return found;
    return Promise.all(inheritedAddresses(address).map((each) => holdSocket(each, options)));
  };
  try {
    for (const protocol of ["fastcgi", "scgi", "http"] as const) {
      for (const address of (values[protocol] ?? []) as readonly Address[]) {
        const asked = formatAddress(address);
        for (const held of await heldAt(protocol, address)) sockets.push({ protocol, asked, held });
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
  inheritance?.closeRest();
  return sockets;
}
