/** Who wins when several say what a setting is, and what is said of settings that cannot be. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConfigReport } from "../../src/cli/config-file.ts";
import { readConfig } from "../../src/cli/read-config.ts";
import { resolveSettings, type ResolvedLine } from "../../src/cli/resolve-settings.ts";
import { configKey, variableName } from "../../src/cli/setting-names.ts";
import { SettingProblems } from "../../src/cli/setting-problems.ts";
import { commands, type Setting, type SettingKind } from "../../src/cli/settings.ts";
import { temporaryDirectory } from "../support/serving.ts";

const serve = commands.find((command) => command.name === "serve") ?? { settings: [] };

/** Three values of each kind, as text and as in the config file, none of which is a default. */
const valuesOf: Readonly<Record<SettingKind, ReadonlyArray<readonly [string, unknown]>>> = {
  flag: [
    ["true", true],
    ["false", false],
    ["true", true],
  ],
  text: [
    ["/a", "/a"],
    ["/b", "/b"],
    ["/c", "/c"],
  ],
  address: [
    ["unix:/a", "unix:/a"],
    [":1", ":1"],
    ["[::1]:2", "[::1]:2"],
  ],
  // Each has its own.
  choice: [],
  integer: [
    ["11", 11],
    ["12", 12],
    ["13", 13],
  ],
  workers: [
    ["2", 2],
    ["3", 3],
    ["auto", "auto"],
  ],
  seconds: [
    ["1", 1],
    ["2.5", 2.5],
    ["0", 0],
  ],
  mode: [
    ["0600", 0o600],
    ["0666", "0666"],
    ["640", 0o640],
  ],
  octets: [
    ["1K", "1K"],
    ["2000", 2000],
    ["3m", "3M"],
  ],
};

const sources = ["command line", "environment", "config file"] as const;
type Source = (typeof sources)[number];

interface Said {
  readonly words: string[];
  readonly environment: Record<string, string>;
  readonly config: Record<string, unknown>;
}

function say(said: Said, setting: Setting, source: Source, choice: number): void {
  const values = setting.choices?.map((name) => [name, name] as const) ?? valuesOf[setting.kind];
  const [text = "", value] = values[choice] ?? [];
  if (source === "environment") said.environment[variableName(setting.name)] = text;
  else if (source === "config file") said.config[configKey(setting.name)] = value;
  else if (setting.positional === true) said.words.push(text);
  else if (setting.kind === "flag") said.words.push(`--${text === "true" ? "" : "no-"}${setting.name}`);
  else said.words.push(`--${setting.name}=${text}`);
}

async function resolve(said: Said, directory: string): Promise<ResolvedLine> {
  const loadConfig = (): Promise<ConfigReport> => {
    const problems = new SettingProblems();
    const values = readConfig(commands[0] ?? never(), said.config, "tsgi.config.json", problems);
    return Promise.resolve({ values, problems: problems.messages() });
  };
  return resolveSettings(commands[0] ?? never(), said.words, {
    environment: said.environment,
    directory,
    loadConfig,
  });
}

function never(): never {
  throw new Error("there is no command");
}

function nothing(): Said {
  return { words: [], environment: {}, config: {} };
}

async function refusal(said: Partial<Said>, directory = temporaryDirectory()): Promise<string> {
  return resolve({ ...nothing(), ...said }, directory).then(
    () => never(),
    (error: Error) => error.message,
  );
}

