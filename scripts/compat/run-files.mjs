/**
 * A test runner for suites that have none, such as Node.js's own: each file is a program, and its status is the outcome,
 * or those of the tests in it where it prints TAP.
 *
 *   node [OPTIONS] run-files.mjs FILE...    OPTIONS: for each of them too
 *
 * One line of JSON for each file goes to TSGI_COMPAT_RESULTS, as the reporters write it.
 */
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const limitMs = 30_000;
const files = process.argv.slice(2);
await Promise.all(Array.from({ length: 2 * availableParallelism() }, runRest));

async function runRest() {
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    const { outcome, printed } = await run(file);
    const rows = testsOf(printed, file);
    if (rows.length === 0 || (outcome !== 0 && rows.every(({ state }) => state !== "failed"))) {
      const said = /^\w*(?:Error|Exception)\b.*/m.exec(printed)?.[0] ?? "";
      const message = outcome === 0 ? "" : `${said} (${outcome})`;
      rows.push({ title: file, state: outcome === 0 ? "passed" : "failed", message });
    }
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    appendFileSync(process.env.TSGI_COMPAT_RESULTS, lines);
    if (outcome !== 0) process.stdout.write(`=== ${file}: ${outcome}\n${printed.slice(-4_000)}\n`);
  }
}

/** The outermost tests of a file that prints TAP. */
function testsOf(printed, file) {
  if (!printed.includes("TAP version")) return [];
  return [...printed.matchAll(/^(ok|not ok) \d+ - (.*)$/gm)].map(([, outcome, line]) => {
    const [title, directive = ""] = line.split(/ # (?=time=|SKIP|TODO)/);
    const state = /^(?:SKIP|TODO)/.test(directive) ? "skipped" : outcome === "ok" ? "passed" : "failed";
    return { title: `${file} ${title.replace(/ \{$/, "")}`, state, message: "" };
  });
}

/** Its status, or the signal that ended it, and what it printed. */
function run(file) {
  // Node.js's own tests say in a comment what the program is to be started with.
  const flags = /^\/\/ Flags: (.*)$/m.exec(readFileSync(file, "utf8"))?.[1].trim().split(/\s+/) ?? [];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, ...flags, file], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    let printed = "";
    const read = (text) => {
      printed = (printed + text).slice(-2_000_000);
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ outcome: status ?? signal, printed }));
  });
}
