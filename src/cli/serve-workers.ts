/**
 * `tsgi serve --workers`: this process is the master, worker-main.ts is what its workers run.
 * @module
 */
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { escapeControls, type LogEntry } from "../bridge/index.ts";
import {
  maxWorkers,
  refusePidFile,
  removePidFile,
  runMaster,
  takeInheritance,
  watchForOrphans,
  writePidFile,
  type Identity,
  type Inheritance,
  type MasterLog,
  type MasterPlan,
  type MasterSocket,
  type MasterStatusOptions,
  type ProcessSettings,
} from "../process/index.ts";
import { isLogged } from "../logs/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { holdSocket, inheritedAddresses, type HeldSocket } from "../server/index.ts";
import { describeError } from "./describe-error.ts";
import { exitStatusOf, type ExitStatusCode } from "./exit-status.ts";
import { slowLoadMs } from "./guard-loading.ts";
import { logLevelOf, openMasterLog, prepareAccessLog, slowRequestOf } from "./open-logs.ts";
import { softwareName } from "./package-version.ts";
import type { ResolvedLine } from "./resolve-settings.ts";
import { gracefulTimeoutMs, serveOptions } from "./serve-options.ts";
import type { SettingValues } from "./setting-values.ts";
import { keepStartSettings, warnOfStartSettings } from "./start-settings.ts";
import { prepareSurroundings } from "./surroundings.ts";
import { watchSources } from "./watch-sources.ts";

/** What a worker gets to know of the command line. */
export interface WorkerProgramData {
  readonly specifier: string;
  readonly values: SettingValues;
  /** Whom it becomes before it loads the application. */
  readonly identity: Identity | undefined;
}

/** How long a worker may take to load its application, in ms. */
const startTimeoutMs = 120_000;

/** Runs until the master has ended. */
export async function runServeWorkers(line: ResolvedLine): Promise<ExitStatusCode> {
  const { positionals, values } = line;
  const specifier = positionals[0] ?? "";
  const inheritance = takeInheritance();
  // Standard error shows no levels.
  const mark = values["error-log"] === undefined ? "warning: " : "";
  const warn = (text: string): void => log("warning", mark + text);
  const { identity, environment, service, warnings } = await prepareSurroundings(values, warn);
  prepareAccessLog(values, identity);
  const errorLog = openMasterLog(values, identity);
  let isReady = false;
  const log: MasterLog = (level, message, detail) => {
    errorLog.log(masterEntry(level, message, detail));
    // Whoever starts it looks here first.
    if (!isReady && level === "error" && isFile(values["error-log"]))
      process.stderr.write(`tsgi: ${escapeControls(message.split("\n", 1)[0] ?? "")}\n`);
  };
  const pidFile = values["pid-file"] as string | undefined;
  // The older master is named there until this one is ready.
  if (pidFile !== undefined) refusePidFile(pidFile, inheritance?.master);
  const { settings, program } = planOf(line, identity);
  const sockets = await holdSockets(values, inheritance);
  const status = await holdStatus(values, inheritance, sockets, specifier);
  inheritance?.closeRest();
  const exitStatus = await runMaster({
    settings,
    sockets,
    worker: {
      path: fileURLToPath(new URL(`./worker-main${import.meta.url.slice(-3)}`, import.meta.url)),
      words: [specifier],
      environment,
    },
    program,
    slowRequestMs: slowRequestOf(values) ?? Infinity,
    log,
    logsDecisions: isLogged("debug", logLevelOf(values)),
    output: (worker, pid, text) => errorLog.output({ worker, pid }, text),
    reopenLogs: () => {
      errorLog.reopen();
      try {
        prepareAccessLog(values, identity);
      } catch (error) {
        log("error", describeError(error, false));
      }
    },
    exitStatusOf,
    ...(service === undefined ? {} : { service }),
    ...(status === undefined ? {} : { status }),
    ...(inheritance === undefined ? {} : { predecessor: inheritance }),
    replan: async () => {
      const now = await line.again();
      warnOfStartSettings(line, now, log);
      // Without --workers there would be no master: while there is one, it keeps to what it was told.
      const kept = keepStartSettings(line, now);
      return planOf(
        { ...now, values: { ...kept, workers: kept["workers"] ?? values["workers"] ?? 1 } },
        identity,
      );
    },
    ...(values["reload"] === true && {
      watch: (reload: (reason: string) => void) => watchSources(process.cwd(), specifier, reload, log),
    }),
    announce: () => {
      if (pidFile !== undefined) writePidFile(pidFile, inheritance?.master);
      const places = sockets.map(({ protocol, held }) => `${protocol}:${formatAddress(held.address)}`);
      if (status !== undefined) places.push(`status:${formatAddress(status.held.address)}`);
      const count = settings.workers === 1 ? "1 worker" : `${settings.workers} workers`;
      const ready = `${basename(specifier)} ready at ${places.join(", ")} (pid ${process.pid}, ${count})`;
      errorLog.note(ready);
      if (values["error-log"] !== undefined) process.stderr.write(`tsgi: ${ready}\n`);
      isReady = true;
      for (const text of warnings) warn(text);
      watchForOrphans(warn);
    },
  });
  if (pidFile !== undefined) removePidFile(pidFile);
  await errorLog.close();
  await service?.settled();
  return process.exit(exitStatus as ExitStatusCode);
}

