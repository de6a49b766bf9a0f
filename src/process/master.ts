/**
 * The master: holds the listening sockets, starts workers, watches them, and never runs application code.
 *
 * What it does about anything is decided in decisions.ts; here are the processes, the clock and the signals.
 * @module
 */
import { performance } from "node:perf_hooks";
import type { Command, MasterEvent } from "./decision-types.ts";
import { endsContainer } from "./container-init.ts";
import { describeDecision } from "./decision-lines.ts";
import { decide, wakeAt } from "./decisions.ts";
import { workerDescriptor, type StartMessage } from "./messages.ts";
import { MasterPlans, type MasterPlan } from "./master-plans.ts";
import type { MasterSocket, Predecessor } from "./master-types.ts";
import { isHealthy, readyNotice, serviceNotices } from "./service-notices.ts";
import type { ServiceNotifier } from "./service-notifier.ts";
import { MasterStatus, type MasterStatusOptions } from "./master-status.ts";
import { onSignals } from "./signals.ts";
import { startUpgrade, type NewMaster } from "./upgrade.ts";
import { WorkerProcess, type WorkerProgram } from "./worker-process.ts";
import { initialState, requestLimit, type MasterState } from "./worker-state.ts";

/** A line for the log; `detail` is for the lines below it. */
export type MasterLog = (
  level: "error" | "warning" | "info" | "debug",
  message: string,
  detail?: string,
) => void;

export interface MasterOptions extends MasterPlan {
  readonly sockets: readonly MasterSocket[];
  readonly worker: WorkerProgram;
  /**
   * Reads the settings anew, for a reload. What it rejects with is logged, and everything stays as it was. Default: they
   * never change.
   */
  replan?(): Promise<MasterPlan>;
  /**
   * Called before the first worker starts: calls `reload` whenever there is another cause for one, with what it is.
   * @returns what stops it
   */
  watch?(reload: (reason: string) => void): () => void;
  /** From how many ms on a request is slow; Infinity: never. */
  readonly slowRequestMs: number;
  readonly log: MasterLog;
  /** Each decision is logged at the level debug; otherwise no line is made of it. */
  readonly logsDecisions: boolean;
  /** A line that a worker has printed. */
  output(worker: number, pid: number, line: string): void;
  /** The first workers are ready; for a new master: the sockets are its own now. What it throws ends the master. */
  announce(): void;
  /** What to end with after an error. */
  exitStatusOf(error: unknown): number;
  /** The service manager that wants to know. */
  readonly service?: ServiceNotifier;
  /** Serves status pages. */
  readonly status?: MasterStatusOptions;
  /** USR1: log files have been moved away. */
  reopenLogs?(): void;
  /** This process was started by an older master, which is told when the workers are ready. */
  readonly predecessor?: Predecessor;
}

/** A timer that fires later than this says that the machine or this process stood still, in ms. */
const oversleptMs = 2_000;

/** Runs until everything has ended. @returns the exit status */
export function runMaster(options: MasterOptions): Promise<number> {
  return new Promise((resolve) => new Master(options, resolve).start());
}

class Master {
  readonly #options: MasterOptions;
  readonly #end: (status: number) => void;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #status: MasterStatus | undefined;
  #state: MasterState;
  #events: MasterEvent[] = [];
  #handling = false;
  #timer: NodeJS.Timeout | undefined;
  #removeSignals: () => void = () => {};
  #newMaster: NewMaster | undefined;
  readonly #plans: MasterPlans;
  #replanning = false;
  /** The last reload that was asked for, as long as its settings have not begun to be read. */
  #askedReload: { readonly reason: string | undefined } | undefined;
  #stopWatching: () => void = () => {};
  /** False in a new master until the old one has handed the sockets over. */
  #ownsPaths: boolean;
  #announced = false;

  constructor(options: MasterOptions, end: (status: number) => void) {
    this.#options = options;
    this.#end = end;
    this.#ownsPaths = options.predecessor === undefined;
    this.#state = initialState(options.settings);
    this.#plans = new MasterPlans(options);
    this.#status =
      options.status &&
      new MasterStatus(options.status, options.sockets, {
        state: () => this.#state,
        pid: (worker) => this.#workers.get(worker)?.pid ?? 0,
        reportMs: (worker) => this.#workers.get(worker)?.reportMs ?? Infinity,
      });
  }

