/**
 * A thread that finds out what the main thread is at: when the master asks, and when the main thread has stood still for
 * longer than it may. It pauses the main thread by the inspector, which works however blocked its event loop is, and
 * reads the stack. A worker whose master has asked never goes on: it is killed.
 * @module
 */
import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { LineChannel } from "./line-channel.ts";
import { pauseMain, type PausedMain } from "./main-pause.ts";
import { workerDescriptor } from "./messages.ts";
import { lentKey, lookEveryMs, type Lent, type WatchdogDuties } from "./watchdog.ts";

const { master, slowMs, blockedMs, beats } = workerData as WatchdogDuties;

/** Nothing after that: the master has asked, and the main thread stays as it is. */
let asked = false;

/** The inspector has one pause for all. */
let lastPause: Promise<unknown> = Promise.resolve();

const channel = master
  ? new LineChannel(new Socket({ fd: workerDescriptor.watchdog }), {
      line: () => {
        if (asked) return;
        asked = true;
        lastPause = lastPause.then(sendStack);
      },
      end: () => {},
    })
  : undefined;

lookForStandstill(slowMs, async ({ stack, inside, evaluate }) => {
  const named = inside === undefined ? "undefined" : JSON.stringify(inside);
  await evaluate(`${lent("slow")}?.(${JSON.stringify(stack)}, ${named})`);
});

lookForStandstill(blockedMs, async ({ inside, evaluate }) => {
  const found = await evaluate(`JSON.stringify(${lent("blocked")}?.())`);
  if (typeof found !== "string") return;
  channel?.send({ type: "blocked", figures: { ...(JSON.parse(found) as object), inside: inside ?? null } });
});

async function sendStack(): Promise<void> {
  const { stack, inside, evaluate } = await pauseMain();
  const open = await evaluate(`String(${lent("openRequests")}?.() ?? "")`);
  const at = inside === undefined ? "" : `\nfor the request: ${inside.method} ${inside.path}`;
  const named = typeof open === "string" && open !== "" ? `\nopen requests: ${open}` : "";
  channel?.send({ type: "stack", text: stack + at + named });
}

/** Once for each standstill of so many ms, calls `report` while the main thread is paused, and lets it go on then. */
function lookForStandstill(afterMs: number, report: (paused: PausedMain) => Promise<void>): void {
  if (afterMs === Infinity) return;
  let seen = Atomics.load(beats, 0);
  let since = performance.now();
  let told = false;
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    if (now !== seen) {
      seen = now;
      since = performance.now();
      told = false;
    } else if (!told && !asked && performance.now() - since > afterMs) {
      told = true;
      lastPause = lastPause.then(() => reportStandstill(now, report));
    }
  }, lookEveryMs(afterMs));
}

async function reportStandstill(beat: number, report: (paused: PausedMain) => Promise<void>): Promise<void> {
  if (asked || Atomics.load(beats, 0) !== beat) return;
  const paused = await pauseMain();
  // It has run meanwhile: what it is at now is something else.
  if (Atomics.load(beats, 0) === beat) await report(paused);
  await paused.resume();
}

function lent(name: keyof Lent): string {
  return `globalThis[Symbol.for(${JSON.stringify(lentKey(name))})]`;
}
