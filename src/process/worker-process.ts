/**
 * One worker as the master sees it: a child process, the channel to it, and the channel to its watchdog thread.
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { MasterEvent } from "./decision-types.ts";
import { LineChannel } from "./line-channel.ts";
import { parseStackMessage, parseWorkerMessage, type MasterMessage, type StartMessage } from "./messages.ts";

/** What is started. */
export interface WorkerProgram {
  /** The path of the module that calls `runWorker`. */
  readonly path: string;
  /** Words behind it: nothing reads them, they tell workers apart in a list of processes. */
  readonly words: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

export class WorkerProcess {
  readonly #id: number;
  readonly #child: ChildProcess;
  readonly #report: (event: MasterEvent) => void;
  #channel: LineChannel | undefined;
  #watchdog: LineChannel | undefined;
  #ended = false;

  /** Starts it. `descriptors`: the listening sockets, in the order of `start.sockets`. */
  constructor(
    program: WorkerProgram,
    descriptors: readonly number[],
    start: StartMessage,
    report: (event: MasterEvent) => void,
  ) {
    this.#id = start.worker;
    this.#report = report;
    // One debugger, one port.
    const flags = process.execArgv.filter((flag) => !flag.startsWith("--inspect"));
    this.#child = spawn(process.execPath, [...flags, program.path, ...program.words], {
      env: program.environment,
      stdio: ["ignore", "inherit", "inherit", "pipe", "pipe", ...descriptors],
    });
    // Too many processes, no memory: there is no child then, and no "exit" either.
    this.#child.once("error", (error: NodeJS.ErrnoException) =>
      this.#exited(null, error.code ?? error.message),
    );
    this.#child.once("exit", (status, signal) => this.#exited(status, signal));
    const [, , , channel, watchdog] = this.#child.stdio as ReadonlyArray<Socket | null | undefined>;
    if (!channel || !watchdog) return;
    this.#channel = new LineChannel(channel, {
      line: (text) => this.#received(text),
      end: (reason) => this.#lost(reason),
    });
    this.#watchdog = new LineChannel(watchdog, {
      line: (text) => {
        const message = parseStackMessage(text);
        if ("wrong" in message)
          this.#report({ type: "bad-message", worker: this.#id, reason: message.wrong });
        else this.#report({ type: "stack", worker: this.#id, text: message.text });
      },
      end: () => {},
    });
    this.send(start);
  }

  /** 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  send(message: MasterMessage): void {
    this.#channel?.send(message);
  }

  /** The answer is a `stack` event, if the thread is able to give one. */
  askForStack(): void {
    this.#watchdog?.send({ type: "take-stack" });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #received(line: string): void {
    const message = parseWorkerMessage(line);
    const worker = this.#id;
    if ("wrong" in message) this.#report({ type: "bad-message", worker, reason: message.wrong });
    else this.#report({ ...message, worker });
  }

  /** A worker that has closed its channel can neither be drained nor watched. One that ends does so as well. */
  #lost(reason: string): void {
    setImmediate(() => {
      if (this.#ended || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
      this.#child.once("exit", () => clearTimeout(timer));
      const timer = setTimeout(() => {
        this.#report({
          type: "bad-message",
          worker: this.#id,
          reason: `nothing more, its channel ended: ${reason}`,
        });
      }, lostMs);
    });
  }

  #exited(status: number | null, signal: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    // What it has sent last is read first: that its application failed to load, for one.
    setImmediate(() => {
      this.#channel?.close();
      this.#watchdog?.close();
      this.#report({ type: "exit", worker: this.#id, status, signal });
    });
  }
}

/** How long a worker whose channel has ended may take to end itself, in ms. */
const lostMs = 1_000;
