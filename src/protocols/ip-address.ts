/**
 * IP addresses as text, where what reads them needs help.
 * @module
 */

const octet = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const dottedEnd = new RegExp(`^(.*:)${octet}\\.${octet}\\.${octet}\\.${octet}$`, "s");

/**
 * Writes the dotted end of an IPv6 address in hexadecimal, `::192.0.2.1` as `::c000:201`; any other text comes back as
 * it is. ipaddr.js 2.5.0 takes `::192.0.2.1` for `::ffff:192.0.2.1`, which is another address.
 */
export function withoutDots(text: string): string {
  const match = dottedEnd.exec(text);
  if (match === null) return text;
  const group = (high: string | undefined, low: string | undefined): string =>
    (Number(high) * 256 + Number(low)).toString(16);
  return `${match[1]}${group(match[2], match[3])}:${group(match[4], match[5])}`;
}
