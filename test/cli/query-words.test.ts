/** O7: what comes from the query string never becomes an option. */
import { expect, it } from "vitest";
import { isScriptCommand, withoutQuery } from "../../src/cli/query-words.ts";
import { commands } from "../../src/cli/settings.ts";

const command = commands.find(({ name }) => name === "cgi") ?? commands[0]!;
const cgi = { GATEWAY_INTERFACE: "CGI/1.1" };

it.each([
  [["app.ts", "--debug"], ["app.ts"]],
  [
    ["--script-name", "/x", "app.ts", "-s", "--nph"],
    ["--script-name", "/x", "app.ts"],
  ],
  [
    ["--debug", "--script-name=/x", "app.ts", "other.ts"],
    ["--debug", "--script-name=/x", "app.ts"],
  ],
  [["--debug"], ["--debug"]],
])("O7 of %j a CGI request leaves %j", (words, left) => {
  expect(withoutQuery(command, words, cgi)).toEqual(left);
  expect(withoutQuery(command, words, {})).toEqual(words);
});

it("is for the commands of script files", () => {
  expect(["cgi", "run", "serve", "request"].map(isScriptCommand)).toEqual([true, true, false, false]);
});
