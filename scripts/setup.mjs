/**
 * What `npm run demo`, `npm test` and `npm run bench` do first, so that each is one command on a fresh machine:
 * install the npm packages, build dist, and, for those who need them, the web servers.
 *
 * Plain JavaScript on Node.js alone: it runs before anything is installed.
 *   node scripts/setup.mjs [--servers] [--bench]
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = new Set(process.argv.slice(2));

/** Programs that the tests run against, and the Debian packages that have them. */
const servers = [
  { program: "nginx", package: "nginx-light" },
  { program: "apache2", package: "apache2" },
  { file: "/usr/lib/apache2/modules/mod_fcgid.so", package: "libapache2-mod-fcgid" },
  { program: "lighttpd", package: "lighttpd" },
  { program: "haproxy", package: "haproxy" },
  { program: "caddy", package: "caddy" },
  { program: "h2o", package: "h2o" },
  { program: "spawn-fcgi", package: "spawn-fcgi" },
  { program: "cgi-fcgi", package: "libfcgi-bin" },
  { program: "systemd-socket-activate", package: "systemd" },
  // Looks at the status page.
  { program: "chromium", package: "chromium" },
  // The benchmark's own test runs it.
  { program: "wrk", package: "wrk" },
];
const benchPrograms = [
  { program: "nginx", package: "nginx-light" },
  { program: "wrk", package: "wrk" },
];

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  stop(`Node.js ${process.versions.node} is too old: tsgi needs 20.19 or newer`);
}

if (packagesAreStale()) run("npm", ["ci", "--no-audit", "--no-fund"]);
run("npm", ["run", "--silent", "build"]);
if (wanted.has("--bench")) provide(benchPrograms);
else if (wanted.has("--servers")) provide(servers);

function packagesAreStale() {
  const installed = join(root, "node_modules", ".package-lock.json");
  return (
    !existsSync(installed) || statSync(installed).mtimeMs < statSync(join(root, "package-lock.json")).mtimeMs
  );
}

function provide(programs) {
  const missing = programs
    .filter(({ program, file }) => !(file === undefined ? isInstalled(program) : existsSync(file)))
    .map((each) => each.package);
  if (missing.length === 0) return;
  const mayInstall = process.getuid?.() === 0 && isInstalled("apt-get");
  if (!mayInstall) {
    stop(
      `real web servers are part of this and ${missing.join(", ")} is missing: sudo apt-get install ${missing.join(" ")}`,
    );
  }
  // RUNLEVEL=1 keeps Debian from starting what it installs: the tests start servers of their own.
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  run("apt-get", ["update", "-qq"], environment);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], environment);
}

function isInstalled(program) {
  const path = `${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`;
  return path.split(delimiter).some((directory) => existsSync(join(directory, program)));
}

function run(program, words, environment = process.env) {
  const { status, error } = spawnSync(program, words, { cwd: root, stdio: "inherit", env: environment });
  if (error !== undefined) stop(`${program} could not be run: ${error.message}`);
  if (status !== 0) stop(`${program} ${words.join(" ")} failed with status ${status}`);
}

function stop(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
