/** Load by wrk, and one checked request before it: a benchmark of error pages would be fast. */
import { once } from "node:events";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import { assertRunning, start } from "./children.mjs";
import { nginxComplaints } from "./nginx.mjs";
import { chunkCount, hello, largeOctets, pieces } from "./back-ends/payloads.mjs";
import { cpuMicroseconds } from "./process-figures.mjs";

const script = fileURLToPath(new URL("requests.lua", import.meta.url));

/** What each path must give: octets of the body. */
const expectedOctets = {
  "/hello": hello.length,
  "/fetch": hello.length,
  "/hono": hello.length,
  "/node": hello.length,
  "/express": hello.length,
  "/pieces": pieces.length * pieces[0].length,
  "/stream": chunkCount * 1_024,
  "/chunks": chunkCount * 1_024,
  "/large": largeOctets,
  "/upload": 1,
};

/** @throws Error when the back end does not do the work that is about to be measured */
export async function check(backEnd, workload) {
  const { statusCode, octets } = await fetchOnce(backEnd.port, workload.path);
  if (statusCode === 200 && octets === expectedOctets[workload.path]) return;
  assertRunning(backEnd.child, backEnd.name);
  throw new Error(
    `${backEnd.name} answered ${workload.path} with ${statusCode} and ${octets} octets; expected 200 and ${expectedOctets[workload.path]}\n${nginxComplaints()}`,
  );
}

/** One request; the body is counted and dropped. `body` is sent chunk by chunk as fast as it is taken. */
export function fetchOnce(port, path, { body } = {}) {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const headers = body === undefined ? {} : { "Content-Length": String(body.octets) };
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      let octets = 0;
      answer.on("data", (chunk) => {
        octets += chunk.length;
      });
      answer.on("end", () => resolve({ statusCode: answer.statusCode, octets }));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    if (body === undefined) outgoing.end();
    else send(outgoing, body).catch(reject);
  });
}

async function send(outgoing, { chunk, octets }) {
  for (let sent = 0; sent < octets; sent += chunk.length) {
    if (!outgoing.write(chunk)) await once(outgoing, "drain");
  }
  outgoing.end();
}

/**
 * Runs wrk against one back end.
 * @returns `rate` a second and `cpu` in microseconds of the back end's process tree, for each request, or for each
 *   MiB where the workload moves MiB
 * @throws Error when requests failed
 */
export async function measure(wrk, backEnd, workload, seconds) {
  assertRunning(backEnd.child, backEnd.name);
  const before = cpuMicroseconds(backEnd.pid);
  const summary = await runWrk(wrk, backEnd.port, workload, seconds);
  assertRunning(backEnd.child, backEnd.name);
  const cpu = cpuMicroseconds(backEnd.pid) - before;
  const isOnlySlow = summary.requests + summary.refused + summary.failed === 0;
  // A busy machine may answer nothing at all in a tenth of a second, as the benchmark's own test asks for.
  if (isOnlySlow && seconds < 10) return measure(wrk, backEnd, workload, seconds * 4);
  if (summary.failed > 0 || summary.refused > 0 || summary.requests === 0) {
    throw new Error(
      `${backEnd.name}, ${workload.name}: ${summary.requests} answers, ${summary.refused} with an error status, ${summary.failed} failed\n${nginxComplaints()}`,
    );
  }
  const units = summary.requests * (workload.mebibytes || 1);
  return { rate: (units * 1e6) / summary.microseconds, cpu: cpu / units };
}

async function runWrk(wrk, port, workload, seconds) {
  // wrk takes whole seconds only; an interrupt ends it early, with its figures.
  const child = start(wrk, [
    "-t1",
    `-c${workload.connections}`,
    `-d${Math.ceil(seconds) + 60}s`,
    "--timeout",
    "20s",
    "-s",
    script,
    `http://127.0.0.1:${port}${workload.path}`,
    "--",
    workload.requests,
    String(workload.mebibytes),
  ]);
  let said = "";
  let timer;
  // More than once: an interrupt that comes before wrk sleeps does not end its sleep.
  const interrupt = () => {
    timer = setInterval(() => child.kill("SIGINT"), 100);
    child.kill("SIGINT");
  };
  child.stdout.setEncoding("latin1");
  child.stdout.on("data", (piece) => {
    said += piece;
    if (said.includes("started"))
      timer ??= setTimeout(interrupt, Math.max(seconds, workload.minSeconds ?? 0) * 1_000);
  });
  child.stderr.setEncoding("latin1");
  child.stderr.on("data", (piece) => {
    said += piece;
  });
  await once(child, "close");
  clearInterval(timer);
  const line = said.split("\n").find((each) => each.startsWith("{"));
  if (line === undefined) throw new Error(`wrk failed: ${said}`);
  return JSON.parse(line);
}
