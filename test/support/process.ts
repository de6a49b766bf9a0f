/**
 * A real process under test: what it prints, when it is ready, how it ends, how much memory it takes.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";

export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly pid: number;
  /** Everything printed so far, standard output and standard error as they came. */
  readonly output: string;
  /** Resolves when the process has ended and its output has been read. */
  readonly ended: Promise<ProcessEnd>;
  /** Resolves once the output has `text`; rejects, with the output, when the process ends without. */
  printed(text: string): Promise<void>;
  /** The same, once `holds` says so; it is asked whenever something has been printed. */
  printedAfter(holds: () => boolean): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** TERM, and the end. Safe to call again. */
  stop(): Promise<ProcessEnd>;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** Put over the test's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export async function startProcess(
  program: string,
  words: readonly string[],
  { cwd, env }: ProcessOptions = {},
): Promise<RunningProcess> {
  const child = spawn(program, words, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  // A test that fails on its way must not leave servers behind. Not KILL: nginx's workers would outlive their master.
  const killAtExit = (): boolean => child.kill("SIGTERM");
  process.once("exit", killAtExit);
  await once(child, "spawn");
  const ended = once(child, "close").then(([status, signal]): ProcessEnd => {
    process.off("exit", killAtExit);
    return { status: status as number | null, signal: signal as NodeJS.Signals | null };
  });
  const waitFor = (holds: () => boolean, what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void ended.then((end) =>
        reject(new Error(`${program} ended (${JSON.stringify(end)}) without ${what}:\n${output}`)),
      );
    });
  return {
    pid: child.pid ?? 0,
    get output() {
      return output;
    },
    ended,
    printed: (text) => waitFor(() => output.includes(text), `printing "${text}"`),
    printedAfter: (holds) => waitFor(holds, "printing what was waited for"),
    kill: (signal) => void child.kill(signal),
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** Begins to measure a process's memory; the function that is returned gives the growth since, at its highest. */
export function measureMemory(pid: number): () => number {
  // 5: the peak (VmHWM) is counted anew from what is resident now.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = statusField(pid, "VmRSS");
  return () => statusField(pid, "VmHWM") - before;
}

function statusField(pid: number, name: string): number {
  const [, kibibytes] =
    new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${name}`);
  return Number(kibibytes) * 1024;
}
