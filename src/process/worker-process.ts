/**
 * One worker as the master sees it: a child process, the channel to it, and the channel to its watchdog thread.
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { CapturedLines } from "./captured-lines.ts";
import type { MasterEvent } from "./decision-types.ts";
import type { BlockedFigures } from "../status/index.ts";
import { LineChannel } from "./line-channel.ts";
import {
  parseWatchdogMessage,
  parseWorkerMessage,
  type MasterMessage,
  type StartMessage,
} from "./messages.ts";

/** What is started. */
export interface WorkerProgram {
  /** The path of the module that calls `runWorker`. */
  readonly path: string;
  /** Words behind it: nothing reads them, they tell workers apart in a list of processes. */
  readonly words: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Who is told of a worker. */
export interface WorkerListener {
  event(event: MasterEvent): void;
  /** Its event loop is blocked, and this has been found in it. */
  blocked(figures: BlockedFigures): void;
  /** It has printed a line, or a part of one that is too long. */
  output(pid: number, line: string): void;
}

export class WorkerProcess {
  /** How often it reports, in ms. */
  readonly reportMs: number;
  readonly #id: number;
  readonly #child: ChildProcess;
  readonly #report: (event: MasterEvent) => void;
  #channel: LineChannel | undefined;
  #watchdog: LineChannel | undefined;
  /** Each resolves when the end of what it prints has been read. */
  #printed: ReadonlyArray<Promise<void>> = [];
  #ended = false;

  /** Starts it. `descriptors`: the listening sockets, in the order of `start.sockets`. */
  constructor(
    program: WorkerProgram,
    descriptors: readonly number[],
    start: StartMessage,
    listener: WorkerListener,
  ) {
    this.#id = start.worker;
    this.reportMs = start.reportMs;
    this.#report = (event) => listener.event(event);
    // One debugger, one port.
    const flags = process.execArgv.filter((flag) => !flag.startsWith("--inspect"));
    this.#child = spawn(process.execPath, [...flags, program.path, ...program.words], {
      env: program.environment,
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", 1, 2, ...descriptors],
    });
    // Too many processes, no memory: there is no child then, and no "exit" either.
    this.#child.once("error", (error: NodeJS.ErrnoException) =>
      this.#exited(null, error.code ?? error.message),
    );
    this.#child.once("exit", (status, signal) => this.#exited(status, signal));
    const [, stdout, stderr, channel, watchdog] = this.#child.stdio as ReadonlyArray<
      Socket | null | undefined
    >;
    if (!stdout || !stderr || !channel || !watchdog) return;
    this.#printed = [stdout, stderr].map((stream) =>
      capture(stream, (line) => listener.output(this.pid, line)),
    );
    this.#channel = new LineChannel(channel, {
      line: (text) => this.#received(text),
      end: (reason) => this.#lost(reason),
    });
    this.#watchdog = new LineChannel(watchdog, {
      line: (text) => {
        const message = parseWatchdogMessage(text);
        if ("wrong" in message)
          this.#report({ type: "bad-message", worker: this.#id, reason: message.wrong });
        else if (message.type === "blocked") listener.blocked(message.figures);
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
    // What it has sent and printed last is read first: that its application failed to load, for one. A process that
    // it has started, and that lives on, may hold its standard output open.
    let timer: NodeJS.Timeout | undefined;
    const longest = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lastOutputMs);
    });
    void Promise.race([Promise.all(this.#printed), longest]).then(() => {
      clearTimeout(timer);
      setImmediate(() => {
        this.#channel?.close();
        this.#watchdog?.close();
        this.#report({ type: "exit", worker: this.#id, status, signal });
      });
    });
  }
}

/** How long a worker whose channel has ended may take to end itself, in ms. */
const lostMs = 1_000;

/** How long what a worker has printed last is waited for, in ms. */
const lastOutputMs = 100;

function capture(stream: Socket, line: (text: string) => void): Promise<void> {
  const lines = new CapturedLines(line);
  stream.on("data", (octets: Buffer) => lines.push(octets));
  stream.on("error", () => {});
  return new Promise((resolve) => {
    stream.once("close", () => {
      lines.end();
      resolve();
    });
  });
}
