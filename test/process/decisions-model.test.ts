/**
 * The decisions of a master against a model of everything it commands: processes that get ready, crash, hang and obey,
 * in any order, with any signal in between. What must never happen is looked for after each event.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command, MasterEvent } from "../../src/process/decision-types.ts";
import { decide, wakeAt } from "../../src/process/decisions.ts";
import {
  initialState,
  serving,
  type MasterState,
  type ProcessSettings,
} from "../../src/process/worker-state.ts";

const settings: ProcessSettings = {
  workers: 3,
  maxRequests: 50,
  maxRequestsJitter: 10,
  workerLifetimeMs: 60_000,
  maxMemoryOctets: 1_000,
  gracefulTimeoutMs: 3_000,
  heartbeatTimeoutMs: 2_000,
  slowStartMs: 10_000,
  startTimeoutMs: 5_000,
  application: "app.ts",
};

/** A process of the model. */
interface Model {
  readonly id: number;
  ready: boolean;
  /** Runs its event loop: reports, and obeys `drain`. */
  responsive: boolean;
  draining: boolean;
  killed: boolean;
}

class World {
  state: MasterState = initialState(settings);
  now = 0;
  readonly alive = new Map<number, Model>();
  spawned = 0;
  ended = 0;
  exits: number[] = [];
  /** The most workers that were wanted since the reload that is under way began. */
  #most = 0;

  on(event: MasterEvent): void {
    const before = this.state;
    const { state, commands } = decide(before, event, this.now, settings);
    this.state = state;
    for (const command of commands) this.#execute(command);
    this.#check(before, event, commands);
  }

  #execute(command: Command): void {
    switch (command.type) {
      case "spawn":
        demand(this.exits.length === 0, "a worker is started after the end");
        demand(!this.alive.has(command.worker), "an id is used twice");
        this.spawned++;
        this.alive.set(command.worker, {
          id: command.worker,
          ready: false,
          responsive: true,
          draining: false,
          killed: false,
        });
        break;
      case "drain": {
        const process = this.#living(command.worker);
        demand(!process.draining && !process.killed, "a worker is drained twice");
        process.draining = true;
        break;
      }
      case "kill": {
        const process = this.#living(command.worker);
        demand(!process.killed, "a worker is killed twice");
        process.killed = true;
        break;
      }
      case "take-stack":
        this.#living(command.worker);
        break;
      case "exit":
        demand(this.alive.size === 0, "the master ends before its workers");
        this.exits.push(command.status);
        break;
      default:
    }
  }

  /** No command goes to a process that is not there. */
  #living(id: number): Model {
    const process = this.alive.get(id);
    if (process === undefined) throw new Error(`a command for worker ${id}, which has ended`);
    return process;
  }

  #check(before: MasterState, event: MasterEvent, commands: readonly Command[]): void {
    // Every process is known, and every known one is there.
    const { workers, wanted, phase } = this.state;
    demand(workers.length === this.alive.size, "the master and the model know different workers");
    demand(
      workers.every(({ id }) => this.alive.has(id)),
      "the master knows a worker that has ended",
    );
    demand(this.spawned - this.ended === this.alive.size, "a start without an end");
    // Twice the fleet during a reload, the stuck and the draining apart.
    const active = workers.filter((each) => ["starting", "ready", "retiring"].includes(each.phase));
    const most = Math.max(wanted, before.wanted);
    this.#most = before.reload === undefined ? most : Math.max(this.#most, most);
    demand(active.length <= 2 * this.#most + wanted, "too many workers");
    // The master takes nobody out of service while fewer than wanted serve: not to reload, not to replace.
    const isGentle = phase === "running" && before.phase === "running" && event.type !== "exit";
    const drained = commands.filter(({ type }) => type === "drain");
    if (isGentle && drained.length > 0 && !failing(event)) {
      const least = Math.min(wanted, before.wanted, serving(before).length);
      demand(serving(this.state).length >= least, "fewer serve than could");
    }
    // It never sleeps for ever with something left to do.
    if (phase !== "ended" && phase !== "stopping" && serving(this.state).length === 0) {
      demand(wakeAt(this.state, settings) < Infinity, "nobody serves, and the master sleeps for ever");
    }
  }
}

