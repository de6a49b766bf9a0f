/** Starts a program that ends before the one that it has started, and says how many of those there still are. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Also those that have ended and that nobody has collected. */
function sleeping() {
  return readdirSync("/proc").filter((entry) => {
    try {
      return readFileSync(`/proc/${entry}/stat`, "latin1").includes("(sleep)");
    } catch {
      return false;
    }
  }).length;
}

export function application(environ, startResponse) {
  if (environ.PATH_INFO === "/orphan") spawnSync("/bin/sh", ["-c", "sleep 0.2 > /dev/null 2>&1 &"]);
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  const { pid, ppid, execArgv, env } = process;
  return [Buffer.from(JSON.stringify({ pid, ppid, execArgv, word: env.WORD, sleeping: sleeping() }))];
}
