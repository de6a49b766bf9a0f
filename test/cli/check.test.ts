/** `tsgi serve --check`: what it prints, what it ends with, and that nothing an application does hurts it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectWith, runIn } from "../support/settled-process.ts";

const application = 'export const application = (environ, start) => { start("200 OK", []); return []; };\n';

describe("tsgi serve --check", () => {
  it("prints every setting with where it came from, loads the application, and binds nothing", async () => {
    const directory = projectWith({
      "app.ts": `console.log("loading");\nsetInterval(() => {}, 1000);\n${application}`,
      "tsgi.config.ts":
        'import { defineConfig } from "tsgi";\nexport default defineConfig({ application: "./app.ts", fastcgi: "unix:app.sock", socketMode: 0o600, maxBody: "1M", backlog: 5 });',
    });
    const words = ["serve", "--check", "--max-body", "2K", "--script-name", ""];
    const { status, output } = await runIn(directory, words, { TSGI_MAX_BODY: "3K", TSGI_BACKLOG: "6" });
    const lines = output.split("\n").map((line) => line.split(/ {2,}/));
    expect(lines).toContainEqual(["application", "./app.ts", "tsgi.config.ts: application"]);
    expect(lines).toContainEqual(["fastcgi", "unix:app.sock", "tsgi.config.ts: fastcgi"]);
    expect(lines).toContainEqual(["socket-mode", "0600", "tsgi.config.ts: socketMode"]);
    expect(lines).toContainEqual(["max-body", "2048", "--max-body"]);
    expect(lines).toContainEqual(["backlog", "6", "TSGI_BACKLOG"]);
    expect(lines).toContainEqual(["script-name", '""', "--script-name"]);
    expect(lines).toContainEqual(["config", "tsgi.config.ts", "found in the working directory"]);
    expect(lines).toContainEqual(["graceful-timeout", "30", "default"]);
    expect(output).toContain("The settings are valid, and ./app.ts loads.\n");
    expect(status).toBe(0);
    expect(existsSync(join(directory, "app.sock"))).toBe(false);
  });

  it("ends with status 4 where the application cannot be looked up", async () => {
    // As EACCES would in a directory of somebody else's, which root does not meet.
    const end = await runIn(projectWith({}), ["serve", `${"x".repeat(300)}.ts`, "--http", ":0", "--check"]);
    expect(end).toMatchObject({
      status: 4,
      output: expect.stringContaining("it cannot be looked up: Error: ENAMETOOLONG") as string,
    });
  });

  it.each([
    ["throws", 'throw new Error("no database");', "it failed to load: Error: no database"],
    ["does not compile", "export const application = throw;", "it failed to load: SyntaxError"],
    ["exports nothing", "export const other = 1;", "it exports other; expected"],
    ["ends the process", "process.exit(0);", "it ended its process before it had loaded (status 0)"],
    ["kills the process", 'process.kill(process.pid, "SIGKILL");', "before it had loaded (SIGKILL)"],
    ["waits for ever", "await new Promise(() => {});", "it waits for something that never comes"],
  ])("ends with status 4 for an application that %s", async (_what, text, expected) => {
    const directory = projectWith({ "app.ts": text });
    const { status, output } = await runIn(directory, ["serve", "app.ts", "--http", ":0", "--check"]);
    expect(output).toContain(expected);
    expect(output).not.toContain("settings are valid");
    expect(status).toBe(4);
  });

  it("ends with status 4 where there is no application", async () => {
    const end = await runIn(projectWith({}), ["serve", "app.ts", "--http", ":0", "--check"]);
    expect(end).toMatchObject({ status: 4, output: expect.stringContaining("there is no file") as string });
  });

  it.each([
    [["--http", ":0", "--backlog", "x"], {}, "{}", ["--backlog is"]],
    [["--http", ":0"], { TSGI_BAKLOG: "1" }, "{}", ["did you mean TSGI_BACKLOG?"]],
    [[], {}, '{ "htpt": ":0", "workers": "2" }', ["did you mean http?", "tsgi.config.json: workers is"]],
    [[], {}, "{", ["tsgi.config.json failed to load: SyntaxError"]],
    [[], {}, "{}", ["got no address"]],
  ])("ends with status 2 for %j, %j and %s", async (words, env, config, expected) => {
    const directory = projectWith({ "app.ts": application, "tsgi.config.json": config });
    const { status, output } = await runIn(directory, ["serve", "app.ts", "--check", ...words], env);
    for (const each of expected) expect(output).toContain(each);
    expect(output).toMatch(/^tsgi: /);
    expect(status).toBe(2);
  });

  it.each([
    ["--user nobody-of-that-name", 'there is no user "nobody-of-that-name"'],
    ["--user nobody --group no-such-group", 'there is no group "no-such-group"'],
    ["--group nogroup", "--group is the group of --user"],
    ["--socket-user nobody-of-that-name", 'there is no user "nobody-of-that-name"'],
    ["--socket-group no-such-group", 'there is no group "no-such-group"'],
    ["--allow 10.0.0.0/33", 'allow has "10.0.0.0/33"'],
    ["--env NAME", '--env is "NAME": expected NAME=VALUE'],
    ["--pass-env NAME", "add --clear-env"],
    ["--error-log - --error-log-format xml", '--error-log-format is "xml"'],
    ["--access-log - --access-log-format %Z", 'has "%Z", which is no directive'],
    ["--access-log-format common", "no access log is written"],
  ])("ends with status 2 for %s, which a start would refuse", async (words, expected) => {
    const directory = projectWith({ "app.ts": application });
    const command = ["serve", "app.ts", "--http", ":0", "--check", ...words.split(" ")];
    const { status, output } = await runIn(directory, command);
    expect(output).toContain(expected);
    expect(output).toMatch(/^tsgi: /);
    expect(status).toBe(2);
  });

  it("tells all that a start would refuse at once, and opens no log", async () => {
    const directory = projectWith({ "app.ts": application });
    const words = ["--env", "NAME", "--allow", "nobody", "--error-log", "error.log"];
    const { output } = await runIn(directory, ["serve", "app.ts", "--http", ":0", "--check", ...words]);
    expect(output).toContain("2 things are wrong with the settings:");
    expect(existsSync(join(directory, "error.log"))).toBe(false);
  });

  it("shows where a config file failed under --debug", async () => {
    const directory = projectWith({ "tsgi.config.mjs": "\n\nthrow new Error('on purpose');" });
    expect((await runIn(directory, ["serve"])).output).not.toContain("tsgi.config.mjs:3");
    const { output, status } = await runIn(directory, ["serve", "app.ts", "--http", ":0", "--debug"]);
    expect(output).toContain("tsgi.config.mjs:3");
    expect(status).toBe(2);
    expect((await runIn(directory, ["serve"], { TSGI_DEBUG: "1" })).output).toContain("tsgi.config.mjs:3");
  });
});

describe("a command that takes no config file", () => {
  it("takes the environment, where it hosts an application", async () => {
    const directory = projectWith({
      "app.ts": application.replace("return []", "return [Buffer.from(environ.SCRIPT_NAME)]"),
      "tsgi.config.json": "{ broken",
    });
    const cgi = {
      GATEWAY_INTERFACE: "CGI/1.1",
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "/a/b",
      PATH_INFO: "",
      SERVER_PROTOCOL: "HTTP/1.1",
    };
    const end = await runIn(directory, ["cgi", "app.ts"], { ...cgi, TSGI_SCRIPT_NAME: "/a" });
    expect(end.output).toMatch(/\r?\n\r?\n\/a$/);
    expect((await runIn(directory, ["cgi", "app.ts"], { ...cgi, TSGI_MAX_BODY: "x" })).status).toBe(2);
  });
});
