/**
 * Words that a web server took from the query string: RFC 3875 section 4.4 lets it pass a query without "=" as the
 * script's arguments, and Apache does. They are a client's, so none of them may become an option (O7, CVE-2012-1823).
 * @module
 */
import type { CommandSettings } from "./settings.ts";

/** The commands that stand in the first line of script files. */
export function isScriptCommand(name: string): boolean {
  return name === "cgi" || name === "run";
}

/**
 * The words up to MODULE. What comes from a script's first line stands before it, the query behind it; without MODULE,
 * words from a query and from a first line cannot be told apart, so that is an error further on.
 */
export function withoutQuery(
  command: CommandSettings,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  if (environment["GATEWAY_INTERFACE"] === undefined) return words;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("-")) return words.slice(0, index + 1);
    const setting = command.settings.find(({ name }) => word === `--${name}`);
    // Its value is the next word.
    if (setting !== undefined && setting.kind !== "flag") index++;
  }
  return words;
}
