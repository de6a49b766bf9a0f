/**
 * How many workers there are to be, and of which generation: starts, replacements, reloads, TTIN and TTOU.
 * @module
 */
import { nameOf, type Draft } from "./decision-draft.ts";
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
export function beginReload(draft: Draft): void {
  const { phase, reload, generation, upgrading, workers } = draft.state;
  if (phase === "stopping") return;
  if (upgrading) {
    draft.log("warning", "no reload: a new master is starting, with the application as it is now");
    return;
  }
  if (reload !== undefined) {
    draft.set({ reload: { ...reload, again: true } });
    return;
  }
  const newest = Math.max(generation, ...workers.map((worker) => worker.generation));
  // What failed was the old code; the operator may just have mended it.
  const fresh = { generation: newest + 1, stage: "first", again: false } as const;
  draft.set({ reload: fresh, failures: 0, spawnAt: 0 });
  draft.log("info", "reloading: new workers load the application while the old ones serve");
}

/** The old code goes on; what is left of the new ends. */
export function giveUpReload(draft: Draft, reload: ReloadState): void {
  draft.set({ reload: undefined });
  for (const worker of draft.state.workers) {
    if (worker.generation !== reload.generation) continue;
    if (worker.phase === "starting") draft.kill(worker);
    else if (isServing(worker)) draft.drain(worker, true);
  }
  draft.log("error", "the reload failed: the workers that were there go on");
  if (reload.again) beginReload(draft);
}

/** TTIN, TTOU. */
export function resize(draft: Draft, change: 1 | -1): void {
  if (draft.state.phase === "stopping") return;
  const wanted = Math.min(Math.max(draft.state.wanted + change, 1), maxWorkers);
  if (wanted === draft.state.wanted) {
    draft.log("warning", `${wanted} worker(s) is the ${change < 0 ? "least" : "most"} there can be`);
    return;
  }
  draft.set({ wanted });
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
  draft.log(
    "info",
    `reloaded: ${ready.length} new worker(s) serve, the old ones finish what they have begun`,
  );
  if (reload.again) beginReload(draft);
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
    readyAt: -1,
    heardAt: draft.now,
    deadline: Infinity,
  };
  draft.set({ nextId: id + 1, workers: [...draft.state.workers, worker] });
  draft.commands.push({ type: "spawn", worker: id, generation });
}
