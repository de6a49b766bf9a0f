/**
 * An init for process 1 of a container: a shell that starts this program anew, hands on signals, collects the processes
 * that others leave behind, and ends with this program's exit status.
 *
 * Node.js cannot wait for what it has not started (orphans.ts). Where it has process.execve (22.15, 23.11), it can make
 * room for a program that does so by its nature: sh(1), POSIX. Elsewhere process 1 stays what it is, and warns.
 * @module
 */
import { accessSync, constants, readFileSync } from "node:fs";
import { isatty } from "node:tty";

const shell = "/bin/sh";

/** What the shell calls itself: by this a program knows that its parent is one. */
const shellName = "tsgi-init";

/**
 * `wait` ends with each signal that has a trap, so the flag tells a child's end from that; and it gives 127 for a child
 * whose end it has told already. Standard input is named because a shell takes it from what it starts with `&`.
 */
const script = `
child= early= came= again= status=0
pass() { came=1; if [ -n "$child" ]; then kill -s "$1" "$child" 2> /dev/null; else early="$early $1"; fi; }
for name in TERM INT QUIT HUP USR1 USR2 TTIN TTOU; do trap "pass $name" "$name"; done
"$@" <&0 &
child=$!
for name in $early; do kill -s "$name" "$child"; done
while :; do
  came=
  wait "$child"; code=$?
  [ -n "$again" ] && [ "$code" -eq 127 ] || status=$code
  [ -n "$came" ] || exit "$status"
  again=1
done`;

/** What of a process decides whether it may make room. */
export interface InitCircumstances {
  readonly pid: number;
  readonly platform: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Descriptors beyond the standard streams are needed. */
  readonly hasSockets: boolean;
  isTerminal(descriptor: number): boolean;
  canRun(path: string): boolean;
}

/**
 * Whether this is process 1, and a shell before it would change nothing else: Node.js lets no descriptor but the standard
 * streams through, who passes sockets or waits for a notice knows this process by its number, and at a terminal Ctrl-C
 * reaches shell and program both, of which the second signal would not wait.
 */
export function wantsInit(circumstances: InitCircumstances): boolean {
  const { pid, platform, environment, hasSockets, isTerminal } = circumstances;
  if (pid !== 1 || platform !== "linux" || hasSockets) return false;
  if (["LISTEN_FDS", "NOTIFY_SOCKET", "WATCHDOG_USEC"].some((name) => environment[name] !== undefined))
    return false;
  return ![0, 1, 2].some(isTerminal) && circumstances.canRun(shell);
}

/** Process 1 becomes that shell, which starts this very command line again. Returns where that is not to be. */
export function makeRoomForInit(hasSockets: boolean): void {
  const { execve } = process as { execve?: (path: string, words: string[], env: NodeJS.ProcessEnv) => never };
  const { pid, platform, env: environment, execPath, execArgv, argv } = process;
  if (execve === undefined) return;
  if (!wantsInit({ pid, platform, environment, hasSockets, isTerminal: isatty, canRun })) return;
  try {
    execve(shell, [shell, "-c", script, shellName, execPath, ...execArgv, ...argv.slice(1)], environment);
  } catch {
    // Under --permission, for one, it is not allowed: as where there is none.
  }
}

/** The end of this process is that of its container: it is process 1, or the one that process 1 waits for. */
export function endsContainer(): boolean {
  if (process.pid === 1) return true;
  if (process.ppid !== 1) return false;
  try {
    return readFileSync("/proc/1/cmdline", "latin1").split("\0")[3] === shellName;
  } catch {
    return false;
  }
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
