/**
 * Every process that the benchmark starts, so that every one of them ends with it, and the directory they share.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long a process may take to say that it is ready, in ms. */
const readyTimeoutMs = 15_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
/** The end of each one's standard error. */
const lastSaid = new WeakMap();
let directory = "";

/** The benchmark's own temporary directory: sockets, nginx's configuration and files. */
export function workDirectory() {
  if (directory === "") directory = mkdtempSync(join(tmpdir(), "tsgi-bench-"));
  return directory;
}

/** Starts a process that `cleanUp` ends. Its standard output and error are pipes. */
export function start(program, words, options = {}) {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], ...options });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/**
 * Resolves when the process has said `text` on standard error.
 * @throws Error with what it said instead, when it ends first or takes too long
 */
export async function untilSaid(child, text, name) {
  let said = "";
  await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${name} did not start in time: ${said}`)),
      readyTimeoutMs,
    );
    child.stderr.setEncoding("latin1");
    child.stderr.on("data", (piece) => {
      // What comes later is drained and dropped, but for the end of it.
      said = (said + piece).slice(-4_000);
      lastSaid.set(child, said);
      if (!said.includes(text)) return;
      clearTimeout(timer);
      resolve();
    });
    child.once("error", (error) => reject(new Error(`${name} could not be run: ${error.message}`)));
    child.once("exit", (status, signal) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with ${status ?? signal}: ${said}`));
    });
  });
  child.stdout.resume();
}

/**
 * Whether a process that is to go on has ended, which makes every figure of it worthless.
 * @throws Error with the last that it said
 */
export function assertRunning(child, name) {
  if (child.exitCode === null && child.signalCode === null) return;
  throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}: ${lastSaid.get(child) ?? ""}`);
}

/** Ends one process and waits for its end. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  end(child);
  await ended;
}

/** Ends everything at once. Synchronous, so that it may run in an exit handler. */
export function cleanUp() {
  for (const child of running) end(child);
  if (directory !== "") rmSync(directory, { recursive: true, force: true });
  directory = "";
}

/** nginx's master must not be killed outright: its worker would outlive it. Nothing else has anything to save. */
function end(child) {
  child.kill(child.spawnfile.endsWith("nginx") ? "SIGTERM" : "SIGKILL");
}
