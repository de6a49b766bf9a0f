/** The decisions of a master, event by event: no processes, no clock. */
import { describe, expect, it } from "vitest";
import type { Command, MasterEvent } from "../../src/process/decision-types.ts";
import { decide, wakeAt } from "../../src/process/decisions.ts";
import {
  backOffMs,
  initialState,
  maxFailures,
  maxFirstFailures,
  requestLimit,
  stableMs,
  type MasterState,
  type ProcessSettings,
} from "../../src/process/worker-state.ts";

const settings: ProcessSettings = {
  workers: 2,
  maxRequests: Infinity,
  maxRequestsJitter: 0,
  workerLifetimeMs: Infinity,
  maxMemoryOctets: Infinity,
  gracefulTimeoutMs: 30_000,
  heartbeatTimeoutMs: 10_000,
  slowStartMs: 10_000,
  startTimeoutMs: 60_000,
  application: "app.ts",
};

/** A master at work: keeps the state and the time. */
class Story {
  state: MasterState;
  now = 1_000;
  readonly settings: ProcessSettings;
  constructor(change: Partial<ProcessSettings> = {}) {
    this.settings = { ...settings, ...change };
    this.state = initialState(this.settings);
  }

  /** What is commanded, without the log; log lines are in `lines`. */
  lines: string[] = [];
  on(event: MasterEvent): Command[] {
    const decision = decide(this.state, event, this.now, this.settings);
    this.state = decision.state;
    this.lines = decision.commands.flatMap((each) => (each.type === "log" ? [each.message] : []));
    return decision.commands.filter((each) => each.type !== "log");
  }

  after(ms: number, event: MasterEvent = { type: "tick" }): Command[] {
    this.now += ms;
    return this.on(event);
  }

  exit(worker: number, status: number | null = 1, signal: string | null = null): Command[] {
    return this.on({ type: "exit", worker, status, signal });
  }

  /** Started, with all workers ready and stable. */
  static running(change: Partial<ProcessSettings> = {}): Story {
    const story = new Story(change);
    story.on({ type: "start" });
    for (let worker = 1; worker <= story.settings.workers; worker++) story.on({ type: "ready", worker });
    story.after(stableMs);
    return story;
  }

  report(
    worker: number,
    change: Partial<Record<"requests" | "running" | "memoryOctets", number>>,
  ): Command[] {
    const report = { requests: 0, running: 0, memoryOctets: 0, ...change };
    return this.on({ type: "report", worker, report });
  }

  get phases(): string[] {
    return this.state.workers.map(({ id, phase }) => `${id} ${phase}`);
  }
}

const spawn = (worker: number, generation = 1): Command => ({ type: "spawn", worker, generation });
const drain = (worker: number, handOver = true): Command => ({
  type: "drain",
  worker,
  handOver,
  graceMs: 30_000,
});
const release: Command = { type: "release-sockets" };
const kill = (worker: number): Command => ({ type: "kill", worker });

