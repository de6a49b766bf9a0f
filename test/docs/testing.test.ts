/** docs/testing.md: its programs are test files, and pass. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startProcess, type ProcessEnd } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/testing.md");
const programs = [...page.matchAll(/^```(?:ts|js)\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(
  ([, name = "", code = ""]): [string, string] => [name, code],
);

/** A directory in which `tsgi` and `vitest` are installed, and the program. */
function installed(name: string, code: string): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(projectRoot, join(directory, "node_modules", "tsgi"));
  symlinkSync(join(projectRoot, "node_modules", "vitest"), join(directory, "node_modules", "vitest"));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  writeFileSync(join(directory, name), code);
  return directory;
}

async function run(words: readonly string[], cwd: string): Promise<ProcessEnd & { output: string }> {
  // What this very run tells its own workers is nothing for another one.
  const ours = Object.keys(process.env).filter((name) => /^(VITEST|NODE_TEST|TEST$|NODE_ENV)/.test(name));
  const env = Object.fromEntries(ours.map((name) => [name, undefined]));
  const child = await startProcess(process.execPath, words, { cwd, env });
  return { ...(await child.ended), output: child.output };
}

it("has programs of both kinds", () => {
  expect(programs.map(([name]) => name)).toEqual(["hello.test.ts", "stream.test.ts", "conformance.test.mjs"]);
});

it.each(programs)(
  "%s passes",
  async (name, code) => {
    const directory = installed(name, code);
    const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
    const words = name.endsWith(".mjs") ? ["--test", name] : [vitest, "run", name];
    const end = await run(words, directory);
    expect(end, end.output).toMatchObject({ status: 0 });
    expect(end.output).toMatch(name.endsWith(".mjs") ? /pass 9\d/ : /Tests .*passed/);
  },
  60_000,
);
