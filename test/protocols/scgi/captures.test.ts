/** Octets that real web servers sent over SCGI, read whole, octet by octet and cut in two. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readPairs, ScgiApplicationSide } from "../../../src/protocols/scgi/index.ts";
import { cuts, run } from "../drive.ts";

type Pairs = ReadonlyArray<readonly [string, string]>;
interface Capture {
  readonly label: string;
  readonly case: string;
  readonly octets: string;
  readonly decoded: {
    readonly params: Pairs;
    readonly bodyLength: number;
    /** Null when there was no body. */
    readonly bodySha1: string | null;
  };
}
interface Read {
  readonly lines: string[];
  readonly params: Pairs;
  readonly body: Buffer;
}

const captures = gunzipSync(
  readFileSync(new URL("../../fixtures/wire/scgi-captures.jsonl.gz", import.meta.url)),
)
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Capture);

/** Up to this size a capture is cut in two at every octet; a larger one at some hundred places spread over it. */
const cutEverywhereOctets = 1_500;

function read(chunks: readonly Uint8Array[]): Read {
  const params: Array<readonly [string, string]> = [];
  const body: Buffer[] = [];
  const lines = run(new ScgiApplicationSide(), { chunks, end: true }, (event) => {
    if (event.type === "request") params.push(...readPairs(event.params));
    else if (event.type === "body") body.push(Buffer.from(event.octets));
  });
  return { lines, params, body: Buffer.concat(body) };
}

/** `long...<8000 bytes, see .bin>` and `... <256 params omitted>`: the recording shortened what was long. */
function expectParams(actual: Pairs, decoded: Pairs): void {
  const gap = decoded.findIndex(([name, value]) => name === "..." && value.includes("params omitted"));
  const before = gap < 0 ? decoded : decoded.slice(0, gap);
  const after = gap < 0 ? [] : decoded.slice(gap + 1);
  const omitted = gap < 0 ? 0 : Number(/<(\d+) /.exec(decoded[gap]![1])![1]);
  expect(actual.length).toBe(before.length + omitted + after.length);
  const kept = [...actual.slice(0, before.length), ...actual.slice(actual.length - after.length)];
  for (const [at, [name, value]] of [...before, ...after].entries()) {
    const [actualName, actualValue] = kept[at]!;
    const shortened = /^(.*)\.\.\.<(\d+) bytes, see \.bin>$/s.exec(value);
    expect(actualName).toBe(name);
    if (shortened === null) expect(actualValue).toBe(value);
    else {
      expect(actualValue.startsWith(shortened[1]!)).toBe(true);
      expect(actualValue.length).toBe(Number(shortened[2]));
    }
  }
}

describe("SCGI captures of real web servers", () => {
  it("are all here", () => {
    expect(captures.length).toBe(85);
  });

  it.each(captures.map((capture, at) => [`${capture.label} ${capture.case} (${at})`, capture] as const))(
    "P4 %s",
    (_, { octets: base64, decoded }) => {
      const octets = Buffer.from(base64, "base64");
      const whole = read([octets]);
      expectParams(whole.params, decoded.params);
      expect(whole.lines.at(-1)).toBe("body-end 1");
      expect(whole.body.length).toBe(decoded.bodyLength);
      if (decoded.bodySha1 !== null) {
        expect(createHash("sha1").update(whole.body).digest("hex")).toBe(decoded.bodySha1);
      }
      const step = octets.length <= cutEverywhereOctets ? 1 : Math.ceil(octets.length / 100);
      const positions = [...octets.keys()].filter((at) => at % step === 0);
      for (const [cut, chunks] of cuts(octets, positions)) {
        if (read(chunks).lines.join("\n") !== whole.lines.join("\n")) expect.fail(`${cut} differs`);
      }
    },
  );
});
