import { describe, expect, it } from "vitest";
import { describeDecision } from "../../src/process/decision-lines.ts";
import type { Command, MasterEvent } from "../../src/process/decision-types.ts";

const report = { requests: 1, running: 0, memoryOctets: 1 };
const said: Command = { type: "log", level: "info", message: "a line" };

describe("a decision as a line", () => {
  it.each<[event: MasterEvent, commands: readonly Command[], line: string | undefined]>([
    [{ type: "tick" }, [], undefined],
    [{ type: "report", worker: 1, report }, [said], undefined],
    [{ type: "tick" }, [{ type: "kill", worker: 1 }], "tick: kill worker 1"],
    [{ type: "add" }, [], "add: nothing to do"],
    [
      { type: "exit", worker: 2, status: null, signal: "SIGKILL" },
      [said, { type: "spawn", worker: 3, generation: 1 }],
      "exit of worker 2 (SIGKILL): start worker 3 of generation 1",
    ],
    [
      { type: "exit", worker: 2, status: 4, signal: null },
      [{ type: "exit", status: 4, handedOver: false }],
      "exit of worker 2 (4): exit with status 4",
    ],
    [
      { type: "stop" },
      [{ type: "release-sockets" }, { type: "drain", worker: 1, handOver: false, graceMs: 1 }],
      "stop: release-sockets, drain worker 1",
    ],
    [{ type: "reopen" }, [{ type: "reopen", workers: [1] }], "reopen: reopen log files"],
  ])("%j with %j: %s", (event, commands, line) => {
    expect(describeDecision(event, commands)).toBe(line);
  });
});
