/** Types of compare.mjs, for the tests. */
import type { Explanation } from "./differences.mjs";

export interface Result {
  readonly state: "passed" | "failed" | "skipped";
  readonly message: string;
}
export interface Difference {
  readonly title: string;
  readonly node: string;
  readonly gateway: string;
  readonly message: string;
}
export function count(results: ReadonlyMap<string, Result>): Record<Result["state"], number>;
export function differencesBetween(
  node: ReadonlyMap<string, Result>,
  gateway: ReadonlyMap<string, Result>,
): Difference[];
export function judge(
  found: readonly Difference[],
  explained: readonly Explanation[],
): { unexplained: Difference[]; outdated: string[] };
