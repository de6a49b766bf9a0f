/** Properties of both sides of SCGI: totality, chunking invariance, round trip, the two sides against each other. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LimitExceededError, RemoteProtocolError } from "../../../src/errors/index.ts";
import { readPairs, ScgiApplicationSide, ScgiWebServerSide } from "../../../src/protocols/scgi/index.ts";
import { headers, latin1, netstring } from "../../support/scgi-wire.ts";
import { run, takeAll } from "../drive.ts";

const limits = { maxParamsOctets: 500, maxParams: 20 };

const latin1Text = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes));
const anyName = fc.oneof(
  fc.constantFrom(
    "SCGI",
    "CONTENT_LENGTH",
    "HTTP_CONTENT_LENGTH",
    "HTTP_A",
    "SERVER_SOFTWARE",
    "__proto__",
    "",
  ),
  latin1Text,
);
const anyValue = fc.oneof(fc.constantFrom("1", "0", "7", "", "nginx", "+1"), latin1Text);

/** Requests that are often as they should be, and often not. */
const anyOctets = fc
  .record({
    start: fc.constantFrom(
      "CONTENT_LENGTH\x005\0SCGI\x001\0",
      "CONTENT_LENGTH\x000\0SCGI\x001\0",
      "SCGI\x001\0",
      "",
    ),
    pairs: fc.array(fc.tuple(anyName, anyValue), { maxLength: 22 }),
    cutEnd: fc.nat(2),
    shift: fc.constantFrom(0, 0, 0, 0, 1, -1),
    before: fc.constantFrom("", "", "", "0", " ", "\x01"),
    after: fc.constantFrom(",", ",", ",", "", ";"),
    body: latin1Text,
  })
  .map(({ start, pairs, cutEnd, shift, before, after, body }) => {
    const all = start + headers(pairs);
    const content = all.slice(0, all.length - (cutEnd === 2 ? 1 : 0));
    return latin1(`${before}${content.length + shift}:${content}${after}${body}`);
  });
const rubbish = fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets));
const octetsOfAnyKind = fc.oneof({ weight: 5, arbitrary: anyOctets }, { weight: 1, arbitrary: rubbish });

function chunked(octets: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const size = sizes[turn % sizes.length] ?? octets.length;
    chunks.push(octets.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe("SCGI, both sides", () => {
  it("the application side gives events or an error of the peer's, whatever the octets", () => {
    fc.assert(
      fc.property(octetsOfAnyKind, (octets) => {
        const core = new ScgiApplicationSide({ limits });
        core.receive(octets);
        core.receiveEnd();
        try {
          while (core.nextEvent() !== undefined);
        } catch (error) {
          expect(error instanceof RemoteProtocolError || error instanceof LimitExceededError).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("P4 events and errors do not depend on how the octets are cut", () => {
    fc.assert(
      fc.property(octetsOfAnyKind, sizes, (octets, some) => {
        const cut = run(new ScgiApplicationSide({ limits }), { chunks: chunked(octets, some), end: true });
        expect(cut).toEqual(run(new ScgiApplicationSide({ limits }), { chunks: [octets], end: true }));
      }),
      { numRuns: 1_000 },
    );
  });

  it("what one side sends, the other receives, request and answer", () => {
    const name = latin1Text.filter((text) => text !== "" && text !== "SCGI" && text !== "CONTENT_LENGTH");
    const someParams = fc.uniqueArray(fc.tuple(name, latin1Text), {
      selector: ([first]) => first,
      maxLength: 15,
    });
    const someBody = fc.uint8Array({ maxLength: 3_000 });
    fc.assert(
      fc.property(someParams, someBody, someBody, sizes, (params, body, answer, some) => {
        const webServer = new ScgiWebServerSide();
        const length = ["CONTENT_LENGTH", String(body.length)] as const;
        webServer.send({
          type: "request",
          id: 1,
          role: "responder",
          keepConnection: true,
          params: [...params, length],
        });
        for (const octets of chunked(body, some)) webServer.send({ type: "body", id: 1, octets });
        webServer.send({ type: "body-end", id: 1 });

        const application = new ScgiApplicationSide();
        const received: Buffer[] = [];
        let got: unknown;
        run(application, { chunks: chunked(takeAll(webServer), some) }, (event) => {
          if (event.type === "request") got = readPairs(event.params);
          else if (event.type === "body") received.push(Buffer.from(event.octets));
          else if (event.type === "body-end") {
            for (const octets of chunked(answer, some)) application.send({ type: "body", id: 1, octets });
            application.send({ type: "end", id: 1, complete: true });
          }
        });
        expect(got).toEqual([length, ["SCGI", "1"], ...params]);
        expect(Buffer.concat(received).equals(Buffer.from(body))).toBe(true);

        const output: Buffer[] = [];
        const lines = run(webServer, { chunks: chunked(takeAll(application), some), end: true }, (event) => {
          if (event.type === "output") output.push(Buffer.from(event.octets));
        });
        expect(Buffer.concat(output).equals(Buffer.from(answer))).toBe(true);
        expect(lines.at(-1)).toBe("end 1 app=0 status=0");
      }),
    );
  });

  it("reads what the test's own builder wrote", () => {
    const name = fc.stringMatching(/^[A-Z_]{1,20}$/).filter((text) => text !== "SCGI");
    const someParams = fc.uniqueArray(fc.tuple(name, latin1Text), {
      selector: ([first]) => first,
      maxLength: 15,
    });
    fc.assert(
      fc.property(someParams, (params) => {
        const all = [["CONTENT_LENGTH", "0"], ["SCGI", "1"], ...params] as Array<[string, string]>;
        const unique = [...new Map(all)];
        let got: unknown;
        run(new ScgiApplicationSide(), { chunks: [netstring(headers(unique))] }, (event) => {
          if (event.type === "request") got = readPairs(event.params);
        });
        if (params.some(([first, value]) => first === "CONTENT_LENGTH" && value !== "0")) return;
        expect(got).toEqual(unique);
      }),
    );
  });
});
