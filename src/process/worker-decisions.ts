/**
 * What a worker's reports, its silence and its end lead to.
 * @module
 */
import type { FailureCause, MasterEvent, WorkerReport } from "./decision-types.ts";
import { nameOf, secondsOf, type Draft } from "./decision-draft.ts";
import { giveUp } from "./end-decisions.ts";
import { announceIfReady, giveUpReload, retire } from "./fleet-decisions.ts";
import {
  isServing,
  longestPauseMs,
  maxFailures,
  maxFirstFailures,
  requestLimit,
  stableMs,
  stackWaitMs,
  type MasterState,
  type ProcessSettings,
  type WorkerState,
} from "./worker-state.ts";

type WorkerEvent = Extract<MasterEvent, { readonly worker: number }>;

/** Decides on what came from a worker. */
export function handleWorkerEvent(draft: Draft, event: WorkerEvent): void {
  const worker = draft.state.workers.find(({ id }) => id === event.worker);
  // It may have ended meanwhile: what it said before is of no use any more.
  if (worker === undefined) return;
  switch (event.type) {
    case "ready":
      becameReady(draft, worker);
      break;
    case "load-failed":
      if (worker.phase !== "starting") return;
      draft.log("error", event.message);
      draft.kill(worker);
      neverReady(draft, worker, event.cause, 1);
      break;
    case "report":
      reported(draft, worker, event.report);
      break;
    case "retire":
      heard(draft, worker);
      retire(draft, worker, event.reason);
      break;
    case "stack":
      if (worker.phase !== "stuck") return;
      draft.log("error", `${nameOf(worker)} was at:`, event.text);
      draft.kill(worker);
      break;
    case "bad-message":
      if (worker.phase === "killed") return;
      draft.log("error", `${nameOf(worker)} is killed: it sent ${event.reason}`);
      draft.kill(worker);
      if (worker.phase === "starting") neverReady(draft, worker, "worker");
      else draft.countFailure();
      break;
    case "exit":
      exited(draft, worker, event.status, event.signal);
      break;
    default:
      event satisfies never;
  }
}

/** When this worker needs a decision if nothing is heard of it. */
export function dueAt(worker: WorkerState, settings: ProcessSettings): number {
  switch (worker.phase) {
    case "starting":
      return (
        worker.startedAt +
        Math.min(settings.startTimeoutMs, worker.toldSlow ? Infinity : settings.slowStartMs)
      );
    case "ready":
      return Math.min(
        worker.heardAt + settings.heartbeatTimeoutMs,
        worker.readyAt + settings.workerLifetimeMs,
      );
    case "retiring":
      return worker.heardAt + settings.heartbeatTimeoutMs;
    case "draining":
    case "stuck":
      return worker.deadline;
    case "killed":
      return Infinity;
    default:
      return worker.phase satisfies never;
  }
}

/** When this worker shows that what failed before works now; Infinity where nothing has failed, or it is older. */
export function stableAt(state: MasterState, worker: WorkerState): number {
  const proves = state.failures > 0 && worker.phase === "ready" && worker.readyAt > state.failedAt;
  return proves ? worker.readyAt + stableMs : Infinity;
}

/** Deals with every worker whose time is over. */
export function checkDeadlines(draft: Draft): void {
  for (const { id } of draft.state.workers) {
    // Anew each time: one worker's end may be that of others.
    const worker = draft.state.workers.find((each) => each.id === id);
    if (worker === undefined) continue;
    if (draft.now >= stableAt(draft.state, worker)) draft.set({ failures: 0, spawnAt: 0 });
    if (draft.now >= dueAt(worker, draft.settings)) overdue(draft, worker);
  }
}

/** It was the master that heard nothing: a machine that was suspended, a process that was stopped. */
export function forgiveSilence(draft: Draft): void {
  for (const worker of draft.state.workers) heard(draft, worker);
}

function becameReady(draft: Draft, worker: WorkerState): void {
  if (worker.phase !== "starting") return;
  draft.change(worker, { phase: "ready", readyAt: draft.now, heardAt: draft.now });
  const { reload } = draft.state;
  if (reload?.generation === worker.generation && reload.stage === "first") {
    draft.set({ reload: { ...reload, stage: "all" } });
  }
  announceIfReady(draft);
}

