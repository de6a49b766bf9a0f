/**
 * The master: holds the listening sockets, starts workers, watches them, and never runs application code.
 *
 * What it does about anything is decided in decisions.ts; here are the processes, the clock and the signals.
 * @module
 */
import { performance } from "node:perf_hooks";
import type { Command, MasterEvent } from "./decision-types.ts";
import { decide, wakeAt } from "./decisions.ts";
import { workerDescriptor, type StartMessage } from "./messages.ts";
import type { MasterSocket, Predecessor } from "./master-types.ts";
import { MasterStatus, type MasterStatusOptions } from "./master-status.ts";
import { onSignals } from "./signals.ts";
import { startUpgrade, type NewMaster } from "./upgrade.ts";
import { WorkerProcess, type WorkerProgram } from "./worker-process.ts";
import { initialState, requestLimit, type MasterState, type ProcessSettings } from "./worker-state.ts";

/** A line for the log; `detail` is for the lines below it. */
export type MasterLog = (level: "error" | "warning" | "info", message: string, detail?: string) => void;

export interface MasterOptions {
  readonly settings: ProcessSettings;
  readonly sockets: readonly MasterSocket[];
  readonly worker: WorkerProgram;
  /** Passed on to the workers; must survive JSON. */
  readonly program: unknown;
  readonly log: MasterLog;
  /** The first workers are ready; for a new master: the sockets are its own now. */
  announce(): void;
  /** Serves status pages. */
  readonly status?: MasterStatusOptions;
  /** USR1: log files have been moved away. */
  reopenLogs?(): void;
  /** This process was started by an older master, which is told when the workers are ready. */
  readonly predecessor?: Predecessor;
}

/** A timer that fires later than this says that the machine or this process stood still, in ms. */
const oversleptMs = 2_000;

/** Workers report at least so often, in ms. */
const longestReportMs = 1_000;

/** Runs until everything has ended. @returns the exit status */
export function runMaster(options: MasterOptions): Promise<number> {
  return new Promise((resolve) => new Master(options, resolve).start());
}

class Master {
  readonly #options: MasterOptions;
  readonly #end: (status: number) => void;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #reportMs: number;
  readonly #status: MasterStatus | undefined;
  #state: MasterState;
  #events: MasterEvent[] = [];
  #handling = false;
  #timer: NodeJS.Timeout | undefined;
  #removeSignals: () => void = () => {};
  #newMaster: NewMaster | undefined;

  constructor(options: MasterOptions, end: (status: number) => void) {
    this.#options = options;
    this.#end = end;
    this.#state = initialState(options.settings);
    this.#reportMs = Math.max(Math.min(options.settings.heartbeatTimeoutMs / 4, longestReportMs), 20);
    this.#status =
      options.status &&
      new MasterStatus(options.status, options.sockets, {
        state: () => this.#state,
        pid: (worker) => this.#workers.get(worker)?.pid ?? 0,
        reportMs: this.#reportMs,
      });
  }

