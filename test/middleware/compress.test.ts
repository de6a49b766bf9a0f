/** Compression: what is compressed and how, that nothing is held back, and how it ends. */
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  gunzipSync,
  inflateSync,
} from "node:zlib";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import {
  flushHead,
  type Application,
  type HeaderList,
  type StartResponse,
  type Write,
} from "../../src/bridge/index.ts";
import { compress, type CompressOptions } from "../../src/middleware/index.ts";
import {
  answering,
  failingLater,
  gone,
  nextTurn,
  octets,
  raise,
  RecordingSink,
  start,
  type LooseApplication,
} from "../bridge/hosted.ts";
import { gate } from "../support/serving.ts";
import { answered, headersOf, paramsOf, request, type Answered } from "./request.ts";

const html: HeaderList = [["Content-Type", "text/html"]];
const text = "<p>The quick brown fox jumps over the lazy dog.</p>\n".repeat(100);
const br = { "Accept-Encoding": "gzip, deflate, br" };
const gzip = { "Accept-Encoding": "gzip" };

const decoders = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync } as const;

function decoded({ headers, octets: body }: Answered): string {
  const coding = headers["content-encoding"];
  if (coding === undefined) return body.toString();
  return decoders[coding as keyof typeof decoders](body).toString();
}

async function* stream(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

function* pieces(...chunks: string[]): Generator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

const halves = [text.slice(0, 700), text.slice(700)] as const;

describe("compress", () => {
  it("an array stays an array, with the Content-Length of what is sent", async () => {
    const answer = await request(compress(), answering([octets(text)], html), br);
    expect(decoded(answer)).toBe(text);
    expect(answer.headers).toEqual({
      "content-type": "text/html",
      vary: "Accept-Encoding",
      "content-encoding": "br",
      "content-length": String(answer.octets.length),
    });
    expect(answer.sink.order).toHaveLength(3);
    const several = await request(compress(), answering(halves.map(octets), html), br);
    expect([decoded(several), several.headers["content-length"]]).toEqual([
      text,
      String(several.octets.length),
    ]);
  });

  it("M1 returns in the turn of the call where the application does", () => {
    const application = compress()((_environ, startResponse) => {
      startResponse("200 OK", html);
      return [octets(text)];
    });
    const environ = { REQUEST_METHOD: "GET", HTTP_ACCEPT_ENCODING: "gzip" };
    expect(application(environ as never, () => async () => {})).toBeInstanceOf(Array);
  });

  it.each<[string, LooseApplication]>([
    ["an array of more than one block", answering([Buffer.from(text.repeat(100))], html)],
    ["a synchronous iterable", answering(pieces(...halves), html)],
    ["an asynchronous iterable", answering(stream(...halves), html)],
    ["an asynchronous iterable with empty chunks", answering(stream("", halves[0], "", halves[1], ""), html)],
    ["a promise of one", async (environ, begin) => answering(stream(...halves), html)(environ, begin)],
    [
      "write() alone",
      async (_environ, begin) => {
        const write = begin("200 OK", html) as Write;
        for (const half of halves) await write(octets(half));
        return [];
      },
    ],
    [
      "write(), awaited by nobody, and a body",
      (_environ, begin) => {
        const write = begin("200 OK", html) as Write;
        for (const character of halves[0]) void write(octets(character));
        return [octets(halves[1])];
      },
    ],
    [
      "start_response in the first step",
      (_environ, begin) =>
        (async function* () {
          begin("200 OK", html);
          yield* stream(...halves);
        })(),
    ],
    [
      "start_response in the first step of a synchronous one",
      (_environ, begin) =>
        (function* () {
          begin("200 OK", html);
          yield* pieces(...halves);
        })(),
    ],
  ])("%s is compressed, without a Content-Length", async (name, application) => {
    for (const accepted of ["br", "gzip", "deflate"]) {
      const answer = await request(compress(), application, { "Accept-Encoding": accepted });
      // A generator can be iterated once.
      if (accepted !== "br" && /iterable$|chunks$|promise/.test(name)) return;
      expect(answer.headers["content-encoding"]).toBe(accepted);
      expect(answer.headers["content-length"]).toBeUndefined();
      expect(decoded(answer)).toBe(name.includes("more than one block") ? text.repeat(100) : text);
      expect(answer.sink.complete).toBe(true);
    }
  });

  it.each<[string, string | undefined]>([
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, deflate, br", "br"],
    ["gzip, deflate", "gzip"],
    ["deflate", "deflate"],
    ["gzip;q=1.0, br;q=0.5", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["*", "br"],
    ["*;q=0", undefined],
    ["identity", undefined],
    ["identity, gzip;q=0.5", undefined],
    ["gzip;q=0", undefined],
    ["compress", undefined],
    ["GZIP", "gzip"],
    ["gzip;q=nonsense", undefined],
    [",,;;=", undefined],
    ["", undefined],
  ])("Accept-Encoding %j gets %s", async (accepted, coding) => {
    const options: CompressOptions = { encodings: ["br", "gzip", "deflate"] };
    const answer = await request(compress(options), answering([octets(text)], html), {
      "Accept-Encoding": accepted,
    });
    expect([answer.headers["content-encoding"], answer.headers["vary"]]).toEqual([coding, "Accept-Encoding"]);
    expect(decoded(answer)).toBe(text);
  });

  it("encodings sets what is made, and in which order", async () => {
    const ask = async (options: CompressOptions): Promise<string | undefined> =>
      (await request(compress(options), answering([octets(text)], html), br)).headers["content-encoding"];
    expect(await ask({ encodings: ["deflate", "br"] })).toBe("deflate");
    expect(await ask({ encodings: [] })).toBeUndefined();
  });

  it.each<[string, HeaderList, string?, string?]>([
    ["an image", [["Content-Type", "image/png"]]],
    ["no type", []],
    [
      "what is encoded already",
      [
        ["Content-Type", "text/html"],
        ["content-encoding", "gzip"],
      ],
    ],
    [
      "no-transform",
      [
        ["Content-Type", "text/html"],
        ["Cache-Control", "public, No-Transform"],
      ],
    ],
    [
      "no-transform in a second header",
      [
        ["Content-Type", "text/html"],
        ["Cache-Control", "public"],
        ["Cache-Control", "no-transform"],
      ],
    ],
    [
      "a range",
      [
        ["Content-Type", "text/html"],
        ["Content-Range", "bytes 0-9/10"],
      ],
    ],
    [
      "a digest of the octets",
      [
        ["Content-Type", "text/html"],
        ["Content-Digest", "sha-256=:x:"],
      ],
    ],
    ["206", html, "206 Partial Content"],
    ["204", html, "204 No Content"],
  ])("leaves %s as it is", async (_name, headers, status = "200 OK") => {
    const { sink } = await request(compress(), answering([octets(text)], headers, status), br);
    expect(sink.headers.filter(([name]) => name !== "Content-Length")).toEqual(headers);
    expect(sink.text).toBe(status.startsWith("204") ? "" : text);
  });

  it("compresses errors and other answers with a body", async () => {
    const answer = await request(compress(), answering([octets(text)], html, "404 Not Found"), br);
    expect([answer.code, answer.headers["content-encoding"]]).toEqual([404, "br"]);
  });

  it.each<[string, () => LooseApplication]>([
    ["an array", () => answering([octets(text)], [...html, ["ETag", '"a"']])],
    ["several chunks", () => answering(halves.map(octets), [...html, ["ETag", '"a"']])],
    ["a short array", () => answering([octets("short")], [...html, ["ETag", '"a"']])],
    ["a large array", () => answering([Buffer.from(text.repeat(100))], [...html, ["ETag", '"a"']])],
    ["an iterable", () => answering(pieces(...halves), [...html, ["ETag", '"a"']])],
    ["a stream", () => answering(stream(...halves), [...html, ["ETag", '"a"']])],
    [
      "start_response in the first step",
      () => (_environ, begin) =>
        (async function* () {
          begin("200 OK", [...html, ["ETag", '"a"']]);
          yield* stream(...halves);
        })(),
    ],
    [
      "write()",
      () => async (_environ, begin) => {
        await (begin("200 OK", html) as Write)(octets(text));
        return [];
      },
    ],
  ])("HEAD has the headers of GET: %s", async (_name, make) => {
    const get = await request(compress(), make(), br);
    const head = await request(compress(), make(), br, { method: "HEAD" });
    expect([head.headers, head.code, head.sink.text]).toEqual([get.headers, get.code, ""]);
    expect(head.log).toEqual([]);
  });

  it.each<[string, Uint8Array[] | AsyncGenerator<Uint8Array>]>([
    ["no chunks", []],
    ["an empty chunk", [octets("")]],
    ["an empty stream", stream()],
  ])(
    "HEAD, left without a body by the application, claims no length that GET has not: %s",
    async (_name, body) => {
      const headers: HeaderList = [...html, ["Content-Length", "5200"], ["ETag", '"a"']];
      const answer = await request(compress(), answering(body, headers), br, { method: "HEAD" });
      expect(answer.headers).toEqual({
        "content-type": "text/html",
        "content-encoding": "br",
        etag: 'W/"a"',
        vary: "Accept-Encoding",
      });
      expect(answer.log).toEqual([]);
    },
  );

  it("HEAD keeps its ETag where nobody says how long the body would be", async () => {
    const answer = await request(compress(), answering([], [...html, ["ETag", '"a"']]), br, {
      method: "HEAD",
    });
    expect(answer.headers).toEqual({ "content-type": "text/html", etag: '"a"', vary: "Accept-Encoding" });
  });

  it("304 has Vary and the ETag that the 200 had", async () => {
    const answer = await request(compress(), answering([], [["ETag", '"a"']], "304 Not Modified"), br);
    expect(answer.headers).toEqual({ etag: 'W/"a"', vary: "Accept-Encoding" });
    const plain = await request(compress(), answering([], [["ETag", '"a"']], "304 Not Modified"));
    expect(plain.headers).toEqual({ etag: '"a"', vary: "Accept-Encoding" });
  });

  it.each([
    ["Cookie", "Cookie, Accept-Encoding"],
    ["accept-encoding", "accept-encoding"],
    ["Cookie, Accept-Encoding", "Cookie, Accept-Encoding"],
    ["*", "*"],
  ])("Vary: %s becomes %s", async (vary, expected) => {
    const headers: HeaderList = [...html, ["vary", vary]];
    const answer = await request(compress(), answering([octets(text)], headers), br);
    expect(
      answer.sink.headers.filter(([name]) => name.toLowerCase() === "vary").map(([, value]) => value),
    ).toEqual([expected]);
  });

  it("weakens a strong ETag, takes Content-Length and Accept-Ranges away, leaves the application's list alone", async () => {
    const headers: HeaderList = [
      ...html,
      ["ETag", '"a"'],
      ["Content-Length", String(text.length)],
      ["Accept-Ranges", "bytes"],
    ];
    const before = structuredClone(headers);
    const answer = await request(compress(), answering(stream(...halves), headers), br);
    expect([answer.headers, headers]).toEqual([
      { "content-type": "text/html", etag: 'W/"a"', vary: "Accept-Encoding", "content-encoding": "br" },
      before,
    ]);
    expect(decoded(answer)).toBe(text);
  });

  it("leaves small bodies, and those that would grow, as they are", async () => {
    const small = await request(compress(), answering([octets("small")], html), br);
    expect([small.sink.text, small.headers["content-length"], small.headers["vary"]]).toEqual([
      "small",
      "5",
      "Accept-Encoding",
    ]);
    const said = await request(
      compress(),
      answering(stream("small"), [...html, ["Content-Length", "5"]]),
      br,
    );
    expect([said.sink.text, said.headers["content-encoding"]]).toEqual(["small", undefined]);
    expect(
      (await request(compress({ threshold: 5 }), answering([octets("aaaaa")], html), gzip)).sink.text,
    ).toBe("aaaaa");
    const empty = await request(compress({ threshold: 0 }), answering([], html), br);
    expect([empty.headers["content-encoding"], empty.headers["content-length"]]).toEqual([undefined, "0"]);
    const emptyStream = await request(compress(), answering(stream(), html), br);
    expect([emptyStream.headers["content-encoding"], emptyStream.headers["content-length"]]).toEqual([
      undefined,
      "0",
    ]);
  });

  it("filter decides by the type and the request", async () => {
    const filter = (type: string, environ: { PATH_INFO: string }): boolean =>
      type === "image/png" && environ.PATH_INFO === "/x";
    const headers: HeaderList = [["Content-Type", "image/png"]];
    const answer = await request(compress({ filter }), answering([octets(text)], headers), br);
    expect(answer.headers["content-encoding"]).toBe("br");
    expect((await request(compress({ filter }), answering([octets(text)], html), br)).sink.text).toBe(text);
  });

  it("level sets how hard it tries", async () => {
    const sizeAt = async (level: number): Promise<number> =>
      (await request(compress({ level: { gzip: level } }), answering([octets(text)], html), gzip)).octets
        .length;
    expect(await sizeAt(9)).toBeLessThan(await sizeAt(1));
  });

  it.each<[CompressOptions, RegExp]>([
    [{ threshold: -1 }, /threshold is -1/],
    [{ encodings: ["x" as never] }, /"x" is no encoding; expected some of br, zstd, gzip, deflate/],
    [{ level: { gzip: 10 } }, /level.gzip is 10; expected a whole number from 0 to 9/],
    [{ level: { x: 1 } as never }, /"x" is no encoding/],
  ])("refuses %j", (options, message) => {
    expect(() => compress(options)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_OPTION",
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });
});

describe("a streamed answer", () => {
  it.each([
    ["br", createBrotliDecompress],
    ["gzip", createGunzip],
  ])(
    "S9 M7 is not held back: each event can be read before the next is made (%s)",
    async (coding, create) => {
      const sink = new RecordingSink();
      const events = [1, 2, 3].map((n) => `data: ${n}\n\n`);
      const gates = events.map(() => gate());
      async function* make(): AsyncGenerator<Uint8Array> {
        for (const [n, event] of events.entries()) {
          yield octets(event);
          await gates[n]?.opened;
        }
      }
      const decoder = create();
      let taken = 0;
      sink.onBody = () => {
        decoder.write(Buffer.from(sink.text.slice(taken), "latin1"));
        taken = sink.text.length;
      };
      const application = compress({ threshold: 0 })(
        answering(make(), [["Content-Type", "text/event-stream"]]) as Application,
      ) as LooseApplication;
      const hosted = start(application, { params: paramsOf({ "Accept-Encoding": coding }), sink });
      for (const [n, event] of events.entries()) {
        const [data] = (await once(decoder, "data")) as [Buffer];
        expect(data.toString()).toBe(event);
        gates[n]?.open();
      }
      await hosted.finished;
      expect(headersOf(sink.headers)["content-encoding"]).toBe(coding);
    },
  );

  it("A28 calls the gateway's write() no more once it has returned: what is left of write() begins the body", async () => {
    const application: LooseApplication = (_environ, begin) => {
      const write = begin("200 OK", html) as Write;
      for (const half of halves) void write(octets(half));
      return [octets("end")];
    };
    const environ = { REQUEST_METHOD: "GET", HTTP_ACCEPT_ENCODING: "gzip" };
    const parts: Uint8Array[] = [];
    let returned = false;
    const body = await compress()(application as Application)(environ as never, () => async (chunk) => {
      expect(returned).toBe(false);
      parts.push(chunk);
    });
    returned = true;
    for await (const chunk of body) parts.push(chunk);
    await body.close?.();
    expect(gunzipSync(Buffer.concat(parts)).toString()).toBe(`${text}end`);
  });

  it("hands an empty chunk on as it is, behind the head: it may be one that has the head sent at once", async () => {
    const empty = new Uint8Array(0);
    const calls: unknown[] = [];
    const written: LooseApplication = async (_environ, begin) => {
      await (begin("200 OK", html) as Write)(empty);
      return [];
    };
    const yielded = answering(
      (function* () {
        yield empty;
      })(),
      html,
    );
    for (const application of [written, yielded]) {
      const wrapped = compress()(application as Application);
      const environ = { REQUEST_METHOD: "GET", HTTP_ACCEPT_ENCODING: "gzip" };
      const body = await wrapped(environ as never, (_status, headers) => {
        calls.push(headersOf(headers)["content-encoding"]);
        return async (chunk) => void calls.push(chunk);
      });
      for await (const chunk of body) calls.push(chunk);
      await body.close?.();
    }
    const [first, firstChunk, firstEnd, second, secondChunk, secondEnd] = calls;
    expect([first, second]).toEqual(["gzip", "gzip"]);
    expect([firstChunk === empty, secondChunk === empty]).toEqual([true, true]);
    for (const end of [firstEnd, secondEnd]) expect(gunzipSync(end as Uint8Array)).toHaveLength(0);
  });

  it("sends the head at once where flushHead asks for it", async () => {
    const waiting = gate();
    async function* make(): AsyncGenerator<Uint8Array> {
      yield flushHead;
      await waiting.opened;
      yield octets(text);
    }
    const sink = new RecordingSink();
    const application = compress()(answering(make(), html) as Application) as LooseApplication;
    const hosted = start(application, { params: paramsOf(gzip), sink });
    while (!sink.calls.includes("flush")) await nextTurn();
    expect([sink.order, headersOf(sink.headers)["content-encoding"]]).toEqual([["head 200 OK"], "gzip"]);
    waiting.open();
    await hosted.finished;
    expect(decoded(answered(hosted))).toBe(text);
  });

  it("asks for nothing while the client takes nothing", async () => {
    let made = 0;
    async function* make(): AsyncGenerator<Uint8Array> {
      for (made = 1; made <= 3; made += 1) yield octets(text);
    }
    const sink = new RecordingSink();
    sink.full = true;
    const begun = gate();
    sink.onBody = () => begun.open();
    const application = compress()(answering(make(), html) as Application) as LooseApplication;
    const hosted = start(application, { params: paramsOf(gzip), sink });
    await begun.opened;
    expect(made).toBe(1);
    sink.drain();
    await hosted.finished;
    expect(decoded(answered(hosted))).toBe(text.repeat(3));
  });

  it("a chunk of any size goes through in slices", async () => {
    const large = Buffer.alloc(10_000_000, "0123456789");
    const answer = await request(
      compress(),
      answering(
        (function* () {
          yield large;
        })(),
        html,
      ),
      gzip,
    );
    expect(gunzipSync(answer.octets).equals(large)).toBe(true);
  });

  it("an error in it cuts the answer short", async () => {
    const { sink, log } = await request(compress(), answering(failingLater(octets(text)), html), br);
    expect([sink.complete, log.length]).toEqual([false, 1]);
  });

  it("an error before its first chunk is a 500 without a coding", async () => {
    const { code, headers } = await request(compress(), answering(failingLater(), html), br);
    expect([code, headers["content-encoding"]]).toEqual([500, undefined]);
  });

  it("M12 is closed, and its iterator ended, at once when the client goes away", async () => {
    const calls: string[] = [];
    const waiting = gate();
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          calls.push("next");
          waiting.open();
          return new Promise<never>(() => {});
        },
        return: async () => {
          calls.push("return");
          return { done: true, value: undefined };
        },
      }),
      close: () => void calls.push("close"),
    };
    const application = compress()(answering(body, html) as Application) as LooseApplication;
    const hosted = start(application, { params: paramsOf(br) });
    await waiting.opened;
    hosted.exchange.abort(gone());
    expect(calls).toEqual(["next", "return", "close"]);
    expect(hosted.log).toEqual([]);
  });

  it("ends quietly when the client goes away while zlib is at work", async () => {
    const begun = gate();
    const settled = gate();
    async function* make(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield Buffer.alloc(1_000_000, "0123456789");
          begun.open();
        }
      } finally {
        settled.open();
      }
    }
    const application = compress()(answering(make(), html) as Application) as LooseApplication;
    const hosted = start(application, { params: paramsOf(br) });
    await begun.opened;
    hosted.exchange.abort(gone());
    await settled.opened;
    await hosted.finished;
    expect(hosted.log).toEqual([]);
  });

  it.each(["ends", "fails"])("M12 close() is handed on once when it %s", async (how) => {
    let closed = 0;
    const source = how === "ends" ? stream(...halves) : failingLater(octets(text));
    const body = Object.assign(source, { close: () => void (closed += 1) });
    await request(compress(), answering(body, html), br);
    expect(closed).toBe(1);
    const array = Object.assign([octets(text)], { close: () => void (closed += 1) });
    await request(compress(), answering(array, html), br);
    expect(closed).toBe(2);
  });
});