function reported(draft: Draft, worker: WorkerState, report: WorkerReport): void {
  heard(draft, worker);
  const { maxMemoryOctets } = draft.settings;
  if (report.requests >= requestLimit(draft.settings, worker.id)) {
    retire(draft, worker, `it has had ${report.requests} requests`);
  } else if (report.memoryOctets > maxMemoryOctets) {
    const taken = `it has ${report.memoryOctets} octets of memory`;
    retire(draft, worker, `${taken}, ${maxMemoryOctets} are allowed`);
  }
}

function heard(draft: Draft, worker: WorkerState): void {
  if (isServing(worker)) draft.change(worker, { heardAt: draft.now });
}

function exited(draft: Draft, worker: WorkerState, status: number | null, signal: string | null): void {
  draft.set({ workers: draft.state.workers.filter(({ id }) => id !== worker.id) });
  // Those ends were the master's to bring about, and have been told.
  if (worker.phase === "draining" || worker.phase === "killed") return;
  const how = signal === null ? `with status ${status}` : `by ${signal}`;
  if (worker.phase === "starting") {
    draft.log("error", `${nameOf(worker)} ended ${how} before it was ready`);
    neverReady(draft, worker, "worker");
    return;
  }
  draft.log("error", `${nameOf(worker)} ended ${how}: another takes its place`);
  // It had loaded and may have served: whoever can end workers by a request must not keep others waiting for long.
  if (draft.now - worker.readyAt < stableMs) draft.countFailure(longestPauseMs);
}

/** @param mostAtFirst - so many in a row are taken while nothing has ever worked; what was explained is not tried again */
function neverReady(
  draft: Draft,
  worker: WorkerState,
  cause: FailureCause,
  mostAtFirst: number = maxFirstFailures,
): void {
  const { reload, phase } = draft.state;
  if (phase === "stopping") return;
  if (reload !== undefined) {
    // An old one that was being started: whether it is still needed is known when the reload is over.
    if (reload.generation === worker.generation) giveUpReload(draft, reload);
    return;
  }
  draft.countFailure();
  const { failures, workers } = draft.state;
  if (workers.some((each) => each.phase !== "starting" && each.phase !== "killed")) return;
  // Nobody serves.
  if (failures >= (phase === "running" ? maxFailures : mostAtFirst)) giveUp(draft, cause);
}

function overdue(draft: Draft, worker: WorkerState): void {
  switch (worker.phase) {
    case "starting":
      loadsSlowly(draft, worker);
      break;
    case "ready":
    case "retiring":
      if (draft.now >= worker.heardAt + draft.settings.heartbeatTimeoutMs) becameStuck(draft, worker);
      else retire(draft, worker, `it is ${secondsOf(draft.now - worker.readyAt)} old`);
      break;
    case "draining":
      draft.log("warning", `${nameOf(worker)} is killed: it has not finished within the graceful timeout`);
      draft.kill(worker);
      break;
    case "stuck":
      draft.log("error", `${nameOf(worker)} did not even say what it was at`);
      draft.kill(worker);
      break;
    case "killed":
      break;
    default:
      worker.phase satisfies never;
  }
}

function loadsSlowly(draft: Draft, worker: WorkerState): void {
  const { application, startTimeoutMs } = draft.settings;
  const took = draft.now - worker.startedAt;
  if (took < startTimeoutMs) {
    draft.change(worker, { toldSlow: true });
    const limit = `it is killed after ${secondsOf(startTimeoutMs)}`;
    draft.log(
      "warning",
      `${nameOf(worker)} has been loading ${application} for ${secondsOf(took)} and goes on: ${limit}`,
    );
    return;
  }
  const remedy =
    "see what its top level awaits (a server that does not answer?) or computes, and leave that to the first request";
  draft.log(
    "error",
    `${nameOf(worker)} is killed: ${application} has not loaded after ${secondsOf(took)}: ${remedy}`,
  );
  draft.kill(worker);
  neverReady(draft, worker, "worker");
}

function becameStuck(draft: Draft, worker: WorkerState): void {
  const silence = secondsOf(draft.now - worker.heardAt);
  draft.log("error", `${nameOf(worker)} is killed: its event loop has been blocked for ${silence}`);
  draft.change(worker, { phase: "stuck", deadline: draft.now + stackWaitMs });
  draft.commands.push({ type: "take-stack", worker: worker.id });
}
