/**
 * Which octets a Range header asks for: RFC 9110 section 14, by the package `range-parser`.
 *
 * Added here are a bound on their number, and the suffix that is longer than the file, which means all of it
 * (14.1.2) and which range-parser takes for unsatisfiable.
 * @module
 */
import parseRange from "range-parser";

/** From `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** More than this many in one request is answered with the whole: RFC 9110 section 14.2 on a flood of small ones. */
const maxRanges = 16;

/** Two numbers of 16 digits for each of them; also what keeps the patterns below quick. */
const maxHeaderLength = 600;

/**
 * @param size octets of the whole
 * @returns the ranges, overlapping ones joined; "whole" when the header is to be passed over (unknown unit, bad
 *   syntax, too many ranges, nothing saved by them); "unsatisfiable" when none of them is in the file
 */
export function parseByteRanges(
  header: string,
  size: number,
): readonly ByteRange[] | "whole" | "unsatisfiable" {
  const value = header.trim();
  // An empty file has no range to give, and clients that send "bytes=0-" with every request mean all of it.
  if (size === 0 || !/^bytes=/i.test(value)) return "whole";
  if (value.length > maxHeaderLength || value.split(",").length > maxRanges) return "whole";
  const ranges = parseRange(size, clampSuffixes(value, size), { combine: true });
  if (ranges === -2) return "whole";
  if (ranges === -1) return isBackward(value) ? "whole" : "unsatisfiable";
  return ranges;
}

function clampSuffixes(value: string, size: number): string {
  return value.replace(/([=,]\s*)-(\d+)/g, (whole, lead: string, digits: string) =>
    Number(digits) > size ? `${lead}0-` : whole,
  );
}

/** "5-2" is no range at all (14.1.1: invalid), where range-parser says unsatisfiable. */
function isBackward(value: string): boolean {
  return [...value.matchAll(/(\d+)\s*-\s*(\d+)/g)].some(([, first, last]) => Number(first) > Number(last));
}
