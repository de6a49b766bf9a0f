/**
 * Builds a small site with each framework, as one does for production, and serves it with `tsgi serve` behind a real
 * nginx with a shipped nginx-examples file:
 *
 *   npm run compat:frameworks -- [FRAMEWORK...] [--into DIR]
 *
 * Status 1: an answer is not what it has to be. The sites are in frameworks/, their packages come from npm.
 */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findNginx, prepareNginx } from "../nginx-example.mjs";
import { checksOf } from "./framework-checks.mjs";
import { frameworks } from "./framework-sites.mjs";
import { runProgram } from "./run-program.mjs";

const sites = fileURLToPath(new URL("frameworks/", import.meta.url));
const project = fileURLToPath(new URL("../..", import.meta.url));
const tsgi = join(project, "dist", "cli", "main.js");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { into: { type: "string", default: join(tmpdir(), "tsgi-compat-frameworks") } },
});
const names = frameworks.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(
    `compat:frameworks: no framework is named ${unknown.join(", ")}; there are ${names.join(", ")}`,
  );
  process.exitCode = 2;
} else if (findNginx() === undefined) {
  console.error("compat:frameworks: nginx is not installed: sudo apt-get install nginx-light");
  process.exitCode = 2;
} else {
  for (const framework of frameworks) {
    if (positionals.length > 0 && !positionals.includes(framework.name)) continue;
    const failures = await tryFramework(framework, await build(framework.site, resolve(values.into)));
    if (failures > 0) process.exitCode = 1;
  }
}

/** @returns {Promise<string>} the built site, built once for each state of its sources */
async function build(name, directory) {
  const place = join(directory, name);
  const done = join(place, ".tsgi-compat-built");
  const state = stateOf(join(sites, name));
  if (existsSync(done) && readFileSync(done, "utf8") === state) return place;
  mkdirSync(place, { recursive: true });
  cpSync(join(sites, name), place, { recursive: true });
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", CI: "1" };
  await runProgram("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], { cwd: place, env });
  // As if it had been installed: the applications import it by its name.
  rmSync(join(place, "node_modules", "tsgi"), { recursive: true, force: true });
  symlinkSync(project, join(place, "node_modules", "tsgi"));
  await runProgram("npm", ["run", "build"], { cwd: place, env });
  writeFileSync(done, state);
  return place;
}

/** Names and contents of all files. */
function stateOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return paths.map((path) => `${path}\n${readFileSync(path, "utf8")}`).join("\n");
}

/** @returns {Promise<number>} how many checks failed */
async function tryFramework({ name, application, client }, place) {
  const directory = mkdtempSync(join(tmpdir(), "tsgi-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const running = [];
  const start = async (program, words, options, ready) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], ...options });
    running.push(child);
    await printed(child, ready);
  };
  try {
    const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ORIGIN: origin };
    const words = [tsgi, "serve", application, "--fastcgi", `unix:${join(directory, "app.sock")}`];
    await start(process.execPath, words, { cwd: place, env }, " ready at ");
    const nginx = prepareNginx({ example: "fastcgi-unix.conf", directory, port, logLevel: "notice" });
    await start(findNginx(), nginx, {}, "start worker process");
    let failures = 0;
    for (const { title, run } of checksOf(name, client)) {
      const wrong = await run(origin).catch((error) => String(error));
      if (wrong !== undefined) failures += 1;
      console.log(`${name}: ${title}: ${wrong ?? "ok"}`);
    }
    return failures;
  } finally {
    for (const child of running.toReversed()) {
      child.kill();
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((end) => child.once("exit", end));
    }
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Resolves when the child has printed it. */
function printed(child, mark) {
  return new Promise((done, reject) => {
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        text = `${text}${line}\n`.slice(-10_000);
        if (line.includes(mark)) done();
      });
    }
    child.on("exit", (status) => reject(new Error(`${child.spawnfile} ended with ${status}:\n${text}`)));
  });
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
