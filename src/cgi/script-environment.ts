/**
 * The environment of this process as the octets it was given.
 *
 * Node.js decodes the environment as UTF-8, which loses what is none: an octet such as 0xE9 becomes U+FFFD. Where
 * that has happened, the octets are taken from /proc/self/environ; where there is none (macOS, BSD), they are lost.
 * @module
 */
import { readFileSync } from "node:fs";

const replacement = "\uFFFD";
const nulOctet = Buffer.alloc(1);

/** The variables of `environment` as an environment block: `NAME=value` octets, ended by NUL each. */
export function environmentBlock(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  readOctets: () => Buffer | undefined = readOwnEnvironment,
): Buffer {
  let text = "";
  for (const name of Object.keys(environment)) {
    const value = environment[name];
    // Node.js lists a variable whose name is a number, and does not give its value.
    if (value !== undefined) text += `${name}=${value}\0`;
  }
  if (!text.includes(replacement)) return Buffer.from(text, "utf8");
  return withOriginalOctets(text, readOctets() ?? nulOctet);
}

/** Puts the original octets in the place of each entry that they decode to. */
function withOriginalOctets(text: string, original: Buffer): Buffer {
  const octetsOf = new Map<string, Buffer>();
  for (let start = 0; start < original.length;) {
    let end = original.indexOf(0, start);
    if (end === -1) end = original.length;
    const entry = original.subarray(start, end);
    octetsOf.set(entry.toString("utf8"), entry);
    start = end + 1;
  }
  const parts: Buffer[] = [];
  for (const entry of text.split("\0").slice(0, -1)) {
    parts.push(octetsOf.get(entry) ?? Buffer.from(entry, "utf8"), nulOctet);
  }
  return Buffer.concat(parts);
}

function readOwnEnvironment(): Buffer | undefined {
  try {
    return readFileSync("/proc/self/environ");
  } catch {
    return undefined;
  }
}
