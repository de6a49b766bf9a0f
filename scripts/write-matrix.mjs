/**
 * Runs the conformance suite behind every web server and writes what passed into README's matrices: `npm run matrix`, or one
 * of them: `npm run matrix -- authorizers`.
 * Nothing is written when a case fails.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("..", import.meta.url));
/** The tables: which test makes each, between which marks it stands, and the describe blocks that are its columns. */
const matrices = [
  {
    test: "test/interop/conformance.test.ts",
    mark: "matrix",
    columns: { root: "at the root", "sub-path": "at a sub-path" },
  },
  {
    test: "test/interop/authorizer-conformance.test.ts",
    mark: "authorizers",
    columns: { authorizer: "authorizer" },
  },
];
/** What both tests put at the end of a title where an allowance is made. */
const changedMark = "[as the web server changes it]";
const wanted = process.argv.slice(2);
const made = matrices
  .filter(({ mark }) => wanted.length === 0 || wanted.includes(mark))
  .map((matrix) => ({ ...matrix, rows: tally(runSuite(matrix.test)) }));
const failed = made.flatMap(({ rows }) =>
  [...rows].filter(([, row]) => [...row.values()].some((count) => count.failed > 0)),
);
if (failed.length > 0) {
  console.error(`README is left as it is, cases fail behind: ${failed.map(([name]) => name).join("; ")}`);
  process.exit(1);
}
for (const { mark, columns, rows } of made) writeMatrix(mark, columns, rows);

/** Vitest's own report of the run. */
function runSuite(test) {
  const directory = mkdtempSync(join(tmpdir(), "tsgi-matrix-"));
  const report = join(directory, "report.json");
  const words = ["vitest", "run", test, "--reporter=json", `--outputFile=${report}`];
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

function writeMatrix(mark, columns, counted) {
  const places = Object.keys(columns);
  const lines = [
    `| web server | ${Object.values(columns).join(" | ")} | changed by the web server |`,
    `| --- | ${places.map(() => "---").join(" | ")} | --- |`,
    ...[...counted].map(
      ([name, row]) =>
        `| ${name} | ${places.map((place) => cell(row.get(place))).join(" | ")} | ${changes(row)} |`,
    ),
  ];
  const page = join(project, "README.md");
  const text = readFileSync(page, "utf8");
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md: the marks ${start} and ${end} are missing`);
  writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${lines.join("\n")}\n\n${text.slice(to)}`);
  spawnSync("npx", ["prettier", "--write", "--log-level", "warn", "README.md"], {
    cwd: project,
    stdio: "inherit",
  });
}

function changes(row) {
  const names = [...row.values()].flatMap(({ changed }) => changed);
  return [...new Set(names)].map((name) => `\`${name}\``).join(", ");
}

function cell({ passed, leftOut }) {
  return leftOut === 0 ? `${passed} of ${passed}` : `${passed} of ${passed + leftOut}`;
}
