/**
 * The meta-variables of a CGI request as a process gets them: its environment, `NAME=value` octets ended by NUL each.
 *
 * Nothing is left out: a script sees what SetEnv and its like gave it beside the variables of RFC 3875, as wsgiref's
 * CGIHandler and flup show them. What must not reach an application is the environ builder's business.
 * RFC 3875 sections 4.1 and 7.2; POSIX environ(7).
 * @module
 */
import type { ParamsBlock } from "../params-block.ts";

const nul = 0;
const equalsSign = 61;

/**
 * Finds the variables in an environment block, such as /proc/self/environ on Linux has. An entry without "=" is none
 * and is passed over; the last entry need not be ended.
 */
export function decodeEnvironmentBlock(octets: Uint8Array): ParamsBlock {
  const spans: number[] = [];
  for (let start = 0; start < octets.length;) {
    let end = octets.indexOf(nul, start);
    if (end === -1) end = octets.length;
    const mark = octets.indexOf(equalsSign, start);
    if (mark > start && mark < end) spans.push(start, mark, mark + 1, end);
    start = end + 1;
  }
  return { octets, spans };
}