  start(): void {
    this.#removeSignals = onSignals((event) => this.#handle(event));
    void this.#options.predecessor?.gone.then(() => {
      this.#options.log("error", "the old master has gone before it had handed over: stopping");
      this.#handle({ type: "fail" });
    });
    // A new master's pages are the old one's until it takes over.
    if (this.#options.predecessor === undefined) void this.#openStatus();
    this.#handle({ type: "start" });
  }

  /** Commands may have events as their result: those wait their turn. */
  #handle(event: MasterEvent): void {
    this.#events.push(event);
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      this.#status?.observe(next, this.#state);
      const { state, commands } = decide(this.#state, next, performance.now(), this.#options.settings);
      this.#state = state;
      for (const command of commands) this.#execute(command);
    }
    this.#handling = false;
    this.#setTimer();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const at = wakeAt(this.#state, this.#options.settings);
    if (this.#state.phase === "ended" || at === Infinity) return;
    const wait = Math.min(Math.max(at - performance.now(), 0) + 1, 2 ** 30);
    const due = performance.now() + wait;
    this.#timer = setTimeout(() => {
      const overslept = performance.now() - due > oversleptMs;
      // What workers have sent meanwhile is read before it is decided that they were silent.
      setImmediate(() => this.#handle({ type: overslept ? "overslept" : "tick" }));
    }, wait);
  }

  #execute(command: Command): void {
    switch (command.type) {
      case "spawn":
        this.#spawn(command.worker);
        break;
      case "drain": {
        // A little earlier than it would be killed.
        const graceMs = Math.max(command.graceMs * 0.9, command.graceMs - 1_000);
        this.#workers.get(command.worker)?.send({ type: "drain", handOver: command.handOver, graceMs });
        break;
      }
      case "kill":
        this.#workers.get(command.worker)?.kill();
        break;
      case "take-stack":
        this.#workers.get(command.worker)?.askForStack();
        break;
      case "announce":
        void this.#announce();
        break;
      case "reopen":
        this.#options.reopenLogs?.();
        for (const worker of command.workers) this.#workers.get(worker)?.send({ type: "reopen" });
        break;
      case "start-upgrade":
        this.#upgrade();
        break;
      case "hand-over":
        this.#status?.close(true);
        this.#newMaster?.handOver();
        break;
      case "log":
        this.#options.log(command.level, command.message, command.detail);
        break;
      case "exit":
        this.#exit(command.status, command.handedOver);
        break;
      default:
        command satisfies never;
    }
  }

  #spawn(id: number): void {
    const { settings, sockets, worker, program } = this.#options;
    this.#status?.countStart();
    const start: StartMessage = {
      type: "start",
      worker: id,
      sockets: sockets.map(({ protocol, held }, index) => ({
        protocol,
        fd: workerDescriptor.firstSocket + index,
        address: held.address,
      })),
      multiprocess: this.#state.wanted > 1,
      reportMs: this.#reportMs,
      figures: this.#status !== undefined,
      maxRequests: settings.maxRequests === Infinity ? null : requestLimit(settings, id),
      program,
    };
    const descriptors = sockets.map(({ held }) => held.fd);
    const process = new WorkerProcess(worker, descriptors, start, (event) => {
      if (event.type === "exit") this.#workers.delete(id);
      this.#handle(event);
    });
    this.#workers.set(id, process);
  }

  async #announce(): Promise<void> {
    const { predecessor, sockets, log, announce } = this.#options;
    if (predecessor !== undefined && !(await predecessor.ready())) return;
    try {
      for (const { held } of sockets) await held.publish();
    } catch (error) {
      log("error", error instanceof Error ? error.message : String(error));
      this.#handle({ type: "fail" });
      return;
    }
    if (predecessor !== undefined) await this.#openStatus();
    announce();
  }

  async #openStatus(): Promise<void> {
    try {
      await this.#status?.open();
    } catch (error) {
      this.#options.log("error", error instanceof Error ? error.message : String(error));
      this.#handle({ type: "fail" });
    }
  }

  #upgrade(): void {
    if (process.pid === 1) {
      // A container ends with its process 1.
      this.#handle({
        type: "upgrade-failed",
        reason: "process 1 of a container cannot be replaced; HUP reloads",
      });
      return;
    }
    const { sockets, status } = this.#options;
    const pages = status === undefined ? [] : [{ ...status, protocol: "status" as const }];
    this.#newMaster = startUpgrade([...sockets, ...pages], {
      ready: () => this.#handle({ type: "upgrade-ready" }),
      failed: (reason) => this.#handle({ type: "upgrade-failed", reason }),
    });
  }

  #exit(status: number, handedOver: boolean): void {
    clearTimeout(this.#timer);
    this.#removeSignals();
    if (!handedOver) this.#newMaster?.close();
    this.#status?.close(handedOver);
    if (!handedOver) for (const { held } of this.#options.sockets) held.remove();
    this.#end(status);
  }
}