describe("starting", () => {
  it("starts all workers at once and announces when all are ready", () => {
    const story = new Story();
    expect(story.on({ type: "start" })).toEqual([spawn(1), spawn(2)]);
    expect(story.on({ type: "ready", worker: 2 })).toEqual([]);
    expect(story.on({ type: "ready", worker: 1 })).toEqual([{ type: "announce" }]);
    expect(story.state.phase).toBe("running");
  });

  it("ends with status 4, after one line, when the application fails to load", () => {
    const story = new Story();
    story.on({ type: "start" });
    const commands = story.on({
      type: "load-failed",
      cause: "application",
      worker: 1,
      message: "cannot load app.ts: why",
    });
    expect(story.lines).toEqual(["cannot load app.ts: why"]);
    expect(commands).toEqual([kill(1), release, kill(2)]);
    story.on({ type: "load-failed", cause: "application", worker: 2, message: "cannot load app.ts: why" });
    expect(story.lines).toEqual([]);
    story.exit(1);
    expect(story.exit(2)).toEqual([{ type: "exit", status: 4, handedOver: false }]);
  });

  it("O3 restarts a worker that crashes at start with back-off, and gives up with status 3", () => {
    const story = new Story({ workers: 1 });
    story.on({ type: "start" });
    const waits: number[] = [];
    for (let worker = 1; worker < maxFirstFailures; worker++) {
      expect(story.exit(worker)).toEqual([]);
      waits.push(wakeAt(story.state, story.settings) - story.now);
      expect(story.after((waits.at(-1) ?? 0) - 1)).toEqual([]);
      expect(story.after(1)).toEqual([spawn(worker + 1)]);
    }
    expect(waits).toEqual([100, 200, 400, 800]);
    expect(story.exit(maxFirstFailures)).toEqual([release, { type: "exit", status: 3, handedOver: false }]);
    expect(story.lines.at(-1)).toBe("5 workers failed one after another: giving up");
  });

  it("waits longer after each failure, up to a bound", () => {
    expect([0, 1, 2, 3, 8, 50].map(backOffMs)).toEqual([0, 100, 200, 400, 10_000, 10_000]);
  });

  it("after a failure starts one at a time", () => {
    const story = new Story({ workers: 3 });
    story.on({ type: "start" });
    for (const worker of [1, 2, 3]) story.exit(worker);
    expect(story.after(400)).toEqual([spawn(4)]);
    expect(story.after(1_000)).toEqual([]);
    expect(wakeAt(story.state, story.settings)).toBe(story.now - 1_000 + settings.slowStartMs);
    expect(story.on({ type: "ready", worker: 4 })).toEqual([spawn(5)]);
    expect(story.after(stableMs)).toEqual([spawn(6)]);
  });

  it("says once of a worker that it takes long to load, and what", () => {
    const story = new Story({ workers: 1 });
    story.on({ type: "start" });
    expect(wakeAt(story.state, story.settings)).toBe(story.now + settings.slowStartMs);
    expect(story.after(settings.slowStartMs)).toEqual([]);
    expect(story.lines).toEqual([
      "worker 1 has been loading app.ts for 10 s and goes on: it is killed after 60 s",
    ]);
    expect(wakeAt(story.state, story.settings)).toBe(story.now + 50_000);
    story.after(settings.slowStartMs);
    expect(story.lines).toEqual([]);
    expect(story.on({ type: "ready", worker: 1 })).toEqual([{ type: "announce" }]);
  });

  it("kills a worker that does not get ready", () => {
    const story = new Story({ workers: 1 });
    story.on({ type: "start" });
    expect(story.after(60_000)).toEqual([kill(1)]);
    expect(story.lines).toEqual([
      expect.stringMatching(
        /^worker 1 is killed: app\.ts has not loaded after 60 s: see what its top level /,
      ),
    ]);
    story.exit(1, null, "SIGKILL");
    expect(story.after(100)).toEqual([spawn(2)]);
  });
});

describe("a worker that ends", () => {
  it("is replaced at once", () => {
    const story = Story.running();
    expect(story.exit(1, null, "SIGKILL")).toEqual([spawn(3)]);
    expect(story.lines).toEqual(["worker 1 ended by SIGKILL: another takes its place"]);
  });

  it("soon after it was ready, is replaced after a moment, and never taken for a reason to give up", () => {
    const story = Story.running({ workers: 1 });
    story.exit(1);
    for (let worker = 2; worker < 40; worker++) {
      story.on({ type: "ready", worker });
      expect(story.exit(worker)).toEqual([]);
      const wait = wakeAt(story.state, story.settings) - story.now;
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(1_000);
      expect(story.after(wait)).toEqual([spawn(worker + 1)]);
    }
  });

  it("is tried again for ever while another serves, with back-off although that one lives", () => {
    const story = Story.running({ heartbeatTimeoutMs: Infinity });
    story.exit(1);
    for (let worker = 3; worker < 20; worker++) {
      expect(story.exit(worker)).toEqual([]);
      const wait = wakeAt(story.state, story.settings) - story.now;
      expect(wait).toBe(backOffMs(worker - 2));
      story.report(2, {});
      expect(story.after(wait - 1)).toEqual([]);
      story.report(2, {});
      expect(story.after(1)).toEqual([spawn(worker + 1)]);
    }
  });

  it("and cannot be loaded again, with nobody left, is given up after a bounded number", () => {
    const story = Story.running({ workers: 1 });
    story.exit(1);
    let worker = 2;
    for (; worker < 100 && story.state.phase !== "ended"; worker++) {
      story.on({ type: "load-failed", cause: "application", worker, message: "broken" });
      story.exit(worker);
      story.after(10_000);
    }
    expect(worker - 2).toBe(maxFailures);
    expect(story.state.status).toBe(4);
  });

  it("says nothing about an end that was asked for", () => {
    const story = Story.running();
    story.on({ type: "stop" });
    story.exit(1, 0);
    expect(story.lines).toEqual([]);
  });
});

