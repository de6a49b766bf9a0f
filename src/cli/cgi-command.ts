/**
 * `tsgi cgi`: one CGI request. Also what `tsgi run` does when a web server started it as a script.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { protectProcess, runCgi, type CgiOptions } from "../cgi/index.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { interfaceOf, loadApplication } from "./load-application.ts";
import type { CommandLine } from "./parse-command-line.ts";
import { requireModule } from "./require-module.ts";
import { validated } from "./validated.ts";

const optionNames: Readonly<Record<string, keyof CgiOptions>> = {
  nph: "nonParsedHeader",
  "script-name": "scriptName",
  "max-body": "maxBodyOctets",
  debug: "debug",
};

/** Answers, and ends the process. An application that does not load is a 500 like any other failure of it (O9). */
export async function runCgiCommand({ positionals, values }: CommandLine): Promise<ExitStatusCode> {
  // Before the application's modules are: they may look at HTTP_PROXY as soon as they load.
  protectProcess();
  const options: Record<string, unknown> = {};
  for (const [setting, name] of Object.entries(optionNames)) {
    if (values[setting] !== undefined) options[name] = values[setting];
  }
  let application: Application;
  try {
    const specifier = positionals[0] ?? "";
    const loaded = await loadApplication(specifier, process.cwd(), requireModule, interfaceOf(values));
    application = await validated(loaded, values);
  } catch (error) {
    const failing: Application = () => {
      throw error;
    };
    await runCgi(failing, { ...options, exit: false });
    return process.exit(ExitStatus.applicationFailed);
  }
  await runCgi(application, options);
  return ExitStatus.stopped;
}
