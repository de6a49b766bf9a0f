/** The help text, made of the settings table. @module */
import { commands, type CommandSettings, type Setting } from "./settings.ts";

/** Help for one command, or for all. */
export function helpText(command?: CommandSettings): string {
  if (command !== undefined) return commandHelp(command);
  const lines = commands.map((each) => `  ${usageLine(each)}\n      ${each.help}`);
  return [
    "tsgi: hosts a TypeScript application behind nginx, Apache and every web server that speaks FastCGI or SCGI",
    "",
    ...lines,
    "",
    "tsgi help COMMAND lists a command's options. tsgi --version prints the version.",
    "",
  ].join("\n");
}

function usageLine(command: CommandSettings): string {
  return ["tsgi", command.name, ...command.positionals, "[options]"].join(" ");
}

function commandHelp(command: CommandSettings): string {
  const lines = command.settings.map((setting) => `  ${optionForm(setting)}\n      ${setting.help}`);
  return [usageLine(command), command.help, "", ...lines, ""].join("\n");
}

/** An option as one writes it, e.g. `-X, --request METHOD`; of the word that is no option, what stands for it. */
export function optionForm(setting: Setting): string {
  if (setting.positional === true) return setting.placeholder ?? setting.name;
  const short = setting.short === undefined ? "" : `-${setting.short}, `;
  const value = setting.placeholder === undefined ? "" : ` ${setting.placeholder}`;
  return `${short}--${setting.name}${value}${setting.repeatable === true ? "   (repeatable)" : ""}`;
}
