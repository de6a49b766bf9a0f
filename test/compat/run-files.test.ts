/** The runner of frameworks' suites that have none: what each program's end and its TAP come to. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/serving.ts";

const runner = fileURLToPath(new URL("../../scripts/compat/run-files.mjs", import.meta.url));

const programs: Readonly<Record<string, string>> = {
  "well.js": "process.exitCode = 0;",
  "badly.js": "throw new RangeError('too far');",
  "flags.js": "// Flags: --expose-gc\ngc();",
  "tap.js": `console.log("TAP version 13\\nok 1 - one # time=3ms\\n    not ok 1 - within two\\nnot ok 2 - two\\nok 3 - three # SKIP");
    process.exitCode = 1;`,
  "cut.js": `console.log("TAP version 13\\nok 1 - one # time=3ms"); process.exitCode = 7;`,
};

it("tells each file's outcome, and those of its outermost tests where it prints TAP", async () => {
  const directory = temporaryDirectory();
  const results = join(directory, "results");
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(directory, name), text);
  await promisify(execFile)(process.execPath, [runner, ...Object.keys(programs)], {
    cwd: directory,
    env: { ...process.env, TSGI_COMPAT_RESULTS: results },
  });
  const rows = readFileSync(results, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Object.values(JSON.parse(line) as Record<string, string>).join(" | "));
  expect(rows.toSorted()).toEqual([
    "badly.js | failed | RangeError: too far (1)",
    "cut.js one | passed | ",
    "cut.js | failed |  (7)",
    "flags.js | passed | ",
    "tap.js one | passed | ",
    "tap.js three | skipped | ",
    "tap.js two | failed | ",
    "well.js | passed | ",
  ]);
});
