/**
 * The `tsgi` command line: finds the command, turns errors into one line and an exit status.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { describeError } from "./describe-error.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { helpText } from "./help.ts";
import { packageVersion } from "./package-version.ts";
import { nearestName, parseCommandLine, type CommandLine } from "./parse-command-line.ts";
import { isScriptCommand, withoutQuery } from "./query-words.ts";
import { commands, type CommandSettings } from "./settings.ts";

export { detectHost } from "../run/index.ts";

/** Loaded when asked for: `tsgi request` need not wait for the server's modules. */
const runners: Readonly<Record<string, () => Promise<(line: CommandLine) => Promise<number>>>> = {
  serve: async () => (await import("./serve-command.ts")).runServe,
  proxy: async () => (await import("./proxy-command.ts")).runProxyCommand,
  run: async () => (await import("./run-command.ts")).runRunCommand,
  cgi: async () => (await import("./cgi-command.ts")).runCgiCommand,
  request: async () => (await import("./request-command.ts")).runRequestCommand,
  status: async () => (await import("./status-command.ts")).runStatusCommand,
  top: async () => (await import("./status-command.ts")).runTopCommand,
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
  const line = parseCommandLine(command, isScriptCommand(first) ? withoutQuery(command, rest) : rest);
  const run = await runners[command.name]?.();
  return run === undefined ? ExitStatus.usage : run(line);
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

function exitStatusOf(error: unknown): ExitStatusCode {
  if (!(error instanceof ConfigurationError)) return ExitStatus.failed;
  switch (error.code) {
    case "ERR_CONFIG_OPTION":
    case "ERR_CONFIG_ADDRESS":
      return ExitStatus.usage;
    case "ERR_CONFIG_APPLICATION":
      return ExitStatus.applicationFailed;
    default:
      return ExitStatus.failed;
  }
}

/** Does what the words say; sets the exit status. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  try {
    // Set, not called: what is still on its way to standard output leaves first.
    process.exitCode = await main(words);
  } catch (error) {
    process.stderr.write(`tsgi: ${describeError(error, words.includes("--debug"))}\n`);
    process.exitCode = exitStatusOf(error);
  }
}
