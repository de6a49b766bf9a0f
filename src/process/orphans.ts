/**
 * Process 1 of a container: the system gives it every process whose parent has ended, to collect once it ends itself.
 * Node.js collects the processes that it has started, and no others (it has no waitpid(2)), so these stay as zombies until
 * the container ends. All that can be done here is to see them, and to say what helps.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";

/** How often processes are looked at, in ms. */
const lookMs = 2_000;

/** Calls `warn`, once, when processes have ended that nobody collects. Does nothing but in process 1 of Linux. */
export function watchForOrphans(warn: (message: string) => void): void {
  if (process.pid !== 1 || process.platform !== "linux") return;
  let before: ReadonlyMap<number, string> = new Map();
  const timer = setInterval(() => {
    const now = endedChildren();
    // What Node.js itself is about to collect is gone at the next look.
    const stay = [...now].filter(([pid]) => before.has(pid));
    before = now;
    const [first] = stay;
    if (first === undefined) return;
    clearInterval(timer);
    const [pid, name] = first;
    warn(
      `${stay.length} process(es) that the application's own have left behind have ended, and Node.js as process 1 ` +
        `cannot collect them (${name}, ${pid}): run the container with an init, as docker run --init does`,
    );
  }, lookMs);
  timer.unref();
}

/** Zombies of this process, with their names. */
function endedChildren(): Map<number, string> {
  const found = new Map<number, string>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid <= 1) continue;
    let line: string;
    try {
      line = readFileSync(`/proc/${pid}/stat`, "latin1");
    } catch {
      // It has just gone.
      continue;
    }
    // proc_pid_stat(5): the name in parentheses, which may hold others; the state; the parent.
    const [, name = "", state, parent] = /^\d+ \((.*)\) (\S) (\d+) /s.exec(line) ?? [];
    if (state === "Z" && parent === "1") found.set(pid, name);
  }
  return found;
}
