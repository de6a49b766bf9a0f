/** Runs a program to its end. */
import { spawn } from "node:child_process";

/**
 * @param {string} program
 * @param {readonly string[]} words
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, mayFail?: boolean }} options `mayFail`: its status
 * says nothing, as a test runner's does; a program that is cut off after `timeoutMs` is no failure then either
 * @returns {Promise<string>} what it printed, standard error included
 * @throws Error when it cannot be started, or ends with another status than 0
 */
export function runProgram(program, words, { cwd, env = process.env, timeoutMs, mayFail = false }) {
  return new Promise((resolve, reject) => {
    // A group of its own, so that the processes that a test runner starts end with it.
    const child = spawn(program, words, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let printed = "";
    const read = (text) => {
      printed = (printed + text).slice(-2_000_000);
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    const cut = () => {
      read(`\ncut off after ${timeoutMs} ms\n`);
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(cut, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      if (status === 0 || mayFail) resolve(printed);
      else reject(new Error(`${program} ${words.join(" ")}: ${signal ?? status}\n${printed.slice(-4_000)}`));
    });
  });
}
