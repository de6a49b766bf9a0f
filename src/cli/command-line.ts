/**
 * The `tsgi` command line: finds the command, turns errors into one line and an exit status.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { detectHost } from "../run/index.ts";
import { describeError } from "./describe-error.ts";
import { ExitStatus, exitStatusOf } from "./exit-status.ts";
import { helpText } from "./help.ts";
import { ignoreLostOutput } from "./lost-output.ts";
import { nearestName } from "./nearest-name.ts";
import { packageVersion } from "./package-version.ts";
import { parseCommandLine, readWords, type CommandLine } from "./parse-command-line.ts";
import { isScriptCommand, withoutQuery } from "./query-words.ts";
import { readEnvironment } from "./read-environment.ts";
import { SettingProblems } from "./setting-problems.ts";
import { commands, type CommandSettings } from "./settings.ts";

export { detectHost };

/** Loaded when asked for: `tsgi request` need not wait for the server's modules. */
const runners: Readonly<
  Record<string, (command: CommandSettings, words: readonly string[]) => Promise<number>>
> = {
  serve: async (command, words) => {
    const { resolveSettings } = await import("./resolve-settings.ts");
    const surroundings = { environment: process.env, directory: process.cwd() };
    const line = await resolveSettings(command, words, surroundings);
    return (await import("./serve-command.ts")).runServe(line);
  },
  run: async (command, words) => {
    const line = withEnvironment(command, withoutQuery(command, words));
    return (await import("./run-command.ts")).runRunCommand(line);
  },
  cgi: async (command, words) => {
    const line = withEnvironment(command, withoutQuery(command, words));
    return (await import("./cgi-command.ts")).runCgiCommand(line);
  },
  proxy: async (command, words) => {
    const line = parseCommandLine(command, words);
    return (await import("./proxy-command.ts")).runProxyCommand(line);
  },
  request: async (command, words) => {
    const line = parseCommandLine(command, words);
    return (await import("./request-command.ts")).runRequestCommand(line);
  },
  status: async (command, words) => {
    const line = parseCommandLine(command, words);
    return (await import("./status-command.ts")).runStatusCommand(line);
  },
  top: async (command, words) => {
    const line = parseCommandLine(command, words);
    return (await import("./status-command.ts")).runTopCommand(line);
  },
};

async function main(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  if (first === undefined) {
    process.stderr.write(helpText());
    return ExitStatus.usage;
  }
  if (first === "--version" || first === "version") {
    process.stdout.write(`${packageVersion()}\n`);
    return ExitStatus.stopped;
  }
  if (first === "help" || first === "--help" || first === "-h") {
    process.stdout.write(helpText(rest[0] === undefined ? undefined : findCommand(rest[0])));
    return ExitStatus.stopped;
  }
  const command = findCommand(first);
  if (!isScriptCommand(first) && (rest.includes("--help") || rest.includes("-h"))) {
    process.stdout.write(helpText(command));
    return ExitStatus.stopped;
  }
  // A script's standard output is its answer, and loading the streams costs a tenth of its life.
  if (!isScriptCommand(first)) ignoreLostOutput();
  return (await runners[command.name]?.(command, rest)) ?? ExitStatus.usage;
}

/** A script's settings: no config file, which would be one more for a visitor to wait for. */
function withEnvironment(command: CommandSettings, words: readonly string[]): CommandLine {
  const problems = new SettingProblems();
  const { positionals, values } = readWords(command, words, problems);
  const environment = readEnvironment(command, process.env, problems);
  problems.throwIfAny();
  return { positionals, values: { ...environment, ...values } };
}

function findCommand(name: string): CommandSettings {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const nearest = nearestName(
    name,
    commands.map((command) => command.name),
  );
  const hint = nearest === undefined ? "see tsgi help" : `did you mean ${nearest}?`;
  throw new ConfigurationError("ERR_CONFIG_OPTION", `tsgi has no command "${name}": ${hint}`);
}

/** Does what the words say; sets the exit status. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  try {
    // Set, not called: what is still on its way to standard output leaves first.
    process.exitCode = await main(words);
  } catch (error) {
    // The settings may be what is wrong.
    const debug = words.includes("--debug") || /^(1|true|yes|on)$/i.test(process.env["TSGI_DEBUG"] ?? "");
    process.stderr.write(`tsgi: ${describeError(error, debug)}\n`);
    if (answersScript(words)) await answerFailure();
    // Timers and connections of an application that has loaded must not keep a process that has failed.
    process.exit(exitStatusOf(error));
  }
}

/** True where a web server waits for the head of a CGI answer. */
function answersScript([first = ""]: readonly string[]): boolean {
  if (!isScriptCommand(first) || process.env["GATEWAY_INTERFACE"] === undefined) return false;
  return first === "cgi" || detectHost().kind === "cgi";
}

/** A script that cannot begin is a whole 500 to its visitor (O9). What is wrong has been said on standard error. */
async function answerFailure(): Promise<void> {
  const { runCgi } = await import("../cgi/index.ts");
  const silent = (): void => {};
  const failing = (): never => {
    throw new Error("said before");
  };
  await runCgi(failing, { exit: false, log: silent, writeErrors: silent });
}