  start(): void {
    this.#removeSignals = onSignals((event) => {
      if (event.type === "reload") void this.#reload();
      else this.#handle(event);
    });
    void this.#options.predecessor?.gone.then(() => {
      this.#options.log("error", "the old master has gone before it had handed over: stopping");
      this.#handle({ type: "fail" });
    });
    // Before the first worker loads anything: what changes from here on is news.
    this.#stopWatching = this.#options.watch?.((reason) => void this.#reload(reason)) ?? this.#stopWatching;
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
      const { settings } = this.#plans.of(this.#state.generation);
      const { state, commands } = decide(this.#state, next, performance.now(), settings);
      this.#keepPlansFor(state);
      this.#tellService(this.#state, state);
      this.#state = state;
      if (this.#options.logsDecisions) {
        const line = describeDecision(next, commands);
        if (line !== undefined) this.#options.log("debug", line);
      }
      for (const command of commands) this.#execute(command);
    }
    this.#handling = false;
    this.#setTimer();
  }

  #keepPlansFor({ generation, reload }: MasterState): void {
    if (reload !== undefined && reload.generation !== this.#state.reload?.generation)
      this.#plans.begin(reload.generation);
    if (generation > this.#state.generation) this.#plans.forgetBefore(generation);
  }

  #tellService(before: MasterState, after: MasterState): void {
    const { service } = this.#options;
    if (service === undefined || before === after) return;
    // CLOCK_MONOTONIC, as systemd's own.
    const now = process.hrtime.bigint() / 1_000n;
    for (const notice of serviceNotices(before, after, this.#announced, process.pid, now))
      service.notify(notice);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const at = wakeAt(this.#state, this.#plans.of(this.#state.generation).settings);
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
        this.#spawn(command.worker, command.generation);
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
      case "release-sockets":
        for (const { held } of this.#options.sockets) held.release(!this.#ownsPaths);
        break;
      case "start-upgrade":
        this.#upgrade();
        break;
      case "hand-over":
        this.#status?.close(true);
        this.#handOver();
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

  /** One at a time, and one after it whatever has been asked for meanwhile: the newest settings count. */
  async #reload(reason?: string): Promise<void> {
    const { replan, log } = this.#options;
    this.#askedReload = { reason };
    if (this.#replanning) return;
    this.#replanning = true;
    while (this.#askedReload !== undefined) {
      const asked = this.#askedReload;
      this.#askedReload = undefined;
      try {
        const plan = await replan?.();
        if (plan !== undefined) this.#plans.newest = plan;
        this.#handle({ type: "reload", workers: plan?.settings.workers, reason: asked.reason });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        log("error", `no reload, everything stays as it was: ${why}`);
      }
    }
    this.#replanning = false;
  }

  #spawn(id: number, generation: number): void {
    const { sockets, worker, slowRequestMs, log } = this.#options;
    const { settings, program } = this.#plans.of(generation);
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
      reportMs: this.#plans.reportMs(),
      figures: this.#status !== undefined,
      maxRequests: settings.maxRequests === Infinity ? null : requestLimit(settings, id),
      slowRequestMs: slowRequestMs === Infinity ? null : slowRequestMs,
      program,
    };
    const descriptors = sockets.map(({ held }) => held.fd);
    const process = new WorkerProcess(worker, descriptors, start, {
      event: (event) => {
        if (event.type === "exit") this.#workers.delete(id);
        this.#handle(event);
      },
      blocked: (figures) => this.#status?.blocked(id, figures),
      output: (pid, line) => this.#options.output(id, pid, line),
    });
    this.#workers.set(id, process);
    log("debug", `worker ${id} is process ${process.pid}`);
  }

  async #announce(): Promise<void> {
    const { predecessor, sockets, announce, service } = this.#options;
    if (predecessor !== undefined && !(await predecessor.ready())) return;
    this.#ownsPaths = true;
    try {
      for (const { held } of sockets) await held.publish();
      if (predecessor !== undefined) await this.#openStatus();
      announce();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#announced = true;
    service?.notify(readyNotice(this.#state, process.pid));
    service?.startWatchdog(() => isHealthy(this.#state));
  }

  #handOver(): void {
    const { service } = this.#options;
    service?.stopWatchdog();
    // From us, since it takes the word of the main process only, unless told otherwise.
    if (this.#newMaster !== undefined) service?.notify({ MAINPID: this.#newMaster.pid });
    this.#newMaster?.handOver();
  }

  async #openStatus(): Promise<void> {
    try {
      await this.#status?.open();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const { log, exitStatusOf } = this.#options;
    log("error", error instanceof Error ? error.message : String(error));
    this.#handle({ type: "fail", status: exitStatusOf(error) });
  }

  #upgrade(): void {
    if (endsContainer()) {
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
    this.#stopWatching();
    if (!handedOver) this.#newMaster?.close();
    this.#status?.close(handedOver);
    this.#end(status);
  }
}
