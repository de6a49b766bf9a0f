/**
 * Which known name somebody may have meant.
 * @module
 */

/** Longer names are cut: the work grows with the product of the lengths. */
const longestName = 64;

/** The known name with the fewest slips of the fingers from `name`, when there are few enough of them. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(name.slice(0, longestName), candidate);
    if (distance < bestDistance && distance <= Math.max(2, candidate.length / 3)) {
      [best, bestDistance] = [candidate, distance];
    }
  }
  return best;
}

/**
 * The Damerau-Levenshtein distance, restricted to strings edited once at each place: characters added, left out,
 * replaced, or swapped with their neighbour.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