/** `expect` costs more than all the decisions together. */
function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** Events after which a reload is given up: those of its workers that were ready are more than wanted. */
function failing(event: MasterEvent): boolean {
  return event.type === "load-failed" || event.type === "bad-message" || event.type === "tick";
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("ready" as const), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hang" as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lie" as const), at: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("work" as const), at: fc.nat(60) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("obey" as const), at: fc.nat(20) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("wait" as const), at: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("resettle" as const), at: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("reload", "add", "remove", "reopen", "upgrade", "upgrade-ready", "overslept"),
      at: fc.constant(0),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function run(world: World, { do: what, at }: Step): void {
  const list = [...world.alive.values()];
  const process = list[at % Math.max(list.length, 1)];
  switch (what) {
    case "wait":
      // Time passes as it does for a master: it wakes when it asked to.
      for (let left = at; left > 0 && world.exits.length === 0;) {
        const sleep = Math.min(Math.max(wakeAt(world.state, settings) - world.now, 1), left);
        world.now += sleep;
        left -= sleep;
        for (const each of world.alive.values()) {
          if (each.ready && each.responsive && !each.draining) report(world, each.id, 0);
        }
        world.on({ type: "tick" });
      }
      return;
    case "resettle":
      world.on({ type: "reload", workers: at + 1 });
      return;
    case "reload":
    case "add":
    case "remove":
    case "reopen":
    case "upgrade":
    case "upgrade-ready":
    case "overslept":
      world.on({ type: what });
      return;
    default:
  }
  if (process === undefined) return;
  const worker = process.id;
  switch (what) {
    case "ready":
      if (process.ready || process.killed) return;
      process.ready = true;
      world.on({ type: "ready", worker });
      return;
    case "fail":
      if (!process.ready) world.on({ type: "load-failed", cause: "application", worker, message: "broken" });
      return;
    case "hang":
      process.responsive = false;
      return;
    case "lie":
      world.on({ type: "bad-message", worker, reason: "nonsense" });
      return;
    case "work":
      if (process.ready && process.responsive && !process.draining) report(world, worker, at);
      return;
    case "obey":
      if (process.killed) exit(world, process, null, "SIGKILL");
      else if (process.draining && process.responsive) exit(world, process, 0, null);
      return;
    case "crash":
      exit(world, process, 1, null);
      return;
    default:
      what satisfies never;
  }
}

function report(world: World, worker: number, requests: number): void {
  world.on({ type: "report", worker, report: { requests, running: 0, memoryOctets: requests * 18 } });
}

function exit(world: World, process: Model, status: number | null, signal: string | null): void {
  world.alive.delete(process.id);
  world.ended++;
  world.on({ type: "exit", worker: process.id, status, signal });
}

/** Everything obeys from here on; true when the master has ended. */
function stopAll(world: World): void {
  world.on({ type: "stop" });
  for (let turn = 0; turn < 100 && world.exits.length === 0; turn++) {
    for (const process of everyone(world)) run(world, { do: "obey", at: indexOf(world, process) });
    run(world, { do: "wait", at: 1_000 });
  }
}

/** As they are now: what is done may start others. */
function everyone(world: World): Model[] {
  return [...world.alive.values()];
}

function indexOf(world: World, process: Model): number {
  return [...world.alive.values()].indexOf(process);
}

describe("whatever happens to a master", () => {
  it("it commands nothing impossible, keeps the service up, and ends when told to", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const world = new World();
        world.on({ type: "start" });
        for (const each of steps) if (world.exits.length === 0) run(world, each);
        const hadEnded = world.exits.length > 0;
        if (!hadEnded) stopAll(world);
        expect(world.exits).toHaveLength(1);
        expect(world.alive.size).toBe(0);
        if (hadEnded) expect([0, 3, 4]).toContain(world.exits[0]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("once all is well again, the wanted number of workers of one generation serves", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const world = new World();
        world.on({ type: "start" });
        for (const each of steps) {
          if (world.state.phase === "stopping" || world.exits.length > 0) return;
          run(world, each);
        }
        if (world.state.phase === "stopping" || world.exits.length > 0) return;
        for (let turn = 0; turn < 80; turn++) {
          for (const process of everyone(world)) {
            process.responsive = true;
            run(world, { do: process.ready ? "obey" : "ready", at: indexOf(world, process) });
            if (process.killed && world.alive.has(process.id)) exit(world, process, null, "SIGKILL");
          }
          run(world, { do: "wait", at: 200 });
        }
        expect(world.state.reload).toBeUndefined();
        const ready = world.state.workers.filter(({ phase }) => phase === "ready");
        expect(ready).toHaveLength(world.state.wanted);
        expect(world.state.workers.filter(({ phase }) => phase === "stuck")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("is not restarted faster than the back-off allows, however workers fail", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000), { minLength: 10, maxLength: 60 }), (waits) => {
        const world = new World();
        world.on({ type: "start" });
        run(world, { do: "ready", at: 0 });
        // One worker lives, all others crash as soon as they can.
        const spawnedAt: number[] = [];
        for (const wait of waits) {
          for (let left = wait; left > 0; left -= 50) {
            run(world, { do: "wait", at: 50 });
            for (const process of [...world.alive.values()].slice(1)) {
              spawnedAt.push(world.now);
              exit(world, process, 1, null);
            }
          }
        }
        // In no second more than at the very start: 100, 200, 400 ms.
        for (const [index, at] of spawnedAt.slice(8).entries()) {
          expect(at - (spawnedAt[index] ?? 0)).toBeGreaterThan(1_000);
        }
      }),
      { numRuns: 50 },
    );
  });
});
