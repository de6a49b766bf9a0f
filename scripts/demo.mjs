/**
 * `npm run demo`: the sample application over FastCGI, behind nginx where it is installed and behind tsgi's embedded
 * front end where not. One Ctrl-C stops everything.
 *
 *   PORT=8080                            the port of http://127.0.0.1:PORT; 0 picks a free one
 *   TSGI_DEMO_FRONT=nginx|embedded       insist on one of the two
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findNginx, prepareNginx } from "./nginx-example.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsgi = join(root, "dist", "cli", "main.js");
const application = join("examples", "demo", "app.ts");
const example = "fastcgi-unix.conf";
const readyTimeoutMs = 30_000;
const graceMs = 500;

/** @type {Map<string, import("node:child_process").ChildProcess>} what runs now, by the name it has in messages */
const running = new Map();
let stopping = false;

// Below $TMPDIR, and short: the path of a UNIX socket may have about 100 octets.
const directory = mkdtempSync(join(tmpdir(), "tsgi-demo-"));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));
stopWithNpm();

try {
  const port = await choosePort(process.env.PORT ?? "8080");
  const socket = `unix:${join(directory, "app.sock")}`;
  const host = start("the application", process.execPath, [tsgi, "serve", application, "--fastcgi", socket]);
  await readyLine(host);
  const front = chooseFront(port, socket);
  start(front.name, front.program, front.words);
  await accepting(port);
  console.log(`
  tsgi demo   http://127.0.0.1:${port}

  web server  ${front.description}
  application ${application}, over FastCGI at ${socket}

  Ctrl-C stops both.
`);
} catch (error) {
  if (!stopping) {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
    await stop(1);
  }
}

/** A port that is free now, so that a taken one is one clear line and not a server's complaint. */
async function choosePort(text) {
  const wanted = Number(text);
  if (!/^\d{1,5}$/.test(text) || wanted > 65_535) {
    throw new Error(`PORT is "${text}": expected a number from 0 to 65535`);
  }
  const probe = createServer();
  try {
    await new Promise((resolve, reject) => probe.once("error", reject).listen(wanted, "127.0.0.1", resolve));
  } catch (error) {
    const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be used (${error.code})`;
    throw new Error(`port ${wanted} ${why}: choose another, as in PORT=8081 npm run demo`, { cause: error });
  }
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function chooseFront(port, socket) {
  const forced = process.env.TSGI_DEMO_FRONT;
  if (forced !== undefined && forced !== "nginx" && forced !== "embedded") {
    throw new Error(`TSGI_DEMO_FRONT is "${forced}": expected nginx or embedded`);
  }
  const nginx = forced === "embedded" ? undefined : findNginx();
  let reason = "nginx is not installed";
  if (nginx !== undefined) {
    const words = prepareNginx({ example, directory, port, logLevel: "warn", workers: false });
    const check = spawnSync(nginx, ["-t", "-q", ...words], { encoding: "utf8" });
    if (check.status === 0) {
      const version = spawnSync(nginx, ["-v"], { encoding: "utf8" }).stderr.split("/")[1]?.trim() ?? "";
      return {
        name: "nginx",
        description: `nginx ${version}, with nginx-examples/${example}`,
        program: nginx,
        words,
      };
    }
    reason = `${nginx} refuses nginx-examples/${example}: ${check.stderr?.split("\n")[0] || check.error?.message}`;
  }
  if (forced === "nginx") throw new Error(`TSGI_DEMO_FRONT asks for nginx, but ${reason}`);
  return {
    name: "the embedded front end",
    description: `tsgi's embedded front end (${forced === undefined ? reason : "as TSGI_DEMO_FRONT asks"})`,
    program: process.execPath,
    words: [tsgi, "proxy", "--http", `127.0.0.1:${port}`, "--to", `fastcgi:${socket}`],
  };
}

function start(name, program, words) {
  const child = spawn(program, words, { cwd: root, stdio: ["ignore", "inherit", "pipe"] });
  running.set(name, child);
  child.stderr.pipe(process.stderr, { end: false });
  child.once("error", (error) => ended(name, error.message));
  child.once("exit", (status, signal) => ended(name, signal ?? `status ${status}`));
  return child;
}

/** Whatever ends before it was told to takes the rest with it. */
function ended(name, how) {
  running.delete(name);
  if (stopping) return;
  console.error(`demo: ${name} has ended (${how})`);
  void stop(1);
}

function readyLine(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr.on("data", function look(chunk) {
      text += chunk;
      if (!text.includes(" ready at ")) return;
      child.stderr.off("data", look);
      resolve();
    });
    child.once("close", () => reject(new Error("the application did not start")));
  });
}

async function accepting(port) {
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline) {
    if (stopping) throw new Error("stopped");
    const connected = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (connected) return;
    await delay(20);
  }
  throw new Error(`the web server does not listen on port ${port}: giving up`);
}

async function stop(status) {
  if (stopping) return;
  stopping = true;
  const children = [...running.values()];
  const exits = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  const kill = (signal) => children.forEach((child) => child.kill(signal));
  kill("SIGTERM");
  // A page that still streams would hold a graceful stop up; the second one does not wait.
  const again = setTimeout(kill, graceMs, "SIGTERM");
  const last = setTimeout(kill, graceMs * 4, "SIGKILL");
  await Promise.all(exits);
  clearTimeout(again);
  clearTimeout(last);
  rmSync(directory, { recursive: true, force: true });
  process.exit(status);
}

/** npm passes a TERM only to the shell between it and this process: when that shell has gone, so has the demo. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && void stop(0), 500).unref();
}
