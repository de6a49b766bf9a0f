/**
 * A decision in the making: the state as far as it has been changed, and the commands so far.
 *
 * The parts of the decision (worker-decisions.ts, fleet-decisions.ts, end-decisions.ts) are functions on one of these.
 * @module
 */
import type { Command } from "./decision-types.ts";
import { backOffMs, type MasterState, type ProcessSettings, type WorkerState } from "./worker-state.ts";

export class Draft {
  state: MasterState;
  readonly commands: Command[] = [];
  readonly now: number;
  readonly settings: ProcessSettings;

  constructor(state: MasterState, now: number, settings: ProcessSettings) {
    this.state = state;
    this.now = now;
    this.settings = settings;
  }

  set(change: Partial<MasterState>): void {
    this.state = { ...this.state, ...change };
  }

  change(worker: WorkerState, change: Partial<WorkerState>): void {
    this.set({
      workers: this.state.workers.map((each) => (each.id === worker.id ? { ...each, ...change } : each)),
    });
  }

  /** Lets a worker finish what it has begun, for as long as the graceful timeout. */
  drain(worker: WorkerState, handOver: boolean): void {
    const graceMs = this.settings.gracefulTimeoutMs;
    this.change(worker, { phase: "draining", deadline: this.now + graceMs });
    this.commands.push({ type: "drain", worker: worker.id, handOver, graceMs });
  }

  kill(worker: WorkerState): void {
    this.change(worker, { phase: "killed" });
    this.commands.push({ type: "kill", worker: worker.id });
  }

  /** One more worker in a row that did not live: the next start waits. */
  countFailure(longestMs: number = Infinity): void {
    const failures = this.state.failures + 1;
    this.set({ failures, failedAt: this.now, spawnAt: this.now + Math.min(backOffMs(failures), longestMs) });
  }

  log(level: "error" | "warning" | "info", message: string, detail?: string): void {
    this.commands.push({ type: "log", level, message, ...(detail === undefined ? {} : { detail }) });
  }
}

/** What a worker is called in the log. */
export function nameOf(worker: WorkerState): string {
  return `worker ${worker.id}`;
}

/** A time for the log. */
export function secondsOf(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
