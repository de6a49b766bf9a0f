/** Properties of both sides: totality, chunking invariance, round trip, the two sides against each other. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LimitExceededError, RemoteProtocolError } from "../../../src/errors/index.ts";
import {
  FastcgiApplicationSide,
  FastcgiWebServerSide,
  readPairs,
} from "../../../src/protocols/fastcgi/index.ts";
import { begin, join, pair, record } from "../../support/fastcgi-wire.ts";
import { run, takeAll } from "../drive.ts";

const limits = { maxRequests: 3, maxParamsOctets: 500, maxParams: 20 };

/** Records that often fit together, and often do not. */
const anyRecord = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(4), fc.nat(1)).map((of) => begin(...of)),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({
        type: fc.oneof(fc.constantFrom(2, 4, 4, 5, 5, 8), fc.integer({ min: 0, max: 255 })),
        id: fc.nat(4),
        content: fc.oneof(
          fc.constant(new Uint8Array(0)),
          fc.uint8Array({ maxLength: 40 }),
          fc.tuple(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 })).map((of) => pair(...of)),
        ),
        padding: fc.nat(255),
      })
      .map(({ type, id, content, padding }) => record(type, id, content, { padding })),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)) },
);
const anyOctets = fc.array(anyRecord, { maxLength: 25 }).map((records) => join(...records));

/** Cuts octets into chunks of the given sizes, over and over. */
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

/** An application that answers every other request when its body ends. */
function serve(chunks: readonly Uint8Array[]): { lines: string[]; output: Buffer; closing: boolean } {
  const core = new FastcgiApplicationSide({ limits });
  const lines = run(core, { chunks, end: true }, (event) => {
    if (event.type === "body-end" && event.id % 2 === 0) {
      core.send({ type: "body", id: event.id, octets: Buffer.from("answer") });
      core.send({ type: "end", id: event.id, complete: true });
    }
  });
  return { lines, output: takeAll(core), closing: core.closing };
}

