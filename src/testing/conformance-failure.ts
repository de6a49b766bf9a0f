/**
 * What a conformance case throws when an answer is not the one expected.
 * @module
 */

/** All differences between what came and what was expected, each in a line of its own. */
export class ConformanceFailure extends Error {
  readonly caseName: string;
  readonly differences: readonly string[];

  constructor(caseName: string, differences: readonly string[]) {
    super(`conformance case "${caseName}":\n  ${differences.join("\n  ")}`);
    this.name = new.target.name;
    this.caseName = caseName;
    this.differences = differences;
  }
}