describe("reload", () => {
  it("lets one new worker try, then starts the others, and drains the old when all new ones are ready", () => {
    const story = Story.running();
    expect(story.on({ type: "reload" })).toEqual([spawn(3, 2)]);
    expect(story.on({ type: "ready", worker: 3 })).toEqual([spawn(4, 2)]);
    expect(story.phases).toEqual(["1 ready", "2 ready", "3 ready", "4 starting"]);
    expect(story.on({ type: "ready", worker: 4 })).toEqual([drain(1), drain(2)]);
    story.exit(1, 0);
    expect(story.exit(2, 0)).toEqual([]);
    expect(story.phases).toEqual(["3 ready", "4 ready"]);
  });

  it.each([
    ["fails to load", { type: "load-failed", cause: "application", worker: 3, message: "broken" } as const],
    ["crashes", { type: "exit", worker: 3, status: 1, signal: null } as const],
  ])("keeps the old workers when the new code %s", (_how, event) => {
    const story = Story.running();
    story.on({ type: "reload" });
    const commands = story.on(event);
    expect(commands.filter(({ type }) => type === "drain" || type === "spawn")).toEqual([]);
    expect(story.lines.at(-1)).toBe("the reload failed: the workers that were there go on");
    story.exit(3);
    expect(story.phases).toEqual(["1 ready", "2 ready"]);
    expect(story.on({ type: "reload" })).toEqual([spawn(4, 2)]);
  });

  it("drains those of the new ones that were ready when a later one fails", () => {
    const story = Story.running();
    story.on({ type: "reload" });
    story.on({ type: "ready", worker: 3 });
    expect(story.exit(4)).toEqual([drain(3)]);
  });

  it("asked for during a reload, follows it", () => {
    const story = Story.running({ workers: 1 });
    story.on({ type: "reload" });
    expect(story.on({ type: "reload" })).toEqual([]);
    expect(story.on({ type: "ready", worker: 2 })).toEqual([drain(1), spawn(3, 3)]);
  });

  it("does not wait for the back-off of the code before", () => {
    const story = new Story({ workers: 1 });
    story.on({ type: "start" });
    story.exit(1);
    expect(story.on({ type: "reload" })).toEqual([spawn(2, 2)]);
  });

  it("replaces an old worker that ends meanwhile by a new one only", () => {
    const story = Story.running();
    story.on({ type: "reload" });
    expect(story.exit(1)).toEqual([]);
    expect(story.on({ type: "load-failed", cause: "application", worker: 3, message: "broken" })).toEqual([
      kill(3),
      spawn(4),
    ]);
  });
});

describe("a reload with other settings", () => {
  it("starts as many workers as they say, and drains the old ones when all of these are ready", () => {
    const story = Story.running();
    expect(story.on({ type: "reload", workers: 3 })).toEqual([spawn(3, 2)]);
    expect(story.on({ type: "ready", worker: 3 })).toEqual([spawn(4, 2), spawn(5, 2)]);
    expect(story.on({ type: "ready", worker: 4 })).toEqual([]);
    expect(story.on({ type: "ready", worker: 5 })).toEqual([drain(1), drain(2)]);
  });

  it("that fails leaves the number of workers as it was", () => {
    const story = Story.running();
    story.on({ type: "reload", workers: 3 });
    story.on({ type: "load-failed", worker: 3, cause: "application", message: "broken" });
    expect(story.state).toMatchObject({ wanted: 2, configured: 2, reload: undefined });
    story.exit(3);
    expect(story.phases).toEqual(["1 ready", "2 ready"]);
    expect(story.on({ type: "reload", workers: 3 })).toEqual([spawn(4, 2)]);
  });

  it("keeps what TTIN and TTOU have made of a number that is still the same", () => {
    const story = Story.running();
    story.on({ type: "add" });
    story.on({ type: "reload", workers: 2 });
    expect(story.state.wanted).toBe(3);
    story.on({ type: "add" });
    story.on({ type: "load-failed", worker: 4, cause: "application", message: "broken" });
    expect(story.state.wanted).toBe(4);
  });

  it("that follows another goes by the newest settings, also when these are the first ones again", () => {
    const story = Story.running({ workers: 1 });
    story.on({ type: "reload", workers: 2 });
    story.on({ type: "reload", workers: 4 });
    story.on({ type: "reload", workers: 1 });
    story.on({ type: "ready", worker: 2 });
    expect(story.on({ type: "ready", worker: 3 })).toEqual([drain(1), spawn(4, 3)]);
    expect(story.on({ type: "ready", worker: 4 })).toEqual([drain(2), drain(3)]);
    expect(story.state).toMatchObject({ wanted: 1, configured: 1 });
  });

  it("that fails at the start leaves a service that is announced once its own workers are ready", () => {
    const story = new Story();
    story.on({ type: "start" });
    story.on({ type: "ready", worker: 1 });
    story.on({ type: "reload", workers: 5 });
    expect(story.on({ type: "ready", worker: 2 })).toEqual([]);
    expect(
      story.on({ type: "load-failed", worker: 3, cause: "application", message: "broken" }),
    ).toContainEqual({
      type: "announce",
    });
  });

  it("tells its reason in one line", () => {
    const story = Story.running({ workers: 1 });
    story.on({ type: "reload", reason: "app.ts has changed" });
    expect(story.lines).toEqual([]);
    story.on({ type: "ready", worker: 2 });
    expect(story.lines).toEqual(["reloaded: app.ts has changed"]);
    story.on({ type: "reload", reason: "app.ts has changed" });
    story.exit(3);
    expect(story.lines.at(-1)).toBe(
      "the reload failed (app.ts has changed): the workers that were there go on",
    );
  });
});