describe("Content-Length that is not the body's", () => {
  const said = (length: number): HeaderList => [...html, ["Content-Length", String(length)]];

  it("too long: the answer is cut short, visibly", async () => {
    const { sink, log } = await request(compress(), answering(stream(...halves), said(9999)), br);
    expect([sink.complete, log[0]?.code]).toEqual([false, "ERR_RESPONSE_LENGTH"]);
    const array = await request(compress(), answering([octets(text)], said(9999)), br);
    expect([array.sink.complete, array.log[0]?.code]).toEqual([false, "ERR_RESPONSE_LENGTH"]);
  });

  it("S69 S70 too short: what it says is sent, and the iteration ends there", async () => {
    let ended = false;
    async function* make(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield octets(text);
      } finally {
        ended = true;
      }
    }
    const answer = await request(compress(), answering(make(), said(text.length + 10)), br);
    expect([decoded(answer), ended]).toEqual([text + text.slice(0, 10), true]);
  });

  it("write() past it sends what fits and rejects", async () => {
    const rejections: unknown[] = [];
    const application: LooseApplication = async (_environ, begin: StartResponse) => {
      const write = begin("200 OK", said(2000));
      await write(octets(text)).catch((error: unknown) => rejections.push(error));
      return [];
    };
    const answer = await request(compress(), application, br);
    expect(decoded(answer)).toBe(text.slice(0, 2000));
    expect(rejections).toEqual([expect.objectContaining({ code: "ERR_RESPONSE_LENGTH" })]);
  });
});

