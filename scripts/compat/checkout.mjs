/**
 * A suite's own code at its pinned commit, with what it depends on, in a directory outside of the project.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./run-program.mjs";

export const defaultSource = "https://github.com/{owner}/{name}.git";

/**
 * Clones and installs, unless that has been done.
 * @param {import("./suites.mjs").Suite} suite
 * @param {{ directory: string, source: string }} options `source`: a repository's address or path, with the words
 * `{owner}` and `{name}` where its own stand
 * @returns {Promise<string>} where the suite is
 */
export async function checkOut(suite, { directory, source }) {
  const place = join(directory, `${suite.name}-${suite.tag}`);
  const done = join(place, ".git", "tsgi-compat-installed");
  if (existsSync(done)) return place;
  const [owner, name] = suite.repository.split("/");
  const from = source.replaceAll("{owner}", owner).replaceAll("{name}", name);
  mkdirSync(place, { recursive: true });
  const git = (...words) => runProgram("git", words, { cwd: place });
  await git("init", "--quiet");
  const wanted = suite.isTag === false ? suite.commit : `refs/tags/${suite.tag}`;
  await git("fetch", "--quiet", "--depth", "1", from, wanted);
  await git("checkout", "--quiet", "--force", "FETCH_HEAD");
  const commit = (await git("rev-parse", "HEAD")).trim();
  if (commit !== suite.commit) {
    throw new Error(`${suite.repository}: the tag ${suite.tag} is ${commit}; expected ${suite.commit}`);
  }
  // Scripts of packages that only lint or build are not needed, and they are not ours to run.
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  if (suite.legacyPeers) install.push("--legacy-peer-deps");
  if (existsSync(join(place, "package.json"))) await runProgram("npm", install, { cwd: place });
  if (suite.packages !== undefined) {
    await runProgram("npm", [...install, "--no-save", ...suite.packages], { cwd: place });
  }
  writeFileSync(done, "");
  return place;
}
