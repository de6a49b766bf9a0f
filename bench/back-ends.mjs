/** The servers that are compared: how each is started, each a process of its own. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, untilSaid, workDirectory } from "./children.mjs";
import { tsgiMain } from "./programs.mjs";

const local = (name) => fileURLToPath(new URL(`back-ends/${name}`, import.meta.url));

/** What the others are compared to. */
export const reference = "node-http";

/**
 * @typedef {object} BackEndKind
 * @property {string} name
 * @property {"http" | "fastcgi"} protocol what it speaks with nginx
 * @property {boolean} keeps whether it can keep a connection; where not, nginx is never told to
 * @property {(socket: string) => string[]} words Node's arguments
 * @property {number} order its place in the table
 */

const tsgi = (name, main) => ({
  name,
  protocol: "fastcgi",
  keeps: true,
  // More than the 10,000 connections of the memory figure; it costs nothing elsewhere.
  words: (socket) => [
    main,
    "serve",
    local("application.mjs"),
    "--fastcgi",
    `unix:${socket}`,
    "--max-connections",
    "20000",
  ],
});

/**
 * @param {ReadonlyArray<{ name: string, main: string }>} also other builds of tsgi
 * @returns {BackEndKind[]} the reference first
 */
export function backEndKinds(also) {
  const kinds = [
    { name: reference, protocol: "http", keeps: true, words: (socket) => [local("node-http.mjs"), socket] },
    tsgi("tsgi", tsgiMain),
    ...also.map(({ name, main }) => tsgi(name, main)),
    // Asked to keep a connection, node-fastcgi 2.0 destroys it with the request all the same, and nginx's next request
    // on it fails: half of all uploads were a 502.
    {
      name: "node-fastcgi",
      protocol: "fastcgi",
      keeps: false,
      words: (socket) => [local("node-fastcgi.mjs"), socket],
    },
  ];
  return kinds.map((kind, order) => ({ ...kind, order }));
}

let started = 0;

/**
 * Starts one back end and waits until it listens.
 * @param {BackEndKind} kind
 * @param {"kept" | "closed"} mode how nginx will treat its connections
 */
export async function startBackEnd(kind, mode) {
  const socket = join(workDirectory(), `${++started}.sock`);
  // gc() is there for the memory figures; the benchmark asks for it, the applications never do by themselves.
  const child = start(process.execPath, ["--expose-gc", ...kind.words(socket)]);
  await untilSaid(child, "ready", kind.name);
  return { kind, name: kind.name, protocol: kind.protocol, mode, socket, child, pid: child.pid };
}
