/**
 * Makes the shipped example configurations of every web server run on this machine: on free ports, in a directory of
 * their own, in the foreground. nginx's are prepared by nginx-example.mjs, which the demo shares.
 *
 * Not a template engine: the tables below are all that is ever changed in a file.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNginx, prepareNginx } from "./nginx-example.mjs";

const project = fileURLToPath(new URL("..", import.meta.url));
const usualPlaces = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
const isRoot = process.getuid?.() === 0;

/** By name: the folder of the examples, the program, how the port is written, and how it is started. */
export const exampleServers = {
  nginx: {
    folder: "nginx-examples",
    program: "nginx",
    package: "nginx-light",
  },
  apache: {
    folder: "apache-examples",
    program: "apache2",
    package: "apache2 libapache2-mod-fcgid",
    port: ["Listen 8080", (port) => `Listen 127.0.0.1:${port}`],
    // -c comes after the file, so these win over what belongs to root there. A socket, which standard error may be,
    // cannot be opened as /dev/stderr.
    words: (file, directory) => [
      "-f",
      file,
      "-D",
      "FOREGROUND",
      ...[
        `PidFile "${directory}/apache.pid"`,
        `ErrorLog "${directory}/error.log"`,
        "LogLevel info",
        `Mutex file:${directory}`,
        `DefaultRuntimeDir "${directory}"`,
        // One process is enough for a test, and starts faster.
        "StartServers 1",
        `<IfModule fcgid_module>\nFcgidIPCDir "${directory}"\nFcgidProcessTableFile "${directory}/table"\n</IfModule>`,
      ].flatMap((line) => line.split("\n").flatMap((part) => ["-c", part])),
    ],
  },
  lighttpd: {
    folder: "lighttpd-examples",
    program: "lighttpd",
    package: "lighttpd",
    port: ["server.port = 8080", (port) => `server.port = ${port}\nserver.bind = "127.0.0.1"`],
    words: (file) => ["-D", "-f", file],
  },
  haproxy: {
    folder: "haproxy-examples",
    program: "haproxy",
    package: "haproxy",
    port: ["bind :8080", (port) => `bind 127.0.0.1:${port}`],
    words: (file) => ["-db", "-f", file],
  },
  h2o: {
    folder: "h2o-examples",
    program: "h2o",
    package: "h2o",
    port: ["listen: 8080", (port) => `listen:\n  host: 127.0.0.1\n  port: ${port}`],
    words: (file) => ["-m", "worker", "-c", file],
  },
  caddy: {
    folder: "caddy-examples",
    program: "caddy",
    package: "caddy",
    port: ["http://:8080 {", (port) => `http://:${port} {\n\tbind 127.0.0.1`],
    words: (file) => ["run", "--config", file, "--adapter", "caddyfile"],
    // Caddy keeps certificates and its last configuration under the user's home.
    environment: (directory) => ({ HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory }),
  },
};

/**
 * @param {keyof typeof exampleServers} server
 * @returns {string | undefined} the program's path, or undefined where it is not installed
 */
export function findServer(server) {
  if (server === "nginx") return findNginx();
  const places = [...(process.env.PATH ?? "").split(delimiter), ...usualPlaces];
  return places.map((place) => join(place, exampleServers[server].program)).find((path) => existsSync(path));
}

/**
 * Writes the file into the directory and says how the server is to be started with it.
 * @param {{ server: keyof typeof exampleServers, example: string, directory: string, port: number,
 *   upstreamPorts?: readonly number[] }} options
 * @returns {{ words: string[], environment: Record<string, string> }}
 */
export function prepareExample({ server, example, directory, port, upstreamPorts = [] }) {
  if (server === "nginx") {
    return { words: prepareNginx({ example, directory, port, upstreamPorts }), environment: {} };
  }
  const { folder, port: portForm, words, environment } = exampleServers[server];
  const [portFrom, portTo] = portForm;
  let text = readFileSync(join(project, folder, example), "utf8");
  const replacements = [
    [portFrom, portTo(port)],
    ["/run/tsgi/", `${directory}/`],
    ["/srv/tsgi/", `${directory}/`],
    ['"/srv/tsgi"', `"${directory}"`],
    // h2o ends where it may not become another user; the others pass over it.
    ...(isRoot ? [] : [["user: www-data\n", ""]]),
    ...upstreamPorts.flatMap((upstream, n) => [
      [`127.0.0.1:900${n}`, `127.0.0.1:${upstream}`],
      [`"port" => 900${n}`, `"port" => ${upstream}`],
    ]),
  ];
  for (const [from, to] of replacements) text = text.replaceAll(from, to);
  mkdirSync(join(directory, "htdocs"), { recursive: true });
  mkdirSync(join(directory, "files"), { recursive: true });
  // Apache gives up root's rights, and as another user may not enter a temporary directory.
  if (isRoot) chmodSync(directory, 0o777);
  const file = join(directory, example);
  writeFileSync(file, text);
  return { words: words(file, directory), environment: environment?.(directory) ?? {} };
}
