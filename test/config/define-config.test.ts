/** The type of tsgi.config.ts. That its keys are those of the settings table is held by `write-docs.mjs --check`. */
import { describe, expect, it } from "vitest";
import { configKey } from "../../src/cli/setting-names.ts";
import { commands } from "../../src/cli/settings.ts";
import { defineConfig, type TsgiConfig } from "../../src/index.ts";
import { readProjectFile } from "../support/source-tree.ts";

describe("defineConfig", () => {
  it("takes every kind of value, and returns what it is given", () => {
    const config: TsgiConfig = {
      application: "./app.ts:default",
      fastcgi: ["unix:/run/app.sock", ":9000"],
      http: ":8000",
      socketMode: 0o660,
      maxBody: "10M",
      maxMemory: 1e9,
      workers: "auto",
      requestTimeout: 2.5,
      pidFile: undefined,
      debug: true,
    };
    expect(defineConfig(config)).toBe(config);
  });

  it("takes nothing else", () => {
    // @ts-expect-error a slip of the fingers
    defineConfig({ fastgci: ":9000" });
    // @ts-expect-error the command line's spelling
    defineConfig({ "max-body": 1 });
    // @ts-expect-error a number, or "auto"
    defineConfig({ workers: "2" });
    // @ts-expect-error not the application itself: the master never loads it
    defineConfig({ application: () => [] });
    // @ts-expect-error about one run only
    defineConfig({ check: true });
    // @ts-expect-error an address is text
    defineConfig({ fastcgi: [9000] });
  });

  it("has the keys of the table", () => {
    const keys = [...readProjectFile("src/config/tsgi-config.ts").matchAll(/^ {2}readonly (\w+)\?/gm)].map(
      (match) => match[1],
    );
    const settings = commands.find(({ name }) => name === "serve")?.settings ?? [];
    const inFile = settings.filter(({ sources }) => sources?.includes("config file") !== false);
    expect(keys).toEqual(inFile.map(({ name }) => configKey(name)));
  });
});