function isFile(errorLog: SettingValues[string] | undefined): boolean {
  return errorLog !== undefined && errorLog !== "-" && errorLog !== "/dev/stderr";
}

/** A message may have lines below its first: where the application failed to load, its stack. */
function masterEntry(...[level, text, detail]: Parameters<MasterLog>): LogEntry {
  const [message = "", ...below] = text.split("\n");
  if (detail !== undefined) below.push(detail);
  return below.length === 0 ? { level, message } : { level, message, stack: below.join("\n") };
}

function planOf(
  { positionals, values }: ResolvedLine,
  identity: Identity | undefined,
): MasterPlan & { readonly program: WorkerProgramData } {
  const [specifier = ""] = positionals;
  return {
    settings: { ...processSettings(values), application: specifier },
    program: { specifier, values, identity },
  };
}

/** Seconds, of which 0 means never. */
function milliseconds(values: SettingValues, name: string, otherwise: number): number {
  const seconds = values[name] as number | undefined;
  if (seconds === undefined) return otherwise;
  return seconds === 0 ? Infinity : 1_000 * seconds;
}

function processSettings(values: SettingValues): Omit<ProcessSettings, "application"> {
  const asked = values["workers"] as number | "auto";
  const workers = asked === "auto" ? Math.min(availableParallelism(), maxWorkers) : asked;
  const requestTimeoutMs = milliseconds(values, "request-timeout", Infinity);
  return {
    workers,
    maxRequests: (values["max-requests"] as number | undefined) ?? Infinity,
    maxRequestsJitter: (values["max-requests-jitter"] as number | undefined) ?? 0,
    workerLifetimeMs: milliseconds(values, "worker-lifetime", Infinity),
    maxMemoryOctets: (values["max-memory"] as number | undefined) ?? Infinity,
    gracefulTimeoutMs: gracefulTimeoutMs(values),
    // A blocked event loop cannot time its requests. Below a second a busy machine looks like one.
    heartbeatTimeoutMs: Math.min(
      milliseconds(values, "heartbeat-timeout", 30_000),
      Math.max(requestTimeoutMs, 1_000),
    ),
    slowStartMs: slowLoadMs,
    startTimeoutMs,
  };
}

async function holdSockets(
  values: SettingValues,
  inheritance: Inheritance | undefined,
): Promise<MasterSocket[]> {
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
    for (const { held } of sockets) if (inheritance === undefined) held.release();
    throw error;
  }
  return sockets;
}

async function holdStatus(
  values: SettingValues,
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
    if (inheritance === undefined) for (const socket of sockets) socket.held.release();
    throw error;
  }
  return { asked, held, application: basename(specifier), software: softwareName() };
}
