/** 304 for what the client has: RFC 9110 sections 13.1.2, 13.1.3 and 15.4.5. */
import { describe, expect, it } from "vitest";
import type { HeaderList, Write } from "../../src/bridge/index.ts";
import { conditionalGet } from "../../src/middleware/index.ts";
import { answering, octets, raise, type LooseApplication } from "../bridge/hosted.ts";
import { request } from "./request.ts";

const tagged: HeaderList = [
  ["Content-Type", "text/plain"],
  ["Content-Length", "3"],
  ["Content-Language", "en"],
  ["ETag", '"v1"'],
  ["Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"],
  ["Cache-Control", "no-cache"],
  ["Vary", "Cookie"],
  ["Set-Cookie", "a=1"],
];
const kept = {
  etag: '"v1"',
  "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT",
  "cache-control": "no-cache",
  vary: "Cookie",
  "set-cookie": "a=1",
};
const match = { "If-None-Match": '"v1"' };

async function* stream(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

function* pieces(...chunks: string[]): Generator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

/** Calls start_response when it is iterated. */
const late: LooseApplication = (_environ, startResponse) =>
  (async function* () {
    startResponse("200 OK", tagged);
    yield octets("abc");
  })();

describe("conditionalGet", () => {
  it.each<[string, LooseApplication]>([
    ["an array", answering([octets("abc")], tagged)],
    ["a synchronous iterable", answering(pieces("a", "bc"), tagged)],
    ["an asynchronous iterable", answering(stream("a", "bc"), tagged)],
    ["a promise", async (environ, start) => answering([octets("abc")], tagged)(environ, start)],
    [
      "write()",
      (_environ, start) => {
        const write = start("200 OK", tagged) as Write;
        void write(octets("abc"));
        return [];
      },
    ],
  ])("answers 304 in place of %s, with the headers that a 304 has", async (_name, application) => {
    const { code, headers, sink } = await request(conditionalGet(), application, match);
    expect([code, sink.text, headers]).toEqual([304, "", kept]);
  });

  it("answers 304 where start_response is called by the first step of the body", async () => {
    for (const middleware of [conditionalGet(), conditionalGet({ etag: true })]) {
      expect((await request(middleware, late, match)).code).toBe(304);
      expect((await request(middleware, late)).sink.text).toBe("abc");
    }
    const untagged: LooseApplication = (_environ, startResponse) =>
      (async function* () {
        startResponse("200 OK", []);
        yield octets("abc");
      })();
    expect((await request(conditionalGet({ etag: true }), untagged)).sink.text).toBe("abc");
  });

  it.each([
    [{ "If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT" }, 304],
    [{ "If-Modified-Since": "Sun, 06 Nov 1994 08:49:36 GMT" }, 200],
    [{ "If-None-Match": '"v2"' }, 200],
    [{ "If-None-Match": 'W/"v1"' }, 304],
    [{ ...match, "Cache-Control": "no-cache" }, 304],
    [{}, 200],
  ])("%j is %i", async (headers, code) => {
    expect((await request(conditionalGet(), answering([octets("abc")], tagged), headers)).code).toBe(code);
  });

  it("is for GET and HEAD, and for answers that are the content itself", async () => {
    const ask = async (method: string, status: string): Promise<number> =>
      (await request(conditionalGet(), answering([octets("abc")], tagged, status), match, { method })).code;
    expect([await ask("HEAD", "200 OK"), await ask("GET", "206 Partial Content")]).toEqual([304, 304]);
    expect([await ask("POST", "200 OK"), await ask("GET", "404 Not Found")]).toEqual([200, 404]);
  });

  it("closes the body that it does not send, without reading it", async () => {
    const calls: string[] = [];
    const body = {
      [Symbol.iterator]: () => raise(new Error("it was read")),
      close: () => void calls.push("close"),
    };
    expect((await request(conditionalGet(), answering(body, tagged), match)).code).toBe(304);
    const array = Object.assign([octets("abc")], { close: () => void calls.push("close array") });
    expect((await request(conditionalGet(), answering(array, tagged), match)).code).toBe(304);
    expect(calls).toEqual(["close", "close array"]);
  });

  it("M1 returns the application's own body where it sends it", () => {
    const body = stream("abc");
    const application = conditionalGet({ etag: true })((_environ, start) => {
      start("200 OK", tagged.slice());
      return body;
    });
    expect(application({ REQUEST_METHOD: "GET" } as never, () => async () => {})).toBe(body);
  });

  it("an error that replaces a 304 is answered", async () => {
    const application: LooseApplication = (_environ, start) => {
      start("200 OK", tagged);
      start("500 Oops", [], new Error("late"));
      return [octets("oops")];
    };
    const { code, sink } = await request(conditionalGet(), application, match);
    expect([code, sink.text]).toEqual([500, "oops"]);
  });

  it("S65 an error after a chunk that it dropped is thrown again", async () => {
    const thrown: unknown[] = [];
    const late500 = new Error("late");
    const application: LooseApplication = async (_environ, start) => {
      await start("200 OK", tagged)(octets("a"));
      try {
        start("500 Oops", [], late500);
      } catch (error) {
        thrown.push(error);
      }
      return [];
    };
    expect((await request(conditionalGet(), application, match)).code).toBe(304);
    expect(thrown).toEqual([late500]);
  });

  it.each([{}, { etag: true }])("S67 a second head is refused %j", async (options) => {
    const application: LooseApplication = (_environ, start) => {
      start("200 OK", []);
      start("200 OK", []);
      return [];
    };
    const { log } = await request(conditionalGet(options), application);
    expect(log.map((entry) => entry.code)).toEqual(["ERR_RESPONSE_STARTED"]);
  });

  it.each([
    ["200 OK", "none"],
    [200, []],
    ["200 OK", [["A"]]],
  ])("a head that is none is refused by the gateway: %j %j", async (status, headers) => {
    const application: LooseApplication = (_environ, start) => {
      start(status, headers);
      return [];
    };
    for (const options of [{}, { etag: true }]) {
      const { log, code } = await request(conditionalGet(options), application, match);
      expect([code, log[0]?.code]).toEqual([500, expect.stringMatching(/^ERR_RESPONSE_/)]);
    }
  });
});

describe("conditionalGet({ etag: true })", () => {
  const plain: HeaderList = [["Content-Type", "text/plain"]];
  const tagging = conditionalGet({ etag: true });

  it("makes an ETag of an array, the same for the same octets", async () => {
    const first = await request(tagging, answering([octets("abc")], plain));
    const second = await request(tagging, answering([octets("a"), octets("bc")], plain));
    const other = await request(tagging, answering([octets("abd")], plain));
    const etag = first.headers["etag"] ?? "";
    expect(etag).toMatch(/^"3-[\w-]{27}"$/);
    expect([second.headers["etag"], first.headers["content-length"]]).toEqual([etag, "3"]);
    expect(other.headers["etag"]).not.toBe(etag);
    const again = await request(tagging, answering([octets("abc")], plain), { "If-None-Match": etag });
    expect([again.code, again.headers]).toEqual([304, { etag }]);
  });

  it.each<[string, LooseApplication, string]>([
    ["a stream", answering(stream("abc"), plain), "GET"],
    ["an answer to HEAD", answering([], plain), "HEAD"],
    ["an error", answering([octets("abc")], plain, "404 Not Found"), "GET"],
    ["an array of more than a megabyte", answering([Buffer.alloc(1_048_577)], plain), "GET"],
    [
      "write()",
      (_environ, start) => {
        const write = start("200 OK", plain) as Write;
        void write(octets("a"));
        return [octets("bc")];
      },
      "GET",
    ],
  ])("makes none of %s", async (_name, application, method) => {
    const { headers } = await request(tagging, application, {}, { method });
    expect(headers["etag"]).toBeUndefined();
  });

  it("leaves the application's own alone, and its list of headers", async () => {
    const { headers } = await request(tagging, answering([octets("abc")], tagged));
    expect(headers["etag"]).toBe('"v1"');
    const list: HeaderList = [["Content-Type", "text/plain"]];
    await request(tagging, answering([octets("abc")], list));
    expect(list).toHaveLength(1);
  });

  it("leaves a chunk that is a string to the gateway", async () => {
    const { code, log } = await request(tagging, answering(["abc"], plain));
    expect([code, log[0]?.code]).toEqual([500, "ERR_RESPONSE_CHUNK"]);
  });
});
