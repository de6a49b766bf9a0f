/**
 * Other versions of Node.js than the one that runs the tests: npm's `node` packages.
 * @module
 */
import { startProcess } from "./process.ts";

/** npm needs a second to find what it has installed before: each is asked for once. */
const found = new Map<number, Promise<string>>();

/** The path of that Node.js, installed by npm if need be. */
export function nodeOf(version: number): Promise<string> {
  if (process.version.startsWith(`v${version}.`)) return Promise.resolve(process.execPath);
  const path = found.get(version) ?? install(version);
  found.set(version, path);
  return path;
}

async function install(version: number): Promise<string> {
  const words = ["--yes", "-p", `node@${version}`, "--", "node", "-p", "process.execPath"];
  // npm's notes about its own configuration are not what is asked for.
  const child = await startProcess("npx", words, { env: { npm_config_loglevel: "error" } });
  const { status } = await child.ended;
  if (status !== 0) throw new Error(`npm has no node@${version}:\n${child.output}`);
  return child.output.trim().split("\n").at(-1) ?? "";
}
