/** Octets that real web servers sent, read whole, octet by octet and cut in two. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FastcgiApplicationSide, readPairs } from "../../../src/protocols/fastcgi/index.ts";
import { cuts, run } from "../drive.ts";

interface Decoded {
  readonly id: number;
  readonly role: string;
  readonly keepConn: boolean;
  readonly stdinEnded: boolean;
  readonly aborted: boolean;
  readonly params: readonly (readonly [string, string])[];
  readonly paramsBytes: number;
  readonly stdinLength: number;
  /** Null when there was no body. */
  readonly stdinSha1: string | null;
}
interface Capture {
  readonly label: string;
  readonly case: string;
  readonly connection: number;
  readonly octets: string;
  readonly decoded: {
    readonly records: ReadonlyArray<{ readonly type: string; readonly len: number; readonly pad: number }>;
    readonly requests: readonly Decoded[];
  };
}
type Read = Omit<Decoded, "stdinSha1"> & { readonly stdinSha1: string };

const captures = gunzipSync(
  readFileSync(new URL("../../fixtures/wire/fastcgi-captures.jsonl.gz", import.meta.url)),
)
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Capture);

/**
 * Up to this size a capture is cut in two at every octet. A larger one is cut at, inside and right after its record
 * headers; where those are too many, at a sample of these places spread evenly over all.
 */
const cutEverywhereOctets = 1_500;
/** The most cuts of a sampled capture, and the most octets read again for them, save that a dozen are always made. */
const mostCuts = 120;
const mostOctetsRead = 2_000_000;

/** Reads a capture and answers each request when its body has ended or it is aborted. */
function read(chunks: readonly Uint8Array[]): Read[] {
  const core = new FastcgiApplicationSide({ limits: { maxRequests: 8 } });
  const requests: Array<Read & { body: Buffer[]; keepConn: boolean; stdinEnded: boolean; aborted: boolean }> =
    [];
  const lines = run(core, { chunks, end: true }, (event) => {
    const current = requests.findLast((each) => each.id === event.id)!;
    if (event.type === "request") {
      const { id, role } = event;
      requests.push({
        id,
        role: role.toUpperCase(),
        keepConn: true,
        stdinEnded: false,
        aborted: false,
        params: readPairs(event.params),
        paramsBytes: event.params.octets.length,
        stdinLength: 0,
        stdinSha1: "",
        body: [],
      });
    } else if (event.type === "body") current.body.push(Buffer.from(event.octets));
    else if (event.type === "body-end" || event.type === "abort") {
      if (event.type === "abort") current.aborted = true;
      else current.stdinEnded = true;
      core.send({ type: "end", id: event.id, complete: true });
      current.keepConn = !core.closing;
    }
  });
  expect(lines.filter((line) => /^(throws|refused)/.test(line))).toEqual([]);
  return requests.map(({ body, ...rest }) => {
    const octets = Buffer.concat(body);
    return {
      ...rest,
      stdinLength: octets.length,
      stdinSha1: createHash("sha1").update(octets).digest("hex"),
    };
  });
}

/** `long...<8000 bytes, see .bin>` and `... <256 params omitted>`: the recording shortened what was long. */
function expectParams(actual: Read["params"], decoded: Read["params"]): void {
  const gap = decoded.findIndex(([name, value]) => name === "..." && value.includes("params omitted"));
  const after = gap < 0 ? [] : decoded.slice(gap + 1);
  const before = gap < 0 ? decoded : decoded.slice(0, gap);
  const omitted = gap < 0 ? 0 : Number(/<(\d+) /.exec(decoded[gap]![1])![1]);
  expect(actual.length).toBe(before.length + omitted + after.length);
  const kept = [...actual.slice(0, before.length), ...(gap < 0 ? [] : actual.slice(-after.length))];
  for (const [at, [name, value]] of [...before, ...after].entries()) {
    const shortened = /^(.*)\.\.\.<(\d+) bytes, see \.bin>$/s.exec(value);
    const [actualName, actualValue] = kept[at]!;
    expect(actualName).toBe(name);
    if (shortened === null) expect(actualValue).toBe(value);
    else
      expect([actualValue.startsWith(shortened[1]!), actualValue.length]).toEqual([
        true,
        Number(shortened[2]),
      ]);
  }
}

/** The octets of each record header of a capture, one before and one after: where a cut is most likely to hurt. */
function* aroundHeaders(capture: Capture, length: number): Generator<number> {
  let at = 0;
  for (const { len, pad } of capture.decoded.records) {
    for (let offset = -1; offset <= 9; offset++)
      if (at + offset > 0 && at + offset < length) yield at + offset;
    at += 8 + len + pad;
  }
}

function sampled(positions: readonly number[], octets: number): number[] {
  const most = Math.max(12, Math.min(mostCuts, Math.floor(mostOctetsRead / octets)));
  const step = Math.ceil(positions.length / most);
  return positions.filter((_, at) => at % step === 0);
}

describe("captures of real web servers", () => {
  it("are all here", () => {
    expect(captures.length).toBe(227);
  });

  it.each(
    captures.map((capture) => [`${capture.label} ${capture.case} ${capture.connection}`, capture] as const),
  )("P4 %s", (_, capture) => {
    const octets = Buffer.from(capture.octets, "base64");
    const whole = read([octets]);
    expect(whole.length).toBe(capture.decoded.requests.length);
    for (const [at, decoded] of capture.decoded.requests.entries()) {
      const actual = whole[at]!;
      expectParams(actual.params, decoded.params);
      // An Authorizer's body has ended before it began (W15).
      const stdinEnded = decoded.stdinEnded || decoded.role === "AUTHORIZER";
      const { id, role, keepConn, aborted, paramsBytes, stdinLength } = decoded;
      expect(actual).toMatchObject({ id, role, keepConn, aborted, stdinEnded, paramsBytes, stdinLength });
      if (decoded.stdinSha1 !== null) expect(actual.stdinSha1).toBe(decoded.stdinSha1);
    }
    const positions =
      octets.length <= cutEverywhereOctets
        ? octets.keys()
        : sampled([...aroundHeaders(capture, octets.length)], octets.length);
    const expected = JSON.stringify(whole);
    for (const [cut, chunks] of cuts(octets, positions)) {
      if (JSON.stringify(read(chunks)) !== expected) expect.fail(`${cut} gives something else`);
    }
  });
});
