/**
 * What a CGI request costs to start: wall time of a whole process, as a multiple of `node -e 0` in the same round.
 *
 *   node bench/cgi.mjs [rounds]     after npm run build; php-cgi is measured where it is installed
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, pairedRatio } from "./statistics.mjs";

const rounds = Number(process.argv[2] ?? 31);
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "tsgi-bench-"));

function file(name, text) {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const head = '"200 OK", [["Content-Type", "text/plain"]]';
const answer = "Content-Type: text/plain\\r\\nStatus: 200 OK\\r\\n\\r\\nhello\\n";
const body = `(environ, startResponse) => { startResponse(${head}); return [Buffer.from("hello\\n")]; }`;
const script = (name, entry) => `import { ${name} } from "${dist}${entry}.js";\nawait ${name}(${body});\n`;
const tsgi = join(dist, "cli", "tsgi.cjs");

/** The first is what the others are measured by. */
const programs = [
  { name: "node -e 0", words: [process.execPath, "-e", "0"], silent: true },
  {
    name: "by hand, CommonJS",
    words: [process.execPath, file("hand.cjs", `require("fs").writeSync(1, "${answer}");`)],
  },
  {
    name: "by hand, ES module",
    words: [
      process.execPath,
      file("hand.mjs", `import { writeSync } from "node:fs";\nwriteSync(1, "${answer}");`),
    ],
  },
  {
    name: "tsgi cgi app.mjs",
    words: [process.execPath, tsgi, "cgi", file("app.mjs", `export default ${body};`)],
  },
  {
    name: "tsgi cgi app.ts, cached",
    words: [
      process.execPath,
      tsgi,
      "cgi",
      file(
        "app.ts",
        `const a: unknown = ${body.replaceAll(/(environ|startResponse)([,)])/g, "$1: any$2")};\nexport default a;`,
      ),
    ],
  },
  {
    name: "tsgi cgi hono.mjs",
    words: [
      process.execPath,
      tsgi,
      "cgi",
      file(
        "hono.mjs",
        `import { Hono } from "${import.meta.resolve("hono")}";\n` +
          `import { fromFetch } from "${dist}index.js";\n` +
          `const app = new Hono();\napp.all("*", (c) => c.text("hello\\n"));\nexport default fromFetch(app);\n`,
      ),
    ],
  },
  { name: "script with runCgi()", words: [process.execPath, file("run-cgi.mjs", script("runCgi", "cgi"))] },
  { name: "script with run()", words: [process.execPath, file("run.mjs", script("run", "index"))] },
  { name: "php-cgi", words: ["php-cgi"], path: file("hello.php", "hello\n") },
];

const environment = {
  PATH: process.env.PATH,
  TMPDIR: directory,
  GATEWAY_INTERFACE: "CGI/1.1",
  REQUEST_METHOD: "GET",
  SCRIPT_NAME: "/cgi-bin/app",
  PATH_INFO: "/",
  SERVER_NAME: "localhost",
  SERVER_PORT: "80",
  SERVER_PROTOCOL: "HTTP/1.1",
  // For php-cgi, which takes its file from there and answers nothing without the other.
  SCRIPT_FILENAME: join(directory, "hello.php"),
  REDIRECT_STATUS: "200",
};

/** Milliseconds that one request takes; undefined where the program is not installed. */
function measure({ name, words, silent }) {
  const begin = process.hrtime.bigint();
  const run = spawnSync(words[0], words.slice(1), { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const taken = Number(process.hrtime.bigint() - begin) / 1e6;
  if (run.error?.code === "ENOENT") return undefined;
  if (silent || String(run.stdout).endsWith("hello\n")) return taken;
  throw new Error(`${name} did not answer: ${run.stdout}${run.stderr}`);
}

try {
  // Once unmeasured: what is kept for the next request must be there.
  const installed = programs.filter((program) => measure(program) !== undefined);
  const times = installed.map(() => []);
  for (let round = 0; round < rounds; round++) {
    installed.forEach((program, index) => times[index].push(measure(program)));
  }
  console.log(`Node.js ${process.versions.node}, ${rounds} rounds\n`);
  console.log("| program | ms | x `node -e 0` |\n| --- | --- | --- |");
  installed.forEach(({ name }, index) => {
    const { ratio } = pairedRatio(times[index], times[0]);
    console.log(`| ${name} | ${median(times[index]).toFixed(1)} | ${ratio.toFixed(2)} |`);
  });
} finally {
  rmSync(directory, { recursive: true });
}