describe("TTIN and TTOU", () => {
  it("add a worker and take the oldest away, never the last", () => {
    const story = Story.running();
    expect(story.on({ type: "add" })).toEqual([spawn(3)]);
    story.on({ type: "ready", worker: 3 });
    expect(story.on({ type: "remove" })).toEqual([drain(1)]);
    story.exit(1, 0);
    expect(story.on({ type: "remove" })).toEqual([drain(2)]);
    expect(story.on({ type: "remove" })).toEqual([]);
    expect(story.lines).toEqual(["1 worker(s) is the least there can be"]);
  });

  it("take back a worker that is still starting", () => {
    const story = Story.running();
    story.on({ type: "add" });
    expect(story.on({ type: "remove" })).toEqual([kill(3)]);
  });
});

describe("a worker that is to be replaced", () => {
  it.each([
    ["has had its requests", { maxRequests: 100 }, { requests: 100 }, "it has had 100 requests"],
    [
      "has too much memory",
      { maxMemoryOctets: 1_000 },
      { memoryOctets: 1_001 },
      "it has 1001 octets of memory, 1000 are allowed",
    ],
  ])("%s: serves until its successor is ready", (_why, change, report, reason) => {
    const story = Story.running(change);
    expect(story.report(1, report)).toEqual([spawn(3)]);
    expect(story.lines).toEqual([`worker 1 is replaced: ${reason}`]);
    expect(story.phases).toEqual(["1 retiring", "2 ready", "3 starting"]);
    expect(story.report(1, report)).toEqual([]);
    expect(story.on({ type: "ready", worker: 3 })).toEqual([drain(1)]);
  });

  it("is old enough: counted from its readiness", () => {
    const story = Story.running({ workers: 1, workerLifetimeMs: 5_000 });
    expect(wakeAt(story.state, story.settings)).toBe(story.now - stableMs + 5_000);
    story.report(1, {});
    expect(story.after(5_000 - stableMs)).toEqual([spawn(2)]);
    expect(story.lines).toEqual(["worker 1 is replaced: it is 5 s old"]);
  });

  it("asks for it itself", () => {
    const story = Story.running();
    expect(story.on({ type: "retire", worker: 2, reason: "somebody sent it TERM" })).toEqual([spawn(3)]);
  });

  it("has a limit of requests that differs from those of its neighbours, within the jitter", () => {
    const some = { ...settings, maxRequests: 1_000, maxRequestsJitter: 100 };
    const limits = [1, 2, 3, 4, 5, 6, 7, 8].map((worker) => requestLimit(some, worker));
    expect(Math.min(...limits)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...limits)).toBeLessThanOrEqual(1_100);
    const sorted = limits.toSorted((a, b) => a - b);
    for (const [index, limit] of sorted.slice(1).entries()) {
      expect(limit - (sorted[index] ?? 0)).toBeGreaterThanOrEqual(5);
    }
    expect(requestLimit({ ...some, maxRequestsJitter: 0 }, 7)).toBe(1_000);
  });
});

