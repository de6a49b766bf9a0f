/**
 * What differs between the two runs of a suite, and which of it differences.mjs explains.
 */

/** @typedef {Map<string, import("./test-run.mjs").Result>} Results */
/** @typedef {{ title: string, node: string, gateway: string, message: string }} Difference */

/** @param {Results} results */
export function count(results) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { state } of results.values()) counts[state] += 1;
  return counts;
}

/**
 * Tests whose outcome is not the same. A test that only one run has is "absent" in the other.
 * @param {Results} node
 * @param {Results} gateway
 * @returns {Difference[]}
 */
export function differencesBetween(node, gateway) {
  const titles = new Set([...node.keys(), ...gateway.keys()]);
  return [...titles].flatMap((title) => {
    const [before, after] = [node.get(title), gateway.get(title)];
    if (before?.state === after?.state) return [];
    const message = (after?.message || before?.message || "").split("\n")[0].slice(0, 300);
    return [{ title, node: before?.state ?? "absent", gateway: after?.state ?? "absent", message }];
  });
}

/**
 * @param {readonly Difference[]} found
 * @param {readonly import("./differences.mjs").Explanation[]} explained of this suite
 * @returns {{ unexplained: Difference[], outdated: string[] }} `outdated`: explanations of what is no longer so
 */
export function judge(found, explained) {
  const titles = new Set(explained.flatMap((each) => each.titles));
  const occurring = new Set(found.map(({ title }) => title));
  return {
    unexplained: found.filter(({ title }) => !titles.has(title)),
    outdated: explained
      .filter((each) => !each.varies)
      .flatMap((each) => each.titles.filter((title) => !occurring.has(title))),
  };
}
