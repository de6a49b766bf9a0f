/** Real config files, in real processes: what loads, what does not, and what is said then. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { findConfigFile, type ConfigReport } from "../../src/cli/config-file.ts";
import { readConfig } from "../../src/cli/read-config.ts";
import { SettingProblems } from "../../src/cli/setting-problems.ts";
import { commands } from "../../src/cli/settings.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectWith } from "../support/settled-process.ts";
import { projectRoot } from "../support/source-tree.ts";

// The built one: what it starts must run without a test runner.
const { loadConfigFile } = (await import(
  pathToFileURL(join(projectRoot, "dist/cli/config-file.js")).href
)) as typeof import("../../src/cli/config-file.ts");

function load(name: string, text: string): Promise<ConfigReport> {
  const directory = projectWith({ "one.ts": "export const one: number = 1;\n", [name]: text });
  return loadConfigFile(join(directory, name));
}

describe("a config file", () => {
  it.each([
    [
      "tsgi.config.ts",
      'import { defineConfig } from "tsgi";\nimport { one } from "./one";\nexport default defineConfig({ workers: one + 1 as number });',
    ],
    ["tsgi.config.mts", "const workers: number = await Promise.resolve(2);\nexport default { workers };"],
    [
      "tsgi.config.mjs",
      "console.log('loading');\nsetInterval(() => {}, 1000);\nexport default { workers: 2 };",
    ],
    ["tsgi.config.json", '{ "workers": 2 }'],
  ])("may be %s", async (name, text) => {
    expect(await load(name, text)).toEqual({ values: { workers: 2 }, problems: [] });
  });

  it.each([
    ["tsgi.config.ts", "export default {", "tsgi.config.ts failed to load: SyntaxError"],
    ["tsgi.config.mjs", "throw new Error('no\\nway')", "tsgi.config.mjs failed to load: Error: no"],
    [
      "tsgi.config.mjs",
      "export default { get workers() { throw new Error('on purpose'); } };",
      "tsgi.config.mjs failed to load: Error: on purpose",
    ],
    ["tsgi.config.mjs", "throw null", "tsgi.config.mjs failed to load: null"],
    ["tsgi.config.mjs", "await new Promise(() => {});", "waits for something that never comes"],
    ["tsgi.config.mjs", "process.exit(7)", "ended its process before it had exported anything (status 7)"],
    ["tsgi.config.mjs", "process.kill(process.pid, 'SIGTERM')", "(SIGTERM)"],
    ["tsgi.config.json", "{ workers }", "tsgi.config.json failed to load: SyntaxError"],
    ["tsgi.config.ts", 'import "./missing.ts";', "Cannot find module"],
  ])("that does not load is told: %s %s", async (name, text, expected) => {
    const report = await load(name, text);
    expect(report).toMatchObject({ failure: expect.stringContaining(expected) as string });
    expect("failure" in report && report.failure.split("\n")).toHaveLength(1);
  });

  it.each([
    ["export const workers = 2;", "exports nothing by default"],
    ["export default 5;", "exports a number by default"],
    ["export default [];", "exports a list by default"],
    ["export default null;", "exports null by default"],
    ["export default () => ({});", "exports a function by default"],
  ])("that exports no object is told: %s", async (text, expected) => {
    const report = await load("tsgi.config.mjs", text);
    expect(report).toMatchObject({ problems: [expect.stringContaining(expected)] });
  });

  it("is found in the working directory, or where it is named; not when there are two", () => {
    const directory = temporaryDirectory();
    expect(findConfigFile(directory, undefined)).toBeUndefined();
    writeFileSync(join(directory, "tsgi.config.mjs"), "");
    expect(findConfigFile(directory, undefined)).toBe(join(directory, "tsgi.config.mjs"));
    writeFileSync(join(directory, "tsgi.config.json"), "");
    expect(() => findConfigFile(directory, undefined)).toThrow("has tsgi.config.mjs and tsgi.config.json");
    expect(findConfigFile(directory, "tsgi.config.json")).toBe(join(directory, "tsgi.config.json"));
    expect(() => findConfigFile(directory, "other.ts")).toThrow("there is no config file");
  });
});

describe("what a config file says", () => {
  function read(config: unknown): { values: Record<string, unknown>; problems: string[] } {
    const [serve] = commands;
    if (serve === undefined) throw new Error("there is no command");
    const problems = new SettingProblems();
    const values = readConfig(serve, config, "c.ts", problems);
    return { values, problems: problems.messages() };
  }

  it("is every kind of value", () => {
    expect(
      read({
        application: "./app.ts",
        fastcgi: ["unix:/a", ":9000"],
        http: ":8000",
        scgi: [],
        scriptName: "",
        socketMode: 0o600,
        backlog: 64,
        maxBody: "10M",
        maxMemory: 1e9,
        workers: "auto",
        gracefulTimeout: 0.1 + 0.2,
        maxRequestsJitter: 0,
        pidFile: undefined,
        debug: false,
      }),
    ).toEqual({
      problems: [],
      values: {
        application: "./app.ts",
        fastcgi: [
          { kind: "unix", path: "/a" },
          { kind: "tcp", host: "127.0.0.1", port: 9000 },
        ],
        http: [{ kind: "tcp", host: "127.0.0.1", port: 8000 }],
        scgi: [],
        "script-name": "",
        "socket-mode": 0o600,
        backlog: 64,
        "max-body": 10 * 1024 * 1024,
        "max-memory": 1e9,
        workers: "auto",
        "graceful-timeout": 0.1 + 0.2,
        "max-requests-jitter": 0,
        debug: false,
      },
    });
  });

  it.each([
    [{ workers: "2" }, 'c.ts: workers is "2": expected number | "auto"'],
    [{ workers: 0 }, "c.ts: workers is 0: expected a whole number above 0, or auto"],
    [{ workers: 1.5 }, "c.ts: workers is 1.5: expected a whole number above 0, or auto"],
    [{ workers: Number.NaN }, "c.ts: workers is NaN: expected a whole number above 0, or auto"],
    [{ workers: null }, 'c.ts: workers is null: expected number | "auto"'],
    [{ backlog: 1e21 }, "c.ts: backlog is 1e+21: expected a whole number above 0"],
    [{ gracefulTimeout: 1e9 }, "c.ts: gracefulTimeout is 1000000000: expected at most 999999999"],
    [{ maxRequests: 0 }, "c.ts: maxRequests is 0: expected a whole number above 0"],
    [{ backlog: {} }, "c.ts: backlog is an object: expected number"],
    [{ socketMode: 660 }, 'c.ts: socketMode is 660: expected permission bits such as 0o660 or "0660"'],
    [{ socketMode: "rw" }, 'c.ts: socketMode is "rw": expected three octal digits such as 0660'],
    [{ maxBody: "10MB" }, 'c.ts: maxBody is "10MB": expected octets such as 1048576, 512K, 10M or 2G'],
    [{ maxBody: -1 }, "c.ts: maxBody is -1: expected octets such as 1048576, 512K, 10M or 2G"],
    [{ gracefulTimeout: "30" }, 'c.ts: gracefulTimeout is "30": expected number'],
    [{ gracefulTimeout: Infinity }, "c.ts: gracefulTimeout is Infinity: expected a number of seconds"],
    [{ debug: "yes" }, 'c.ts: debug is "yes": expected boolean'],
    [{ application: () => {} }, "c.ts: application is a function: expected string"],
    [{ scriptName: ["/a"] }, "c.ts: scriptName is a list: expected string"],
    [{ fastcgi: 9000 }, "c.ts: fastcgi is 9000: expected string | string[]"],
    [{ fastcgi: [":1", 9000] }, "c.ts: fastcgi[1] is 9000: expected string | string[]"],
    [{ fastcgi: [":1", "nowhere"] }, "c.ts: fastcgi[1]: "],
    [{ fastgci: ":1" }, "c.ts: fastgci is no setting: did you mean fastcgi?"],
    [{ "max-body": 1 }, "c.ts: max-body is no setting: did you mean maxBody?"],
    [{ maxbody: 1 }, "c.ts: maxbody is no setting: did you mean maxBody?"],
    [{ zzzzzzzz: 1 }, "c.ts: zzzzzzzz is no setting: docs/configuration.md lists what there is"],
    [{ check: true }, "c.ts: check cannot be set in the file itself: use --check on the command line"],
    [{ config: "a" }, "c.ts: config cannot be set in the file itself"],
    [{ positional: true }, "c.ts: positional is no setting"],
  ])("is refused when it is %j: %s", (config, expected) => {
    expect(read(config)).toEqual({ values: {}, problems: [expect.stringContaining(expected)] });
  });

  it("is refused with everything that is wrong in it", () => {
    expect(read({ workers: 0, fastgci: [], backlog: 5, debug: 1 })).toMatchObject({
      values: { backlog: 5 },
      problems: { length: 3 },
    });
  });
});
