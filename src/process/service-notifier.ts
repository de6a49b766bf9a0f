/**
 * Tells the service manager how this process is: sd_notify(3), by the program that systemd ships for it.
 *
 * Node.js cannot open the datagram socket that NOTIFY_SOCKET names. docs/decisions/0007-sd-notify.md
 * @module
 */
import { execFile } from "node:child_process";
import { performance } from "node:perf_hooks";

/** Who is told. */
export interface ServiceManager {
  /** NOTIFY_SOCKET: a path, or `@` and an abstract name. */
  readonly socket: string;
  /** How often it wants to hear that all is well, in ms; Infinity where it does not. */
  readonly watchdogMs: number;
}

/**
 * Who is to be told about this process, if anybody.
 * @param pid - WATCHDOG_PID names the process that is watched; others inherit the variable
 */
export function findServiceManager(
  environment: NodeJS.ProcessEnv,
  pid: number = process.pid,
): ServiceManager | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: interval = "", WATCHDOG_PID: watched } = environment;
  if (socket === undefined || !/^[/@]./.test(socket)) return undefined;
  const isWatched = /^[1-9]\d{0,15}$/.test(interval) && (watched === undefined || Number(watched) === pid);
  return { socket, watchdogMs: isWatched ? Number(interval) / 1_000 : Infinity };
}

/** What is said, by its names in sd_notify(3). */
export type ServiceNotice = Readonly<Record<string, string | number>>;

/** So many notices wait at most; of more, the oldest is dropped. */
const maxWaiting = 16;

/** A program that hangs must not hold up the others, in ms. */
const patienceMs = 10_000;

/** An end waits so long for what is still to be said, in ms. */
const lastWordsMs = 1_000;

/** Looks at the time so often in an interval: a machine under load wakes late. */
const looksPerInterval = 4;

export class ServiceNotifier {
  readonly #manager: ServiceManager;
  readonly #complain: (message: string) => void;
  readonly #program: string;
  readonly #waiting: string[][] = [];
  #speaking = false;
  #whenSilent: (() => void) | undefined;
  #complained = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param complain - told once, when nothing can be said
   * @param program - another in place of systemd-notify(1)
   */
  constructor(manager: ServiceManager, complain: (message: string) => void, program = "systemd-notify") {
    this.#manager = manager;
    this.#complain = complain;
    this.#program = program;
  }

  /** Says it once what was said before has been taken. */
  notify(notice: ServiceNotice): void {
    // A newline would begin another assignment.
    this.#waiting.push(
      Object.entries(notice).map(([name, value]) => `${name}=${String(value).replaceAll(/[\0\r\n]+/g, " ")}`),
    );
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
    this.#speak();
  }

  /** Says twice in each interval that all is well, as long as `healthy` says so. */
  startWatchdog(healthy: () => boolean): void {
    const { watchdogMs } = this.#manager;
    if (watchdogMs === Infinity || this.#timer !== undefined) return;
    let last = -Infinity;
    this.#timer = setInterval(
      () => {
        const now = performance.now();
        if (this.#speaking || now - last < watchdogMs / 2 - 1 || !healthy()) return;
        last = now;
        this.notify({ WATCHDOG: 1 });
      },
      Math.max(watchdogMs / looksPerInterval, 1),
    );
    this.#timer.unref();
  }

  /** Nothing more about being well: another process is watched from here on. */
  stopWatchdog(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when all has been said, or it takes too long: for a process that is about to end. */
  settled(): Promise<void> {
    if (!this.#speaking) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, lastWordsMs);
      this.#whenSilent = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #speak(): void {
    if (this.#speaking) return;
    const words = this.#waiting.shift();
    if (words === undefined) {
      this.#whenSilent?.();
      return;
    }
    this.#speaking = true;
    const environment = { ...process.env, NOTIFY_SOCKET: this.#manager.socket };
    const options = { env: environment, timeout: patienceMs, killSignal: "SIGKILL" } as const;
    try {
      execFile(this.#program, words, options, (error, _output, complaint) => {
        this.#speaking = false;
        if (error !== null) this.#failed(error, complaint);
        this.#speak();
      });
    } catch (error) {
      // No memory for another process: not worth this one.
      this.#speaking = false;
      this.#waiting.length = 0;
      this.#failed(error as Error, "");
    }
  }

  #failed(error: Error & { readonly code?: unknown }, complaint: string): void {
    if (this.#complained) return;
    this.#complained = true;
    const why =
      error.code === "ENOENT"
        ? `there is no ${this.#program} here; install it, or use Type=exec`
        : complaint.trim().split("\n", 1)[0] || error.message;
    this.#complain(`cannot tell the service manager at ${this.#manager.socket} how this service is: ${why}`);
  }
}
