/** Types of differences.mjs, for the tests. */
export interface Explanation {
  readonly titles: readonly string[];
  readonly reason: string;
  readonly varies?: boolean;
}
export const differences: Readonly<Record<string, readonly Explanation[]>>;
