/**
 * `tsgi` in a directory of its own: a test's application and config file are there, and `import "tsgi"` finds this project.
 * @module
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { startProcess, type ProcessEnd, type RunningProcess } from "./process.ts";
import { temporaryDirectory } from "./serving.ts";
import { projectRoot } from "./source-tree.ts";

/** The built command. */
export const tsgiCommand: string = join(projectRoot, "dist/cli/main.js");

/** Processes start slowly on a machine that has other work to do. */
const patience = { timeout: 60_000, interval: 10 };

/** A directory with these files; `packages` are those of this project's node_modules that they import. */
export function projectWith(
  files: Readonly<Record<string, string>>,
  packages: readonly string[] = [],
): string {
  const directory = temporaryDirectory();
  const installed = join(directory, "node_modules");
  mkdirSync(installed);
  symlinkSync(projectRoot, join(installed, "tsgi"));
  for (const name of packages) symlinkSync(join(projectRoot, "node_modules", name), join(installed, name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

/** Starts `tsgi`, and ends it with the test. */
export async function startIn(
  directory: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningProcess> {
  const child = await startProcess(process.execPath, [tsgiCommand, ...words], { cwd: directory, env });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    child.kill("SIGTERM");
    await child.ended;
  });
  return child;
}

/** Runs `tsgi` to its end. */
export async function runIn(
  directory: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd & { readonly output: string }> {
  const child = await startIn(directory, words, env);
  const end = await child.ended;
  return { ...end, output: child.output };
}

/** Resolves when the output has this text so often. */
export async function printedTimes(child: RunningProcess, text: string, count: number): Promise<void> {
  await expect.poll(() => child.output.split(text).length - 1, patience).toBeGreaterThanOrEqual(count);
}
