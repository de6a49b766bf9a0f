/**
 * HTTP's dates: RFC 9110 section 5.6.7. Strict on purpose: `Date.parse` takes "2030" or "1" for a date, and a
 * condition with such a value has to be passed over instead.
 * @module
 */

const imfFixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const rfc850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d:\d\d:\d\d) GMT$/;
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$/;

/**
 * Reads a date in any of the three forms that RFC 9110 has recipients accept.
 * @returns milliseconds since 1970, or undefined when the text is no such date
 */
export function parseHttpDate(text: string): number | undefined {
  const milliseconds = Date.parse(fixdateOf(text.trim()));
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** The form that HTTP is to be written in, of milliseconds since 1970: "Sun, 06 Nov 1994 08:49:37 GMT". */
export function formatHttpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

function fixdateOf(text: string): string {
  if (imfFixdate.test(text)) return text;
  const [, day, month, year, time] = rfc850.exec(text) ?? [];
  if (year !== undefined) return `${day} ${month} ${fullYear(Number(year))} ${time} GMT`;
  const [, shortMonth, shortDay, clock, longYear] = asctime.exec(text) ?? [];
  if (longYear !== undefined) return `${shortDay} ${shortMonth} ${longYear} ${clock} GMT`;
  return "";
}

/** A year of two digits that would be more than 50 years ahead is one of the century before. */
function fullYear(twoDigits: number): number {
  const now = new Date().getUTCFullYear();
  const year = now - (now % 100) + twoDigits;
  return year > now + 50 ? year - 100 : year;
}
