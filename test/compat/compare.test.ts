/** What the runner of frameworks' suites calls a difference, and when it is content. */
import { describe, expect, it } from "vitest";
import { count, differencesBetween, judge, type Result } from "../../scripts/compat/compare.mjs";

const results = (states: Readonly<Record<string, Result["state"]>>): Map<string, Result> =>
  new Map(Object.entries(states).map(([title, state]) => [title, { state, message: `${title}\nmore` }]));

describe("comparing two runs", () => {
  it("counts by outcome", () => {
    expect(count(results({ a: "passed", b: "failed", c: "passed", d: "skipped" }))).toEqual({
      passed: 2,
      failed: 1,
      skipped: 1,
    });
  });

  it("finds tests that come out differently, and those that only one run has", () => {
    const node = results({ same: "passed", both: "failed", lost: "passed", worse: "passed" });
    const gateway = results({ same: "passed", both: "failed", worse: "failed", more: "failed" });
    expect(differencesBetween(node, gateway)).toEqual([
      { title: "lost", node: "passed", gateway: "absent", message: "lost" },
      { title: "worse", node: "passed", gateway: "failed", message: "worse" },
      { title: "more", node: "absent", gateway: "failed", message: "more" },
    ]);
  });

  it("wants each difference explained, and each explanation to occur unless timing decides", () => {
    const found = differencesBetween(
      results({ a: "passed", b: "passed" }),
      results({ a: "failed", b: "failed" }),
    );
    const explained = [
      { titles: ["a", "gone"], reason: "why" },
      { titles: ["sometimes"], reason: "why", varies: true },
    ];
    const { unexplained, outdated } = judge(found, explained);
    expect(unexplained.map(({ title }) => title)).toEqual(["b"]);
    expect(outdated).toEqual(["gone"]);
  });
});
