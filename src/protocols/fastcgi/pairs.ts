/**
 * Name-value pairs (specification section 3.4): the content of PARAMS, GET_VALUES and GET_VALUES_RESULT.
 *
 * A pair is the length of the name, the length of the value, the name, the value. A length below 128 is one octet;
 * a longer one is four, the highest bit of the first set, up to 2^31-1. Works on whole blocks: a pair may straddle
 * any number of records, so whoever calls has put their contents together first.
 * @module
 */
import { LimitExceededError, RemoteProtocolError } from "../../errors/index.ts";
import { writeNative } from "../native-string.ts";
import type { ParamsBlock } from "../params-block.ts";

/** Room for the 40 or so pairs of a request through nginx: an array that grows by itself allocates three times as much. */
const usualSpans = 160;

/**
 * Finds the pairs of a block.
 * @param maxPairs - the most that are accepted, the limit `maxParams`
 * @throws RemoteProtocolError ERR_FCGI_PAIR when a length runs past the end of the block
 * @throws LimitExceededError ERR_LIMIT_PARAMS
 */
export function decodePairs(octets: Uint8Array, maxPairs: number): ParamsBlock {
  // oxlint-disable-next-line unicorn/no-new-array
  const spans = new Array<number>(usualSpans);
  const end = octets.length;
  let at = 0;
  let pairs = 0;
  let filled = 0;
  while (at < end) {
    let nameLength = octets[at]!;
    let next = at + 1;
    if (nameLength >= 0x80) {
      nameLength = readLongLength(octets, at, at);
      next = at + 4;
    }
    if (next >= end) throw pairCutShort(at, next + 1, end);
    let valueLength = octets[next]!;
    if (valueLength >= 0x80) {
      valueLength = readLongLength(octets, next, at);
      next += 4;
    } else next++;
    // Both lengths are below 2^31, so the sum is exact; nothing is made or skipped before it is known to be here.
    const valueStart = next + nameLength;
    const valueEnd = valueStart + valueLength;
    if (valueEnd > end) throw pairCutShort(at, valueEnd, end);
    if (++pairs > maxPairs) throw tooManyPairs(maxPairs);
    spans[filled] = next;
    spans[filled + 1] = valueStart;
    spans[filled + 2] = valueStart;
    spans[filled + 3] = valueEnd;
    filled += 4;
    at = valueEnd;
  }
  spans.length = filled;
  return { octets, spans };
}

/**
 * Encodes pairs of native strings, one octet a code point.
 * @throws LocalProtocolError ERR_LOCAL_VALUE for a code point above U+00FF
 */
export function encodePairs(pairs: Iterable<readonly [name: string, value: string]>): Uint8Array {
  const list = [...pairs];
  let total = 0;
  for (const [name, value] of list) {
    total += lengthOctets(name.length) + lengthOctets(value.length) + name.length + value.length;
  }
  const octets = new Uint8Array(total);
  let at = 0;
  for (const [name, value] of list) {
    at = writeLength(octets, at, name.length);
    at = writeLength(octets, at, value.length);
    at = writeNative(octets, at, name, "the name", name);
    at = writeNative(octets, at, value, "the value of", name);
  }
  return octets;
}

function readLongLength(octets: Uint8Array, at: number, pairAt: number): number {
  if (at + 4 > octets.length) throw pairCutShort(pairAt, at + 4, octets.length);
  return ((octets[at]! & 0x7f) << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;
}

function pairCutShort(at: number, needed: number, length: number): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_FCGI_PAIR",
    `the name-value pair at octet ${at} needs ${needed - at} octets or more, but only ${length - at} are left`,
  );
}

function tooManyPairs(maxPairs: number): LimitExceededError {
  return new LimitExceededError(
    "ERR_LIMIT_PARAMS",
    "maxParams",
    maxPairs,
    maxPairs + 1,
    `got more than ${maxPairs} name-value pairs in one request; raise maxParams if they are real`,
  );
}

function lengthOctets(length: number): number {
  return length < 0x80 ? 1 : 4;
}

function writeLength(octets: Uint8Array, at: number, length: number): number {
  if (length < 0x80) {
    octets[at] = length;
    return at + 1;
  }
  octets[at] = (length >>> 24) | 0x80;
  octets[at + 1] = (length >>> 16) & 0xff;
  octets[at + 2] = (length >>> 8) & 0xff;
  octets[at + 3] = length & 0xff;
  return at + 4;
}