describe("the settings of tsgi serve", () => {
  it("are those of the command line, else the environment's, else the config file's, each for itself", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "tsgi.config.json"), "{}");
    // Those that choose the file, end the run or turn on others have tests of their own.
    const settings = serve.settings.filter(({ name }) => !["config", "check", "reload"].includes(name));
    const assignment = fc.tuple(
      ...settings.map(() => fc.record({ in: fc.subarray([...sources]), choice: fc.nat(2) })),
    );
    await fc.assert(
      fc.asyncProperty(assignment, async (assigned) => {
        const said = nothing();
        const expected = new Map<string, { readonly origin: string; readonly choice: number }>();
        settings.forEach((setting, index) => {
          const { in: in_, choice } = assigned[index] ?? never();
          // There is no serving without them.
          const needed = ["application", "fastcgi", "workers"].includes(setting.name);
          const where: readonly Source[] = needed && in_.length === 0 ? ["config file"] : in_;
          where.forEach((source) => say(said, setting, source, (choice + sources.indexOf(source)) % 3));
          const strongest = sources.find((source) => where.includes(source));
          if (strongest === undefined) return;
          const origin = {
            "command line": setting.positional === true ? "command line" : `--${setting.name}`,
            environment: variableName(setting.name),
            "config file": `tsgi.config.json: ${configKey(setting.name)}`,
          }[strongest];
          expected.set(setting.name, { origin, choice: (choice + sources.indexOf(strongest)) % 3 });
        });
        const { values, origins, positionals } = await resolve(said, directory);
        expect(origins).toEqual(
          Object.fromEntries([...expected].map(([name, { origin }]) => [name, origin])),
        );
        for (const setting of settings) {
          const winner = expected.get(setting.name);
          const alone = nothing();
          if (winner !== undefined) say(alone, setting, "environment", winner.choice);
          const { values: one } = await resolve(
            {
              ...alone,
              environment: {
                TSGI_APPLICATION: "x",
                TSGI_FASTCGI: ":1",
                TSGI_WORKERS: "1",
                ...alone.environment,
              },
            },
            directory,
          );
          if (winner === undefined) expect(values).not.toHaveProperty(setting.name);
          else expect(values[setting.name]).toEqual(one[setting.name]);
        }
        expect(positionals).toEqual([values["application"]]);
      }),
      { numRuns: 60 },
    );
  });

  it("have what --reload turns on, unless somebody says otherwise", async () => {
    const directory = temporaryDirectory();
    const words = ["app.ts", "--http", ":0", "--reload"];
    const { values, origins } = await resolve({ ...nothing(), words }, directory);
    expect(values).toMatchObject({ workers: 1, debug: true });
    expect(origins).toMatchObject({ workers: "--reload", debug: "--reload", reload: "--reload" });
    const other = await resolve(
      { words: [...words, "--no-debug"], environment: { TSGI_WORKERS: "2" }, config: {} },
      directory,
    );
    expect(other.values).toMatchObject({ workers: 2, debug: false });
  });

  it("may be missing: the message says what is needed", async () => {
    expect(await refusal({ words: ["app.ts"] })).toContain("got no address");
    expect(await refusal({ words: ["--http", ":0"] })).toContain("takes MODULE[:EXPORT]");
    expect((await refusal({})).split("\n")).toHaveLength(3);
  });

  it.each([
    [["--max-requests", "5"], {}, "--max-requests is about workers, and there are none"],
    [[], { TSGI_MAX_MEMORY: "1G" }, "TSGI_MAX_MEMORY is about workers, and there are none"],
    [["--workers", "1025"], {}, "--workers is 1025: expected at most 1024"],
    [["--workers", "100000"], {}, "--workers is 100000: expected at most 1024"],
    [["--script-name", "app"], {}, 'scriptName is "app"'],
    [["--config", "none.ts"], {}, "there is no config file"],
    [[], { TSGI_CONFIG: "none.ts" }, "there is no config file"],
  ])("%j and %j are refused: %s", async (words, environment, expected) => {
    expect(await refusal({ words: ["app.ts", "--http", ":0", ...words], environment })).toContain(expected);
  });

  it("are refused together, wherever they were said", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "tsgi.config.json"), "{}");
    const message = await refusal(
      { words: ["--backlg", "1"], environment: { TSGI_WORKERS: "x" }, config: { debug: 1, wrokers: 2 } },
      directory,
    );
    expect(message.split("\n  ")).toEqual([
      "4 things are wrong with the settings:",
      "tsgi serve has no option --backlg: did you mean --backlog?",
      'TSGI_WORKERS is "x": expected a whole number above 0, or auto',
      "tsgi.config.json: debug is 1: expected boolean",
      "tsgi.config.json: wrokers is no setting: did you mean workers?",
    ]);
  });
});
