/**
 * What the service manager is to be told when a master's state has changed: a pure function of both states.
 * @module
 */
import type { ServiceNotice } from "./service-notifier.ts";
import { serving, type MasterState } from "./worker-state.ts";

/**
 * The notices for one step, in their order.
 * @param announced - READY has been said
 * @param monotonicMicroseconds - CLOCK_MONOTONIC, by which systemd tells a reload it asked for from one before
 */
export function serviceNotices(
  before: MasterState,
  after: MasterState,
  announced: boolean,
  pid: number,
  monotonicMicroseconds: bigint,
): ServiceNotice[] {
  // The service goes on, with a new master.
  if (after.handedOver) return [];
  if (after.phase === "stopping" || after.phase === "ended") {
    if (before.phase === "stopping" || before.phase === "ended") return [];
    return [{ STOPPING: 1, STATUS: "finishing the requests that have begun" }];
  }
  // Until then nothing else matters, however often somebody asks for a reload.
  if (!announced) return [];
  const notices: ServiceNotice[] = [];
  if (before.reload !== undefined && after.reload === undefined) notices.push(readyNotice(after, pid));
  if (after.reload !== undefined && after.reload.generation !== before.reload?.generation) {
    notices.push({
      RELOADING: 1,
      MONOTONIC_USEC: String(monotonicMicroseconds),
      STATUS: "new workers load the application",
    });
  }
  if (notices.length === 0 && after.reload === undefined && statusOf(before) !== statusOf(after)) {
    notices.push({ STATUS: statusOf(after) });
  }
  return notices;
}

/** That the service is there, and which process it is. */
export function readyNotice(state: MasterState, pid: number): ServiceNotice {
  return { READY: 1, MAINPID: pid, STATUS: statusOf(state) };
}

/** True as long as somebody answers requests. */
export function isHealthy(state: MasterState): boolean {
  return state.phase === "stopping" || serving(state).length > 0;
}

function statusOf(state: MasterState): string {
  return `${serving(state).length} of ${state.wanted} worker(s) serve`;
}
