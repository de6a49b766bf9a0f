/**
 * The work that is measured, as data: what is asked for, by how many connections, of whom, and what is aimed at.
 *
 * Targets and goals are ratios to Node's http behind the same nginx in the same run.
 */

/**
 * @typedef {object} Workload
 * @property {string} name what `--only` takes
 * @property {string} title
 * @property {string} path
 * @property {"browser" | "mixed" | "many" | "upload"} requests which requests of requests.lua
 * @property {number} connections how many wrk keeps open
 * @property {"kept" | "closed"} mode whether nginx keeps its connections to the back end
 * @property {number} mebibytes in one answer or upload; 0: the figure is for each request
 * @property {false} [peer] not for node-fastcgi, whose `req` and `res` are not node:http's
 * @property {number} [minSeconds] what the work needs to be done at least once
 * @property {{ of: "cpu" | "rate", first: number, goal: number }} [target]
 */

/** Octets of the upload, in MiB. */
export const uploadMebibytes = 64;

/** @type {readonly Workload[]} */
export const workloads = [
  {
    name: "hello",
    title: "hello world, 11 browser headers, one array element",
    path: "/hello",
    requests: "browser",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
    target: { of: "cpu", first: 0.8, goal: 0.6 },
  },
  {
    name: "mixed",
    title: "hello world, 48 different header sets",
    path: "/hello",
    requests: "mixed",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
    target: { of: "cpu", first: 0.8, goal: 0.6 },
  },
  {
    name: "many",
    title: "hello world, 41 headers",
    path: "/hello",
    requests: "many",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
  },
  {
    name: "fetch",
    title: "hello world from a fetch handler (node-http: from a listener)",
    path: "/fetch",
    requests: "browser",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
    target: { of: "cpu", first: 0.85, goal: 0.65 },
  },
  {
    name: "hono",
    title: "hello world from a Hono application (node-http: from a listener)",
    path: "/hono",
    requests: "browser",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
  },
  {
    name: "node",
    title: "hello world from a listener (req, res), res.writeHead and res.end",
    path: "/node",
    requests: "browser",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
    peer: false,
    target: { of: "cpu", first: 1.05, goal: 0.85 },
  },
  {
    name: "express",
    title: "hello world from an Express application, res.send",
    path: "/express",
    requests: "browser",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
    peer: false,
    target: { of: "cpu", first: 1.05, goal: 0.85 },
  },
  {
    name: "pieces",
    title: "an array of ten 512-octet pieces",
    path: "/pieces",
    requests: "browser",
    connections: 32,
    mode: "kept",
    mebibytes: 0,
    target: { of: "cpu", first: 0.8, goal: 0.6 },
  },
  {
    name: "closed",
    title: "hello world, a connection for each request",
    path: "/hello",
    requests: "browser",
    connections: 32,
    mode: "closed",
    mebibytes: 0,
    target: { of: "cpu", first: 0.8, goal: 0.4 },
  },
  {
    name: "stream",
    title: "1 MiB streamed in 1 KiB chunks, length unknown",
    path: "/stream",
    requests: "browser",
    connections: 8,
    mode: "kept",
    mebibytes: 1,
    target: { of: "cpu", first: 0.8, goal: 0.4 },
  },
  {
    name: "chunks",
    title: "1 MiB streamed in 1 KiB chunks, length known",
    path: "/chunks",
    requests: "browser",
    connections: 8,
    mode: "kept",
    mebibytes: 1,
    target: { of: "cpu", first: 0.8, goal: 0.4 },
  },
  {
    name: "large",
    title: "1 MiB answer in one piece",
    path: "/large",
    requests: "browser",
    connections: 8,
    mode: "kept",
    mebibytes: 1,
    target: { of: "cpu", first: 1, goal: 0.85 },
  },
  {
    name: "upload",
    title: `${uploadMebibytes} MiB upload, unbuffered`,
    path: "/upload",
    requests: "upload",
    connections: 1,
    mode: "kept",
    mebibytes: uploadMebibytes,
    minSeconds: 0.5,
    target: { of: "rate", first: 0.95, goal: 1.5 },
  },
];

/** Processes that answer one request and end. Their targets stand with the programs, in cgi-programs.mjs. */
export const cgiWorkloads = [{ name: "cgi", title: "wall time of a CGI process, from its start to its end" }];

/** Workers beside each other: ratios of two to one. */
export const workerWorkloads = [
  {
    name: "workers",
    title: "requests of 200 µs of computing, straight at the socket, by two workers and by one",
    first: 1.5,
    goal: 1.9,
  },
];

/** Resident memory: measured once for each back end, in processes of its own. */
export const memoryWorkloads = [
  { name: "idle", title: "an idle kept connection", unit: "KiB", first: 6, goal: 4 },
  { name: "down", title: "growth while sending one long answer", unit: "MB", first: 60, goal: 30 },
  { name: "up", title: "growth while taking one long upload", unit: "MB", first: 60, goal: 30 },
];
