/** docs/testing.md: its programs are test files, and pass. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { startProcess, type ProcessEnd } from "../support/process.ts";
import { projectWith } from "../support/settled-process.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/testing.md");
const programs = [...page.matchAll(/^```(?:ts|js)\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(
  ([, name = "", code = ""]): [string, string] => [name, code],
);

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
    const directory = projectWith({ "package.json": '{ "type": "module" }', [name]: code }, ["vitest"]);
    const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
    const words = name.endsWith(".mjs") ? ["--test", name] : [vitest, "run", name];
    const end = await run(words, directory);
    expect(end, end.output).toMatchObject({ status: 0 });
    expect(end.output).toMatch(name.endsWith(".mjs") ? /pass 9\d/ : /Tests .*passed/);
  },
  60_000,
);