describe("a worker that is silent", () => {
  it("is asked for its stack, then killed, and replaced at once", () => {
    const story = Story.running();
    story.after(9_000 - stableMs);
    story.report(2, {});
    expect(story.after(1_000)).toEqual([{ type: "take-stack", worker: 1 }, spawn(3)]);
    expect(story.on({ type: "stack", worker: 1, text: "at spin" })).toEqual([kill(1)]);
    expect(story.lines).toEqual(["worker 1 was at:"]);
  });

  it("is killed without a stack when it gives none", () => {
    const story = Story.running({ workers: 1 });
    story.after(10_000);
    expect(story.after(2_000)).toEqual([kill(1)]);
  });

  it("is not blamed for the time in which the master itself did not run", () => {
    const story = Story.running();
    expect(story.after(60_000, { type: "overslept" })).toEqual([]);
    expect(story.after(9_999)).toEqual([]);
    expect(story.after(1)).toContainEqual({ type: "take-stack", worker: 1 });
  });
});

it("O4 kills a worker that sends what no worker sends", () => {
  const story = Story.running();
  expect(story.on({ type: "bad-message", worker: 1, reason: "a line that is no JSON object" })).toEqual([
    kill(1),
  ]);
  expect(story.on({ type: "bad-message", worker: 1, reason: "again" })).toEqual([]);
  expect(story.after(100)).toEqual([spawn(3)]);
});

describe("stopping", () => {
  it("drains, and ends with status 0 when the last worker has", () => {
    const story = Story.running();
    expect(story.on({ type: "stop" })).toEqual([release, drain(1, false), drain(2, false)]);
    expect(story.exit(1, 0)).toEqual([]);
    expect(story.exit(2, 0)).toEqual([{ type: "exit", status: 0, handedOver: false }]);
    expect(story.on({ type: "reload" })).toEqual([]);
  });

  it("kills at the second signal", () => {
    const story = Story.running();
    story.on({ type: "stop" });
    expect(story.on({ type: "stop" })).toEqual([kill(1), kill(2)]);
  });

  it("kills what has not finished within the graceful timeout", () => {
    const story = Story.running();
    story.on({ type: "stop" });
    expect(wakeAt(story.state, story.settings)).toBe(story.now + 30_000);
    expect(story.after(30_000)).toEqual([kill(1), kill(2)]);
  });

  it("kills workers that are still starting", () => {
    const story = new Story();
    story.on({ type: "start" });
    expect(story.on({ type: "stop" })).toEqual([release, kill(1), kill(2)]);
    expect(story.on({ type: "ready", worker: 1 })).toEqual([]);
  });

  it("ends with status 1 when something has failed", () => {
    const story = Story.running({ workers: 1 });
    story.on({ type: "fail" });
    expect(story.exit(1, 0)).toEqual([{ type: "exit", status: 1, handedOver: false }]);
  });
});

describe("a new master", () => {
  it("takes over when it is ready", () => {
    const story = Story.running({ workers: 1 });
    expect(story.on({ type: "upgrade" })).toEqual([{ type: "start-upgrade" }]);
    expect(story.on({ type: "upgrade" })).toEqual([]);
    expect(story.on({ type: "reload" })).toEqual([]);
    expect(story.on({ type: "upgrade-ready" })).toEqual([{ type: "hand-over" }, drain(1)]);
    expect(story.exit(1, 0)).toEqual([{ type: "exit", status: 0, handedOver: true }]);
  });

  it("that fails leaves the old one as it was", () => {
    const story = Story.running({ workers: 1 });
    story.on({ type: "upgrade" });
    expect(story.on({ type: "upgrade-failed", reason: "it ended with status 4" })).toEqual([]);
    expect(story.lines).toEqual(["the new master failed, this one goes on: it ended with status 4"]);
    expect(story.on({ type: "upgrade" })).toEqual([{ type: "start-upgrade" }]);
  });

  it("is handed nothing by one that has been told to stop", () => {
    const story = Story.running({ workers: 1 });
    story.on({ type: "upgrade" });
    story.on({ type: "stop" });
    expect(story.on({ type: "upgrade-ready" })).toEqual([]);
    expect(story.exit(1, 0)).toEqual([{ type: "exit", status: 0, handedOver: false }]);
  });
});

it("USR1 reaches every worker", () => {
  expect(Story.running().on({ type: "reopen" })).toEqual([{ type: "reopen", workers: [1, 2] }]);
});
