/**
 * `tsgi serve --check`: would this start? The settings have been settled when this runs; what is left is to look up what
 * they name, to load the application, in a process of its own, and to print every setting with where it came from.
 *
 * Nothing is bound: whether an address is free says nothing about a server that is to take another's place.
 * @module
 */
import { spawn } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../errors/index.ts";
import { checkDetails } from "./check-details.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { formatSettings } from "./format-settings.ts";
import type { ResolvedLine } from "./resolve-settings.ts";
import type { WorkerProgramData } from "./serve-workers.ts";
import { commands } from "./settings.ts";

/** As long as a master waits for a worker, in ms. */
const loadTimeoutMs = 120_000;

/**
 * Prints the settings, then loads the application.
 * @throws ConfigurationError ERR_CONFIG_OPTION when a setting names what there is not, ERR_CONFIG_APPLICATION when the
 *   application does not load
 */
export async function runCheck(line: ResolvedLine): Promise<ExitStatusCode> {
  const { positionals, values, origins, configFile } = line;
  await checkDetails(values);
  const settings = commands.find(({ name }) => name === "serve")?.settings ?? [];
  const found = values["config"] === undefined &&
    configFile !== undefined && { config: basename(configFile) };
  const place = found && { config: "found in the working directory" };
  process.stdout.write(formatSettings(settings, { ...values, ...found }, { ...origins, ...place }));
  const specifier = positionals[0] ?? "";
  const failure = await loadApart({ specifier, values });
  if (failure !== undefined) throw new ConfigurationError("ERR_CONFIG_APPLICATION", failure);
  process.stdout.write(`\nThe settings are valid, and ${specifier} loads.\n`);
  return ExitStatus.stopped;
}

/** As much of what a worker is told as loading takes: nobody becomes another user to check something. */
type CheckedProgram = Pick<WorkerProgramData, "specifier" | "values">;

/** Loads it in a child. @returns why it does not load, or undefined */
function loadApart(program: CheckedProgram): Promise<string | undefined> {
  const path = fileURLToPath(new URL(`./check-main${import.meta.url.slice(-3)}`, import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, path, program.specifier], {
      // What the application prints must not get between the settings.
      stdio: ["ignore", 2, 2, "ipc"],
    });
    let report: { readonly failure?: string } | undefined;
    const timer = setTimeout(() => child.kill("SIGKILL"), loadTimeoutMs);
    child.once("message", (message) => {
      report = message as { failure?: string };
    });
    child.once("error", (error) => {
      report ??= { failure: error.message };
    });
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      const how = signal ?? `status ${status}`;
      const nothingCame = `cannot load ${program.specifier}: it ended its process before it had loaded (${how})`;
      resolve(report === undefined ? nothingCame : report.failure);
    });
    // A process that could not be started has no channel.
    child.once("spawn", () => child.send(program));
  });
}
