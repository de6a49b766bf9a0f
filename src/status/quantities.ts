/**
 * Quantities as people read them; `-` stands for what is not known.
 * @module
 */

/** Octets in binary units, three digits at most: `512 B`, `1.5 KiB`, `84 MiB`. */
export function formatOctets(octets: number | null): string {
  if (octets === null) return "-";
  if (octets < 1_024) return `${Math.round(octets)} B`;
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = octets / 1_024;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${threeDigits(value)} ${units[unit]}`;
}

/** A span of time in its two largest units: `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return "-";
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 59.95) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor((whole % 86_400) / 3_600)];
  const [minutes, rest] = [Math.floor((whole % 3_600) / 60), whole % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes} min ${rest} s`;
}

/** A short time: `0.42 ms`, `31 ms`, `1.2 s`. */
export function formatMilliseconds(milliseconds: number | null): string {
  if (milliseconds === null) return "-";
  return milliseconds < 999.5 ? `${threeDigits(milliseconds)} ms` : formatSeconds(milliseconds / 1_000);
}

/** A count with its thousands apart. */
export function formatCount(count: number | null): string {
  return count === null
    ? "-"
    : Math.round(count)
        .toString()
        .replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** So many a second. */
export function formatRate(rate: number): string {
  return rate < 999.5 ? threeDigits(rate) : formatCount(rate);
}

/** A part of a whole, 0 to 1. */
export function formatPart(part: number | null): string {
  return part === null ? "-" : `${Math.round(part * 100)}%`;
}

function threeDigits(value: number): string {
  if (value === 0) return "0";
  const digits = value < 1 ? 2 : value < 9.95 ? 1 : 0;
  return value.toFixed(digits).replace(/\.0+$/, "");
}
