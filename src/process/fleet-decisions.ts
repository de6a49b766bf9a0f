/**
 * How many workers there are to be, and of which generation: starts, replacements, reloads, TTIN and TTOU.
 * @module
 */
import { nameOf, type Draft } from "./decision-draft.ts";
import type { ReloadRequest } from "./decision-types.ts";
import {
  isServing,
  maxWorkers,
  serving,
  type MasterState,
  type ReloadState,
  type WorkerState,
} from "./worker-state.ts";

/** How many workers may be started next: after a failure one at a time, the others would most likely fail as well. */
export function startable(state: MasterState): number {
  const count = missing(state);
  if (state.failures === 0 || count <= 0) return count;
  return state.workers.some(({ phase }) => phase === "starting") ? 0 : 1;
}

/** How many more workers have to be started. A reload's own workers stand in for those they will replace. */
function missing(state: MasterState): number {
  const { reload } = state;
  const generation = reload?.generation ?? state.generation;
  const wanted = reload?.stage === "first" ? 1 : state.wanted;
  const present = state.workers.filter(
    ({ phase, generation: its }) => its === generation && (phase === "starting" || phase === "ready"),
  );
  return wanted - present.length;
}

/** Brings the fleet to what it is to be, as far as that is possible at this moment. */
export function settleFleet(draft: Draft): void {
  if (draft.state.phase === "stopping") return;
  finishReload(draft);
  // Fewer may be wanted now than there already are.
  announceIfReady(draft);
  drainSurplus(draft);
  spawnMissing(draft);
}

/** A worker goes on until its successor is ready. */
export function retire(draft: Draft, worker: WorkerState, reason: string): void {
  if (worker.phase !== "ready" || draft.state.phase === "stopping") return;
  draft.change(worker, { phase: "retiring" });
  draft.log("info", `${nameOf(worker)} is replaced: ${reason}`);
}

/** HUP. */
export function beginReload(draft: Draft, request: ReloadRequest): void {
  const { phase, reload, generation, upgrading, workers } = draft.state;
  if (phase === "stopping") return;
  if (upgrading) {
    draft.log("warning", "no reload: a new master is starting, with the application as it is now");
    return;
  }
  if (reload !== undefined) {
    draft.set({ reload: { ...reload, again: request } });
    return;
  }
  const newest = Math.max(generation, ...workers.map((worker) => worker.generation));
  // What failed was the old code; the operator may just have mended it.
  const { wanted, configured } = draft.state;
  const { reason, workers: asked = configured } = request;
  draft.set({
    reload: {
      generation: newest + 1,
      stage: "first",
      reason,
      before: { wanted, configured },
      again: undefined,
    },
    wanted: asked === configured ? wanted : asked,
    configured: asked,
    failures: 0,
    spawnAt: 0,
  });
  if (reason === undefined)
    draft.log("info", "reloading: new workers load the application while the old ones serve");
}

/** The old code goes on; what is left of the new ends. */
export function giveUpReload(draft: Draft, reload: ReloadState): void {
  draft.set({ reload: undefined, ...reload.before });
  for (const worker of draft.state.workers) {
    if (worker.generation !== reload.generation) continue;
    if (worker.phase === "starting") draft.kill(worker);
    else if (isServing(worker)) draft.drain(worker, true);
  }
  const why = reload.reason === undefined ? "" : ` (${reload.reason})`;
  draft.log("error", `the reload failed${why}: the workers that were there go on`);
  if (reload.again !== undefined) beginReload(draft, reload.again);
}

/** TTIN, TTOU. */
export function resize(draft: Draft, change: 1 | -1): void {
  if (draft.state.phase === "stopping") return;
  const changed = (count: number): number => Math.min(Math.max(count + change, 1), maxWorkers);
  const wanted = changed(draft.state.wanted);
  if (wanted === draft.state.wanted) {
    draft.log("warning", `${wanted} worker(s) is the ${change < 0 ? "least" : "most"} there can be`);
    return;
  }
  const { reload } = draft.state;
  draft.set({ wanted });
  if (reload !== undefined) {
    const before = { ...reload.before, wanted: changed(reload.before.wanted) };
    draft.set({ reload: { ...reload, before } });
  }
  draft.log("info", `${wanted} worker(s) from now on`);
}

/** The first workers are all ready. */
export function announceIfReady(draft: Draft): void {
  if (draft.state.phase !== "starting" || serving(draft.state).length < draft.state.wanted) return;
  draft.set({ phase: "running" });
  draft.commands.push({ type: "announce" });
}

/** Once the new workers are ready the old ones drain. */
function finishReload(draft: Draft): void {
  const { reload, wanted, workers } = draft.state;
  if (reload === undefined || reload.stage === "first") return;
  const ready = workers.filter((each) => each.generation === reload.generation && each.phase === "ready");
  if (ready.length < wanted) return;
  draft.set({ generation: reload.generation, reload: undefined, failures: 0, spawnAt: 0 });
  for (const worker of workers) {
    if (worker.generation === reload.generation) continue;
    if (worker.phase === "starting") draft.kill(worker);
    else if (isServing(worker)) draft.drain(worker, true);
  }
  const outcome =
    reload.reason ?? `${ready.length} new worker(s) serve, the old ones finish what they have begun`;
  draft.log("info", `reloaded: ${outcome}`);
  if (reload.again !== undefined) beginReload(draft, reload.again);
}

/** What is more than wanted drains: first those whose successors are ready, then the oldest. */
function drainSurplus(draft: Draft): void {
  const { wanted, reload } = draft.state;
  if (reload !== undefined) return;
  const serve = serving(draft.state);
  const leaving = [
    ...serve.filter((worker) => worker.phase === "retiring"),
    ...serve.filter((worker) => worker.phase === "ready"),
  ].slice(0, Math.max(serve.length - wanted, 0));
  for (const worker of leaving) draft.drain(worker, true);
  const starting = draft.state.workers.filter((worker) => worker.phase === "starting");
  for (const worker of starting.slice(0, Math.max(-missing(draft.state), 0))) draft.kill(worker);
}

function spawnMissing(draft: Draft): void {
  const { reload, generation, spawnAt } = draft.state;
  if (draft.now < spawnAt) return;
  for (let count = startable(draft.state); count > 0; count--) spawn(draft, reload?.generation ?? generation);
}

function spawn(draft: Draft, generation: number): void {
  const id = draft.state.nextId;
  const worker: WorkerState = {
    id,
    generation,
    phase: "starting",
    startedAt: draft.now,
    toldSlow: false,
    readyAt: -1,
    heardAt: draft.now,
    deadline: Infinity,
  };
  draft.set({ nextId: id + 1, workers: [...draft.state.workers, worker] });
  draft.commands.push({ type: "spawn", worker: id, generation });
}
