/**
 * Makes a shipped nginx-examples file run on this machine without root: on a free port, in a directory of its own.
 * The demo and the interop tests both use it, so what they show is what the shipped files do.
 *
 * Not a template engine: the table below is all that is ever changed in a file.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const examples = fileURLToPath(new URL("../nginx-examples/", import.meta.url));

/** Where packages put nginx; it is often not on an ordinary user's PATH. */
const usualPlaces = [
  "/usr/sbin",
  "/usr/local/sbin",
  "/usr/local/nginx/sbin",
  "/opt/homebrew/bin",
  "/usr/local/bin",
];

/**
 * What stands in the shipped files, and what takes its place.
 * @param {string} directory
 * @param {number} port
 * @param {readonly number[]} upstreamPorts
 * @param {readonly string[]} httpLines
 * @returns {Array<[from: string, to: string]>}
 */
function replacements(directory, port, upstreamPorts, httpLines) {
  return [
    ["listen 8080;", `listen 127.0.0.1:${port};`],
    ["/run/tsgi/", `${directory}/`],
    ["/srv/tsgi/", `${directory}/`],
    ...upstreamPorts.map((upstreamPort, n) => [`127.0.0.1:900${n}`, `127.0.0.1:${upstreamPort}`]),
    // What nginx was compiled with belongs to root: /var/log/nginx and /var/lib/nginx.
    ["\nhttp {\n", `\nhttp {\n${[...ownPlaces, ...httpLines].map((line) => `    ${line}\n`).join("")}\n`],
  ];
}

const ownPlaces = [
  "access_log access.log;",
  ...["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map((name) => `${name}_temp_path temp/${name};`),
];

/** @returns {string | undefined} nginx's path, or undefined where it is not installed */
export function findNginx() {
  const places = [...(process.env.PATH ?? "").split(delimiter), ...usualPlaces];
  return places.map((place) => join(place, "nginx")).find((path) => existsSync(path));
}

/**
 * Writes the file and gives the arguments that nginx is to be started with, in the foreground. `httpLines` come first
 * in its http block, for a test that needs more than what ships.
 * @param {{ example: string, directory: string, port: number, upstreamPorts?: readonly number[],
 *   httpLines?: readonly string[], logLevel?: string, workers?: boolean }} options
 * @returns {string[]}
 */
export function prepareNginx({
  example,
  directory,
  port,
  upstreamPorts = [],
  httpLines = [],
  logLevel = "info",
  workers = true,
}) {
  let text = readFileSync(join(examples, example), "utf8");
  for (const [from, to] of replacements(directory, port, upstreamPorts, httpLines)) {
    text = text.replaceAll(from, to);
  }
  mkdirSync(join(directory, "temp"), { recursive: true });
  const file = join(directory, example);
  writeFileSync(file, text);
  const directives = ["daemon off;", "pid nginx.pid;", `error_log stderr ${logLevel};`];
  if (!workers) directives.push("master_process off;");
  // As root nginx gives its workers to another user, who may not enter a temporary directory.
  if (process.getuid?.() === 0) directives.push("user root;");
  return ["-p", `${directory}/`, "-c", file, "-e", "stderr", "-g", directives.join(" ")];
}
