/**
 * `tsgi run`: hosts an application as whoever started the process expects.
 * @module
 */
import { detectHost, run, type RunOptions } from "../run/index.ts";
import { runCgiCommand } from "./cgi-command.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { guardLoading } from "./guard-loading.ts";
import { interfaceOf, loadApplication } from "./load-application.ts";
import { ignoreLostOutput } from "./lost-output.ts";
import type { CommandLine } from "./parse-command-line.ts";
import { validated } from "./validated.ts";

const optionNames: Readonly<Record<string, keyof RunOptions>> = {
  http: "http",
  "script-name": "scriptName",
  "max-body": "maxBodyOctets",
  debug: "debug",
};

/** Runs until it is told to stop, or the one request is answered. */
export async function runRunCommand(line: CommandLine): Promise<ExitStatusCode> {
  const { positionals, values } = line;
  const { kind } = detectHost();
  if (kind === "cgi") return runCgiCommand(line);
  ignoreLostOutput();
  const { openLogs } = await import("./open-logs.ts");
  // Before the application, which may change the working directory.
  const logs = openLogs(values);
  const specifier = positionals[0] ?? "";
  const loaded = await guardLoading(specifier, () =>
    loadApplication(specifier, process.cwd(), undefined, interfaceOf(values)),
  );
  const application = await validated(loaded, values, kind === "http");
  const options: Record<string, unknown> = {};
  for (const [setting, name] of Object.entries(optionNames)) {
    if (values[setting] !== undefined) options[name] = values[setting];
  }
  const grace = values["graceful-timeout"];
  if (typeof grace === "number") options["graceMs"] = 1_000 * grace;
  process.on("SIGUSR1", () => logs.reopen());
  await run(application, { ...options, ...logs.options });
  return ExitStatus.stopped;
}
