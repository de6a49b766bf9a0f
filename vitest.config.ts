import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Real servers and real processes: generous, since a shared two-core machine is slow, not because a test waits.
const patience = { testTimeout: 90_000, hookTimeout: 90_000, expect: { poll: { timeout: 30_000 } } };

/** Functions called, and nothing left behind: these need no process for each file, which costs half a second of work. */
const units = ["bridge", "config", "errors", "logs", "middleware", "protocols"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);
/** They measure how long something takes, or how much of the processor. */
const alone = [
  "test/process/must-hold-connections.test.ts",
  "test/process/must-hold-stop.test.ts",
  "test/bench.test.ts",
];

/** Half a minute and more each: begun last, one of them would keep one core busy when all else is done. */
const longest = [
  "interop/conformance",
  "process/must-hold-load",
  "cli/node-versions",
  "process/must-hold-front-ends",
  "process/workers",
  "process/must-hold-faults",
  "cli/reload-settings",
  "cli/reload-sources",
  "docs/readme",
  "interop/examples",
  "process/status",
  "cli/logs",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Tests wait for processes more than they compute: on two cores vitest itself would run one file at a time.
    maxWorkers: 3,
    projects: [
      { test: { name: "units", include: units, isolate: false, ...patience } },
      { test: { name: "all", include: ["test/**/*.test.ts"], exclude: [...units, ...alone], ...patience } },
      {
        // The same server without the private API of Node.js that it prefers (docs/decisions/0006-raw-handles.md).
        test: {
          name: "sockets",
          include: ["test/server/*.test.ts", "test/interop/nginx-*.test.ts"],
          env: { TSGI_RAW_HANDLES: "0" },
          ...patience,
        },
      },
      // One after the other, when all others have ended.
      { test: { name: "alone", include: alone, maxWorkers: 1, sequence: { groupOrder: 1 }, ...patience } },
    ],
  },
});
