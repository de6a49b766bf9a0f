/**
 * One run of a suite: on Node's own http, or through the gateway.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./run-program.mjs";

/** @typedef {{ state: "passed" | "failed" | "skipped", message: string }} Result */

const here = fileURLToPath(new URL(".", import.meta.url));
const preload = new URL("preload.mjs", import.meta.url).href;

/** What each test runner is started with; `results` is the file that it writes. */
const commands = {
  mocha: (words) => [
    "node_modules/mocha/bin/_mocha",
    "--exit",
    `--reporter=${join(here, "reporters/mocha.cjs")}`,
    ...words,
  ],
  node: (words, results) => [
    `--test-reporter=${join(here, "reporters/node-test.mjs")}`,
    // A test that fails may leave its server open, and its file then never ends.
    "--test-force-exit",
    "--test-timeout=60000",
    `--test-reporter-destination=${results}`,
    ...words,
  ],
  vitest: (words, results) => [
    "node_modules/vitest/vitest.mjs",
    ...words,
    "--reporter=json",
    `--outputFile=${results}`,
  ],
  jest: (words, results) => ["node_modules/jest/bin/jest.js", ...words, "--json", `--outputFile=${results}`],
  lab: (words, results) => ["node_modules/@hapi/lab/bin/lab", ...words, "-r", "json", "-o", results],
  files: (words) => [join(here, "run-files.mjs"), ...words],
};

/**
 * Runs it and reads what each test came to. A title that stands for several tests is numbered from the second on.
 * @param {import("./suites.mjs").Suite} suite
 * @param {{ place: string, throughGateway: boolean, output: string }} options `output`: the file for what it prints
 * @returns {Promise<Map<string, Result>>}
 * @throws Error when no test ran
 */
export async function runSuite(suite, { place, throughGateway, output }) {
  const directory = mkdtempSync(join(tmpdir(), "tsgi-compat-run-"));
  const results = join(directory, "results");
  const env = { ...process.env, TSGI_COMPAT_RESULTS: results, NODE_ENV: "test" };
  // What npm sets for its own scripts, and what this process was started with, is none of the suite's business.
  for (const name of Object.keys(env)) if (name.startsWith("npm_")) delete env[name];
  delete env.NODE_OPTIONS;
  if (throughGateway) env.NODE_OPTIONS = `--import=${preload}`;
  Object.assign(env, suite.env);
  const words = [...(suite.nodeWords ?? []), ...commands[suite.runner](expand(suite, place), results)];
  try {
    // Again for each run: a suite may take its files away behind itself.
    for (const [program, ...rest] of suite.before ?? []) await runProgram(program, rest, { cwd: place });
    const options = { cwd: place, env, timeoutMs: 900_000, mayFail: true };
    const printed = await runProgram(process.execPath, words, options);
    mkdirSync(join(output, ".."), { recursive: true });
    writeFileSync(output, printed);
    const rows = existsSync(results) ? readRows(readFileSync(results, "utf8")) : [];
    if (rows.length === 0) throw new Error(`${suite.name}: no test ran; see ${output}`);
    return byTitle(rows);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** node:test of Node.js 20 takes no patterns. */
function expand({ words, leaveOut = [], only = /^/ }, place) {
  return words.flatMap((word) => {
    if (!word.includes("*")) return [word];
    const folder = dirname(word);
    const [start, end] = basename(word).split("*", 2);
    return readdirSync(join(place, folder))
      .filter((name) => name.startsWith(start) && name.endsWith(end))
      .map((name) => `${folder}/${name}`)
      .filter((path) => !leaveOut.includes(path) && only.test(readFileSync(join(place, path), "utf8")));
  });
}

/** Lines of our reporters, or the one document of vitest, jest and lab. */
function readRows(text) {
  if (text.startsWith("{\n") && text.includes('"tests"')) return rowsOfLab(JSON.parse(text));
  const document = text.startsWith("{") && text.includes('"testResults"') ? JSON.parse(text) : undefined;
  if (document === undefined)
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return document.testResults.flatMap(({ assertionResults, message, name, status }) => {
    if (assertionResults.length === 0 && status === "failed") {
      return [{ title: name.split("/").at(-1), state: "failed", message }];
    }
    return assertionResults.map(({ fullName, status: state, failureMessages }) => ({
      title: fullName,
      state: state === "passed" || state === "failed" ? state : "skipped",
      message: (failureMessages ?? []).join("\n"),
    }));
  });
}

/** lab has a list for each group of tests, by the group's title. */
function rowsOfLab({ tests }) {
  return Object.entries(tests).flatMap(([group, list]) =>
    list.map(({ title, err, skipped }) => ({
      title: `${group} ${title}`,
      state: skipped ? "skipped" : err ? "failed" : "passed",
      message: typeof err === "string" ? err : JSON.stringify(err),
    })),
  );
}

function byTitle(rows) {
  const counts = new Map();
  const results = new Map();
  for (const { title, state, message } of rows) {
    const name = title.replaceAll(/\s+/g, " ").trim();
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    results.set(count === 1 ? name : `${name} (${count})`, { state, message });
  }
  return results;
}
