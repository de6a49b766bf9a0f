/** Types of suites.mjs, for the tests. */
export interface Suite {
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
  readonly commit: string;
  readonly runner: "mocha" | "node" | "vitest" | "jest" | "lab" | "files";
  readonly words: readonly string[];
}
export const suites: readonly Suite[];
