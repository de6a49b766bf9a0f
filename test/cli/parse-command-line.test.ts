import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { parseCommandLine } from "../../src/cli/parse-command-line.ts";
import { commands } from "../../src/cli/settings.ts";
import { helpText, optionForm } from "../../src/cli/help.ts";

function command(name: string): (typeof commands)[number] {
  const found = commands.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no command ${name}`);
  return found;
}

function refusal(name: string, ...words: string[]): string {
  try {
    parseCommandLine(command(name), words);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as ConfigurationError).message;
  }
  throw new Error(`${words.join(" ")} was accepted`);
}

describe("the command line", () => {
  it("reads every kind of value", () => {
    const line = parseCommandLine(command("serve"), [
      "app.ts",
      "--fastcgi",
      "unix:/run/a.sock",
      "--fastcgi=[::1]:9000",
      "--script-name",
      "",
      "--socket-mode",
      "0666",
      "--max-body",
      "10M",
      "--graceful-timeout",
      "2.5",
      "--backlog",
      "64",
      "--debug",
    ]);
    expect(line.positionals).toEqual(["app.ts"]);
    expect(line.values).toEqual({
      fastcgi: [
        { kind: "unix", path: "/run/a.sock" },
        { kind: "tcp", host: "::1", port: 9000 },
      ],
      "script-name": "",
      "socket-mode": 0o666,
      "max-body": 10 * 1024 * 1024,
      "graceful-timeout": 2.5,
      backlog: 64,
      debug: true,
    });
  });

  it("leaves out what was not given", () => {
    expect(parseCommandLine(command("serve"), ["app.ts"]).values).toEqual({});
  });

  it("reads short options of request", () => {
    const line = parseCommandLine(command("request"), [
      "fastcgi::9000",
      "/x",
      "-X",
      "PUT",
      "-H",
      "A: 1",
      "-H",
      "B: 2",
    ]);
    expect(line.values).toEqual({ request: "PUT", header: ["A: 1", "B: 2"] });
  });

  it.each([
    [["a.ts", "--fastgci", "x"], "did you mean --fastcgi?"],
    [["a.ts", "--zzzzzzzz"], "see tsgi help serve"],
    [["a.ts", "--backlog", "0"], "a whole number above 0"],
    [["a.ts", "--backlog", "1e3"], "a whole number above 0"],
    [["a.ts", "--backlog", "1000000000000000"], "at most 999999999999999"],
    [["a.ts", "--max-requests", "0"], "a whole number above 0"],
    [["a.ts", "--graceful-timeout", "1000000000.5"], "at most 999999999"],
    [["a.ts", "--graceful-timeout", "5."], "a number of seconds"],
    [["a.ts", "--max-body", "10MB"], "octets such as"],
    [["a.ts", "--max-body", "0"], "octets such as"],
    [["a.ts", "--no-debgu"], "did you mean --no-debug?"],
    [["a.ts", "--socket-mode", "888"], "three octal digits"],
    [["a.ts", "--graceful-timeout", "soon"], "a number of seconds"],
    [["a.ts", "--fastcgi", "nowhere"], "unix:/path"],
    [["a.ts", "b.ts"], "takes MODULE[:EXPORT] besides options, got a.ts b.ts"],
    [["a.ts", "--fastcgi"], "--fastcgi"],
  ])("refuses %j and says %s", (words, expected) => {
    expect(refusal("serve", ...words)).toContain(expected);
  });

  it("switches a flag off that the environment or the config file has switched on", () => {
    expect(parseCommandLine(command("serve"), ["a.ts", "--no-debug"]).values).toEqual({ debug: false });
    expect(parseCommandLine(command("serve"), ["a.ts", "--no-debug", "--debug"]).values).toEqual({
      debug: true,
    });
    expect(refusal("serve", "a.ts", "--debug=yes")).toContain("--debug takes no value");
    expect(refusal("serve", "a.ts", "--no-backlog")).toContain("no option --no-backlog");
  });

  it("takes no option for the value of another", () => {
    const message = refusal("serve", "a.ts", "--pid-file", "--debug");
    expect(message).toContain('--pid-file needs a value: FILE; if "--debug" is it, write --pid-file=--debug');
    expect(parseCommandLine(command("serve"), ["a.ts", "--pid-file=--x"]).values).toEqual({
      "pid-file": "--x",
    });
  });

  it("tells all that is wrong at once", () => {
    expect(refusal("serve", "a.ts", "--backlog", "x", "--wrokers", "2", "--socket-mode", "9")).toBe(
      [
        "3 things are wrong with the settings:",
        '--backlog is "x": expected a whole number above 0',
        "tsgi serve has no option --wrokers: did you mean --workers?",
        '--socket-mode is "9": expected three octal digits such as 0660',
      ].join("\n  "),
    );
  });

  it("has help for every command and option", () => {
    for (const each of commands) {
      const text = helpText(each);
      expect(helpText()).toContain(`tsgi ${each.name}`);
      for (const setting of each.settings)
        expect(text).toContain(`  ${optionForm(setting)}\n      ${setting.help}`);
    }
  });
});
