/** What is kept of compiled TypeScript is known by the compiler that made it. */
import { describe, expect, it } from "vitest";
import { compilerVersion } from "../../src/cli/typescript-source.ts";
import { readProjectFile } from "../support/source-tree.ts";

describe("compilerVersion", () => {
  it("is that of the package that is installed", () => {
    const installed = JSON.parse(readProjectFile("node_modules/oxc-transform/package.json")) as {
      version: string;
    };
    const { dependencies } = JSON.parse(readProjectFile("package.json")) as {
      dependencies: Record<string, string>;
    };
    expect(compilerVersion).toBe(installed.version);
    expect(compilerVersion).toBe(dependencies["oxc-transform"]);
  });
});
