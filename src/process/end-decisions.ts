/**
 * How a master ends: when it is told to, when it gives up, when a new master has taken over.
 * @module
 */
import type { Draft } from "./decision-draft.ts";
import type { FailureCause } from "./decision-types.ts";
import { isServing } from "./worker-state.ts";

/** The exit statuses a master ends with by itself; docs/command-line.md has them all. */
const statusOf = { worker: 3, application: 4 } as const;

/** TERM, INT, QUIT: the first lets requests finish, the second does not. */
export function stop(draft: Draft): void {
  if (draft.state.phase === "stopping") {
    for (const worker of draft.state.workers) if (worker.phase !== "killed") draft.kill(worker);
    return;
  }
  draft.set({ phase: "stopping", reload: undefined });
  if (!draft.state.handedOver) draft.commands.push({ type: "release-sockets" });
  for (const worker of draft.state.workers) {
    if (worker.phase === "starting") draft.kill(worker);
    else if (isServing(worker)) draft.drain(worker, draft.state.handedOver);
  }
}

/** Nothing has worked for long enough (security O3). */
export function giveUp(draft: Draft, cause: FailureCause): void {
  const { failures, workers } = draft.state;
  if (failures > 1) draft.log("error", `${failures} workers failed one after another: giving up`);
  draft.set({ phase: "stopping", status: statusOf[cause] });
  draft.commands.push({ type: "release-sockets" });
  for (const worker of workers) if (worker.phase !== "killed") draft.kill(worker);
}

/** Something has failed without which there is no service. */
export function fail(draft: Draft, status = 1): void {
  if (draft.state.phase !== "stopping") draft.set({ status });
  stop(draft);
}

/** USR2. */
export function beginUpgrade(draft: Draft): void {
  const { phase, upgrading, reload } = draft.state;
  if (phase !== "running" || upgrading || reload !== undefined) {
    const why = "this one is starting, reloading, stopping, or has just started one";
    draft.log("warning", `no new master is started: ${why}`);
    return;
  }
  draft.set({ upgrading: true });
  draft.commands.push({ type: "start-upgrade" });
}

/** The new master never came to be ready. */
export function upgradeFailed(draft: Draft, reason: string): void {
  if (!draft.state.upgrading) return;
  draft.set({ upgrading: false });
  draft.log("error", `the new master failed, this one goes on: ${reason}`);
}

/** The new master's workers accept. */
export function handOver(draft: Draft): void {
  if (!draft.state.upgrading || draft.state.phase === "stopping") return;
  draft.log("info", "the new master is ready: this one finishes what it has begun");
  draft.set({ upgrading: false, handedOver: true });
  draft.commands.push({ type: "hand-over" });
  stop(draft);
}

/** Ends the master once its last worker has. */
export function endIfDone(draft: Draft): void {
  const { phase, workers, status, handedOver } = draft.state;
  if (phase !== "stopping" || workers.length > 0) return;
  draft.set({ phase: "ended" });
  draft.commands.push({ type: "exit", status, handedOver });
}
