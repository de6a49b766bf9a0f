/**
 * A real process 1: a program in a process namespace of its own, as in a container.
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { startProcess, type ProcessOptions, type RunningProcess } from "./process.ts";

const namespace = [
  "--pid",
  "--fork",
  "--mount-proc",
  "--kill-child",
  ...(process.getuid?.() === 0 ? [] : ["-r"]),
];

/** False on a machine where nobody may make a namespace: nothing can be shown there. */
export function hasNamespaces(): boolean {
  try {
    execFileSync("unshare", [...namespace, "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export interface ProcessOne extends RunningProcess {
  /** Sends process 1 a signal; `kill` would send it to what has started it. */
  signal(name: NodeJS.Signals): void;
}

/** Starts a program as process 1; killed with all in its namespace at the test's end. */
export async function startProcessOne(
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessOne> {
  const outer = await startProcess("unshare", [...namespace, ...words], options);
  onTestFinished(() => outer.kill("SIGKILL"));
  return Object.defineProperties({ ...outer } as ProcessOne, {
    output: { get: () => outer.output },
    signal: {
      value: (name: NodeJS.Signals) => {
        const [first = ""] = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, "utf8").split(" ");
        process.kill(Number(first), name);
      },
    },
  });
}