describe("FastCGI, both sides", () => {
  it("the application side gives events or an error of the peer's, whatever the octets", () => {
    fc.assert(
      fc.property(anyOctets, (octets) => {
        const core = new FastcgiApplicationSide({ limits });
        core.receive(octets);
        core.receiveEnd();
        try {
          while (core.nextEvent() !== undefined);
        } catch (error) {
          expect(error instanceof RemoteProtocolError || error instanceof LimitExceededError).toBe(true);
        }
        expect(core.openRequests).toBeLessThanOrEqual(limits.maxRequests);
      }),
      { numRuns: 500 },
    );
  });

  it("the web server's side gives events or an error of the peer's, whatever the octets", () => {
    fc.assert(
      fc.property(anyOctets, (octets) => {
        const core = new FastcgiWebServerSide();
        for (const id of [1, 2, 3]) {
          core.send({ type: "request", id, role: "responder", keepConnection: true, params: [] });
        }
        const answer = Buffer.from(octets);
        // Turned into what an application sends, so that more than the first record is looked at.
        for (let at = 0; at + 8 <= answer.length; at += 8 + answer.readUInt16BE(at + 4) + answer[at + 6]!) {
          const type = answer[at + 1]!;
          answer[at + 1] = { 1: 3, 2: 7, 4: 6, 5: 6, 8: 7 }[type] ?? type;
        }
        core.receive(answer);
        core.receiveEnd();
        try {
          while (core.nextEvent() !== undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("P4 events, replies and errors do not depend on how the octets are cut", () => {
    fc.assert(
      fc.property(anyOctets, sizes, (octets, some) => {
        expect(serve(chunked(octets, some))).toEqual(serve([octets]));
      }),
      { numRuns: 500 },
    );
  });

  const native = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 200,
  });
  const content = fc.uint8Array({ maxLength: 300 });
  const exchange = fc.record({
    role: fc.constantFrom("responder", "filter"),
    params: fc.array(fc.tuple(native, native), { maxLength: 6 }),
    body: fc.array(content, { maxLength: 5 }),
    data: fc.array(content, { maxLength: 5 }),
    head: content,
    answer: fc.array(content, { maxLength: 5 }),
    errors: fc.array(content, { maxLength: 3 }),
  });

  it("W16 what one side sends, the other receives, requests and answers interleaved", () => {
    fc.assert(
      fc.property(
        fc.array(exchange, { minLength: 1, maxLength: 4 }),
        sizes,
        fc.infiniteStream(fc.nat()),
        (all, some, draw) => {
          const webServer = new FastcgiWebServerSide();
          const application = new FastcgiApplicationSide({ limits: { maxRequests: 4 } });
          interleave(
            draw,
            all.map((each, at) => {
              const id = at + 1;
              return [
                () =>
                  webServer.send({
                    type: "request",
                    id,
                    role: each.role,
                    keepConnection: true,
                    params: each.params,
                  }),
                ...each.body.map((octets) => () => webServer.send({ type: "body", id, octets })),
                () => webServer.send({ type: "body-end", id }),
                ...(each.role === "filter"
                  ? [
                      ...each.data.map((octets) => () => webServer.send({ type: "data", id, octets })),
                      () => webServer.send({ type: "data-end", id }),
                    ]
                  : []),
              ];
            }),
          );
          const got = all.map(() => ({
            params: [] as unknown[],
            body: [] as Buffer[],
            data: [] as Buffer[],
            ended: 0,
          }));
          for (const chunk of chunked(takeAll(webServer), some)) {
            application.receive(chunk);
            for (let event = application.nextEvent(); event; event = application.nextEvent()) {
              const request = got[event.id - 1]!;
              if (event.type === "request") request.params = readPairs(event.params);
              else if (event.type === "body" || event.type === "data")
                request[event.type].push(Buffer.from(event.octets));
              else request.ended++;
            }
          }
          expect(
            got.map(({ params, body, data, ended }) => [
              params,
              Buffer.concat(body),
              Buffer.concat(data),
              ended,
            ]),
          ).toEqual(
            all.map((each) => [
              each.params,
              Buffer.concat(each.body),
              Buffer.concat(each.role === "filter" ? each.data : []),
              each.role === "filter" ? 2 : 1,
            ]),
          );

          interleave(
            draw,
            all.map((each, at) => {
              const id = at + 1;
              return [
                () => application.send({ type: "head", id, octets: each.head }),
                ...each.errors.map((octets) => () => application.send({ type: "errors", id, octets })),
                ...each.answer.map((octets) => () => application.send({ type: "body", id, octets })),
                () => application.send({ type: "end", id, complete: true }),
              ];
            }),
          );
          const answers = all.map(() => ({ output: [] as Buffer[], errors: [] as Buffer[], ended: false }));
          for (const chunk of chunked(takeAll(application), some)) {
            webServer.receive(chunk);
            for (let event = webServer.nextEvent(); event; event = webServer.nextEvent()) {
              if (event.type === "output" || event.type === "errors") {
                answers[event.id - 1]![event.type].push(Buffer.from(event.octets));
              } else if (event.type === "end") answers[event.id - 1]!.ended = true;
            }
          }
          webServer.receiveEnd();
          expect(webServer.nextEvent()).toBeUndefined();
          expect(
            answers.map((each) => [Buffer.concat(each.output), Buffer.concat(each.errors), each.ended]),
          ).toEqual(
            all.map((each) => [Buffer.concat([each.head, ...each.answer]), Buffer.concat(each.errors), true]),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** Runs the steps of each list in order, and the lists in any order among themselves. */
function interleave(draw: Iterator<number>, lists: ReadonlyArray<ReadonlyArray<() => void>>): void {
  const waiting = lists.map((list) => [...list]);
  for (let open = waiting; open.length > 0; open = open.filter((list) => list.length > 0)) {
    open[(draw.next().value as number) % open.length]!.shift()!();
  }
}
