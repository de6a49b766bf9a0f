/**
 * Runs the conformance suite behind every web server and writes what passed into README's matrix: `npm run matrix`.
 * Nothing is written when a case fails.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("..", import.meta.url));
const places = ["root", "sub-path"];
/** What test/interop/conformance.test.ts puts at the end of a title where an allowance is made. */
const changedMark = "[as the web server changes it]";
const rows = tally(runSuite());
const failed = [...rows].filter(([, row]) => places.some((place) => (row.get(place)?.failed ?? 0) > 0));
if (failed.length > 0) {
  console.error(`README is left as it is, cases fail behind: ${failed.map(([name]) => name).join("; ")}`);
  process.exit(1);
}
writeMatrix(rows);

/** Vitest's own report of the run. */
function runSuite() {
  const directory = mkdtempSync(join(tmpdir(), "tsgi-matrix-"));
  const report = join(directory, "report.json");
  const words = [
    "vitest",
    "run",
    "test/interop/conformance.test.ts",
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  spawnSync("npx", words, { cwd: project, stdio: ["ignore", "ignore", "inherit"] });
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  rmSync(directory, { recursive: true });
  return testResults.flatMap(({ assertionResults }) => assertionResults);
}

/** Counts by web server and place: the titles of the describe blocks around each test. */
function tally(results) {
  const counted = new Map();
  for (const { ancestorTitles, title, status } of results) {
    const [name, place] = ancestorTitles;
    if (!counted.has(name)) counted.set(name, new Map());
    const row = counted.get(name);
    if (!row.has(place)) row.set(place, { passed: 0, failed: 0, leftOut: 0, changed: [] });
    const count = row.get(place);
    if (status === "passed") count.passed += 1;
    else if (status === "failed") count.failed += 1;
    else count.leftOut += 1;
    if (title.endsWith(changedMark)) count.changed.push(title.split(" ", 1)[0]);
  }
  return counted;
}

function writeMatrix(counted) {
  const lines = [
    "| web server | at the root | at a sub-path | changed by the web server |",
    "| --- | --- | --- | --- |",
    ...[...counted].map(
      ([name, row]) =>
        `| ${name} | ${places.map((place) => cell(row.get(place))).join(" | ")} | ${changes(row)} |`,
    ),
  ];
  const page = join(project, "README.md");
  const text = readFileSync(page, "utf8");
  const [start, end] = ["<!-- matrix -->", "<!-- /matrix -->"];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md: the marks ${start} and ${end} are missing`);
  writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${lines.join("\n")}\n\n${text.slice(to)}`);
  spawnSync("npx", ["prettier", "--write", "--log-level", "warn", "README.md"], {
    cwd: project,
    stdio: "inherit",
  });
}

function changes(row) {
  const names = places.flatMap((place) => row.get(place)?.changed ?? []);
  return [...new Set(names)].map((name) => `\`${name}\``).join(", ");
}

function cell({ passed, leftOut }) {
  return leftOut === 0 ? `${passed} of ${passed}` : `${passed} of ${passed + leftOut}`;
}