describe("start_response again", () => {
  it("with excInfo, before anything was sent, replaces the head: the error goes as it is", async () => {
    const application: LooseApplication = (_environ, begin) => {
      begin("200 OK", html);
      begin("500 Oops", html, new Error("late"));
      return [octets(text)];
    };
    const { code, headers, sink } = await request(compress(), application, br);
    expect([code, headers["content-encoding"], sink.text]).toEqual([500, undefined, text]);
  });

  it("S65 with excInfo, after write(), throws it", async () => {
    const error = new Error("late");
    const application: LooseApplication = (_environ, begin) => {
      void (begin("200 OK", html) as Write)(octets(text));
      begin("500 Oops", html, error);
      return [];
    };
    const { code, headers, log } = await request(compress(), application, br);
    expect(log[0]?.message).toContain("late");
    // zlib had put nothing out yet, so there is room for a whole 500.
    expect([code, headers["content-encoding"]]).toEqual([500, undefined]);
  });

  it.each([html, []])("S67 without excInfo is refused (%j)", async (...headers) => {
    const application: LooseApplication = (_environ, begin) => {
      begin("200 OK", headers);
      begin("200 OK", headers);
      return [];
    };
    const { log } = await request(compress(), application, br);
    expect(log.map((entry) => entry.code)).toEqual(["ERR_RESPONSE_STARTED"]);
  });

  it.each<[string, LooseApplication, string]>([
    ["a chunk that is a string", answering(["text"], html), "ERR_RESPONSE_CHUNK"],
    [
      "a stream of strings",
      answering(
        (function* () {
          yield "text";
        })(),
        html,
      ),
      "ERR_RESPONSE_CHUNK",
    ],
    ["no body", answering(undefined, html), "ERR_RESPONSE_BODY"],
    ["a string as body", answering("text", html), "ERR_RESPONSE_BODY"],
    ["no start_response", () => [octets(text)], "ERR_RESPONSE_NOT_STARTED"],
    ["headers that are none", answering([octets(text)], "x" as never), "ERR_RESPONSE_HEADERS"],
    ["a header that is none", answering([octets(text)], [["A"]] as never), "ERR_RESPONSE_HEADERS"],
    ["a status that is none", answering([octets(text)], html, 200 as never), "ERR_RESPONSE_STATUS"],
    [
      "a bad Content-Length",
      answering([octets(text)], [...html, ["Content-Length", "x"]]),
      "ERR_RESPONSE_HEADERS",
    ],
    ["a forbidden header", answering([octets(text)], [...html, ["A", "\n"]]), "ERR_RESPONSE_HEADERS"],
    ["an exception", () => raise(new Error("boom")), ""],
  ])("what is wrong with %s the gateway says", async (_name, application, code) => {
    const answer = await request(compress(), application, br);
    expect([answer.code, answer.log[0]?.code ?? ""]).toEqual([500, code]);
  });
});
