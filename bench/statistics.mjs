/** The few sums of the report. */

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median of the ratios within each round: what slows a whole round slows both sides of its ratio.
 * @returns the median and, as `spread`, how far the rounds lie apart, in per cent of the median
 */
export function pairedRatio(values, references) {
  const ratios = values.map((value, round) => value / references[round]);
  const ratio = median(ratios);
  return { ratio, spread: ((Math.max(...ratios) - Math.min(...ratios)) / ratio) * 100 };
}
