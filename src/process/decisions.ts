/**
 * What a master does about what happens: a pure function from (state, event) to the next state and commands.
 *
 * No processes, no clock, no sockets: whatever executes the commands (master.ts, or a test's model) reports what
 * came of them as further events. docs/processes.md has the signals and what follows from them.
 * @module
 */
import { Draft } from "./decision-draft.ts";
import type { Command, MasterEvent } from "./decision-types.ts";
import { beginUpgrade, endIfDone, fail, handOver, stop, upgradeFailed } from "./end-decisions.ts";
import { beginReload, resize, settleFleet, startable } from "./fleet-decisions.ts";
import { checkDeadlines, dueAt, forgiveSilence, handleWorkerEvent, stableAt } from "./worker-decisions.ts";
import type { MasterState, ProcessSettings } from "./worker-state.ts";

export interface Decision {
  readonly state: MasterState;
  readonly commands: readonly Command[];
}

/** Decides on one event. `now`, in ms, never goes back. */
export function decide(
  state: MasterState,
  event: MasterEvent,
  now: number,
  settings: ProcessSettings,
): Decision {
  if (state.phase === "ended") return { state, commands: [] };
  const draft = new Draft(state, now, settings);
  handle(draft, event);
  checkDeadlines(draft);
  settleFleet(draft);
  endIfDone(draft);
  return { state: draft.state, commands: draft.commands };
}

/** When `tick` is due at the latest, or Infinity. */
export function wakeAt(state: MasterState, settings: ProcessSettings): number {
  let at = Infinity;
  if (state.phase !== "stopping" && startable(state) > 0) at = state.spawnAt;
  for (const worker of state.workers) {
    at = Math.min(at, dueAt(worker, settings), stableAt(state, worker));
  }
  return at;
}

function handle(draft: Draft, event: MasterEvent): void {
  switch (event.type) {
    case "start":
    case "tick":
      break;
    case "overslept":
      forgiveSilence(draft);
      break;
    case "stop":
      stop(draft);
      break;
    case "fail":
      fail(draft, event.status);
      break;
    case "reload":
      beginReload(draft, { workers: event.workers, reason: event.reason });
      break;
    case "add":
      resize(draft, 1);
      break;
    case "remove":
      resize(draft, -1);
      break;
    case "reopen": {
      const alive = draft.state.workers.filter(({ phase }) => phase !== "killed");
      draft.commands.push({ type: "reopen", workers: alive.map(({ id }) => id) });
      break;
    }
    case "upgrade":
      beginUpgrade(draft);
      break;
    case "upgrade-ready":
      handOver(draft);
      break;
    case "upgrade-failed":
      upgradeFailed(draft, event.reason);
      break;
    default:
      handleWorkerEvent(draft, event);
  }
}
