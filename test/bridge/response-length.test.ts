/** PEP 3333 "Handling the Content-Length Header", and the answers that have no body (W7). */
import { describe, expect, it } from "vitest";
import { answering, codes, defaultSettings, head, octets, run, type LooseApplication } from "./hosted.ts";

async function* later(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

function* now(...chunks: string[]): Generator<Uint8Array> {
  for (const chunk of chunks) yield octets(chunk);
}

describe("Content-Length that the gateway adds", () => {
  it("S12 S73 A7 is the length of the only chunk of an array", async () => {
    const { sink } = await run(answering([octets("h\u00e9llo")]));
    expect(sink.header("content-length")).toBe("6");
  });

  it.each([
    ["an empty array", []],
    ["one empty chunk", [octets("")]],
    ["an empty async generator", later()],
  ])("S73 is 0 where the whole answer is known to be empty: %s", async (_name, body) => {
    const { sink } = await run(answering(body));
    expect(sink.header("content-length")).toBe("0");
  });

  it.each([
    ["an array of two", [octets("a"), octets("b")]],
    ["a generator of one", now("a")],
    ["an async generator of one", later("a")],
  ])("S72 is left out where the length is not known: %s", async (_name, body) => {
    const { sink } = await run(answering(body));
    expect(sink.header("content-length")).toBeUndefined();
    expect(sink.complete).toBe(true);
  });

  it("S73 is left out once write() was used", async () => {
    const { sink } = await run((_environ, startResponse) => {
      void startResponse("200 OK", [])(octets(""));
      return [octets("ab")];
    });
    expect([sink.header("content-length"), sink.text]).toEqual([undefined, "ab"]);
  });

  it.each(["content-length", "CONTENT-LENGTH"])(
    "S61 S73 gives way to the application's own: %s",
    async (name) => {
      const { sink } = await run(answering([octets("abc")], [[name, "3"]]));
      expect(sink.headers).toEqual([[name, "3"]]);
    },
  );

  it("S74 S75 nothing is ever chunked here, and no other header is added", async () => {
    const { sink } = await run(answering(later("a", "b"), [["X-A", "1"]]));
    expect(sink.headers).toEqual([["X-A", "1"]]);
    expect(sink.text).toBe("ab");
  });

  it("S60 H4 Date, Server and Content-Type are left to the web server: none is guessed", async () => {
    const { sink } = await run(answering([octets("<html>")]));
    expect(sink.headers).toEqual([["Content-Length", "6"]]);
  });
});

describe("Content-Length that the application gives", () => {
  it("S69 W9 cuts what is past it, and says so once", async () => {
    const hosted = await run(
      answering([octets("abc"), octets("def"), octets("ghi")], [["Content-Length", "4"]]),
    );
    expect(hosted.sink.order).toEqual(["head 200 OK", "body abc", "body d", "end complete"]);
    expect(codes(hosted)).toEqual(["ERR_RESPONSE_LENGTH"]);
    expect(hosted.log[0]?.level).toBe("warning");
  });

  it.each([
    ["a generator", now],
    ["an async generator", later],
  ])("S16 S70 stops iterating %s once enough was sent", async (_name, make) => {
    let finallyRan = false;
    let asked = 0;
    const body = make("ab", "cd", "ef");
    const watched = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          asked += 1;
          return Promise.resolve(body.next());
        },
        return: () => {
          finallyRan = true;
          return Promise.resolve(body.return(undefined));
        },
      }),
    };
    const { sink, log } = await run(answering(watched, [["Content-Length", "4"]]));
    expect([sink.text, asked, finallyRan, log]).toEqual(["abcd", 2, true, []]);
  });

  it("S70 a synchronous generator is ended early through its finally block", async () => {
    let ended = false;
    function* body(): Generator<Uint8Array> {
      try {
        yield octets("ab");
        yield octets("cd");
      } finally {
        ended = true;
      }
    }
    const { sink, log } = await run(answering(body(), [["Content-Length", "2"]]));
    expect([sink.text, ended, log]).toEqual(["ab", true, []]);
  });

  it("S70 write() past it rejects, and what fits is sent", async () => {
    let thrown: unknown;
    const { sink } = await run(async (_environ, startResponse) => {
      const write = startResponse("200 OK", [["Content-Length", "3"]]) as (
        chunk: Uint8Array,
      ) => Promise<void>;
      await write(octets("ab"));
      await write(octets("cd")).catch((error: unknown) => {
        thrown = error;
      });
      return [];
    });
    expect(thrown).toMatchObject({ code: "ERR_RESPONSE_LENGTH" });
    expect([sink.text, sink.complete]).toEqual(["abc", true]);
  });

  it("S70 an application that write()s past it and fails by that has still given a whole answer", async () => {
    const { sink } = await run(async (_environ, startResponse) => {
      await startResponse("200 OK", [["Content-Length", "3"]])(octets("abcd"));
      return [];
    });
    expect([sink.text, sink.complete]).toEqual(["abc", true]);
  });

  it.each([
    ["an array", [octets("abc")]],
    ["nothing at all", []],
    ["a generator", now("a", "bc")],
    ["an async generator", later("a", "bc")],
  ])("S71 W9 an answer that is too short is cut visibly, and logged: %s", async (_name, body) => {
    const hosted = await run(answering(body, [["Content-Length", "10"]]));
    expect(hosted.sink.complete).toBe(false);
    expect(hosted.log).toMatchObject([{ level: "error", code: "ERR_RESPONSE_LENGTH" }]);
    expect(hosted.log[0]?.message).toMatch(/^GET \/app\/x: .*Content-Length says 10/);
  });

  it("S69 an exact one is left as it is", async () => {
    const { sink, log } = await run(answering(now("ab", "c"), [["Content-Length", "3"]]));
    expect([sink.text, sink.complete, log]).toEqual(["abc", true, []]);
  });
});

describe("answers without a body (W7)", () => {
  it.each([
    ["an array", [octets("abc")], "3"],
    ["two chunks", [octets("abc"), octets("d")], undefined],
    ["no chunk", [], undefined],
    ["an empty chunk", [octets("")], undefined],
    ["an async generator", later("abc"), undefined],
  ])("W7 HEAD sends none of it, and the length that is implied: %s", async (_name, body, length) => {
    const { sink, log } = await run(answering(body), { params: head });
    expect(sink.order).toEqual(["head 200 OK", "end complete"]);
    expect(sink.header("content-length")).toBe(length);
    expect(log).toEqual([]);
  });

  it.each([["0"], ["7"], ["12345"]])(
    "W7 HEAD keeps the Content-Length %s that the application gave",
    async (length) => {
      const { sink, log } = await run(answering([octets("abc")], [["Content-Length", length]]), {
        params: head,
      });
      expect([sink.header("content-length"), sink.text, sink.complete, log]).toEqual([length, "", true, []]);
    },
  );

  it("W7 204 loses its body and its Content-Length (RFC 9110 section 8.6)", async () => {
    const body = [octets("abc")];
    const { sink } = await run(
      answering(
        body,
        [
          ["X-A", "1"],
          ["Content-Length", "3"],
          ["X-B", "2"],
        ],
        "204 No Content",
      ),
    );
    expect(sink.order).toEqual(["head 204 No Content", "end complete"]);
    expect(sink.headers).toEqual([
      ["X-A", "1"],
      ["X-B", "2"],
    ]);
  });

  it("W7 304 loses its body, keeps the Content-Length of what it stands for, and gets none", async () => {
    const given = await run(answering([octets("abc")], [["Content-Length", "99"]], "304 Not Modified"));
    expect([given.sink.text, given.sink.header("content-length"), given.sink.complete]).toEqual([
      "",
      "99",
      true,
    ]);
    const none = await run(answering([octets("abc")], [], "304 Not Modified"));
    expect(none.sink.headers).toEqual([]);
  });

  it("W7 S13 the body is not gone through to its end, and close() is called all the same", async () => {
    let closed = 0;
    let made = 0;
    const application: LooseApplication = answering({
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        for (;;) {
          made += 1;
          yield octets("a");
        }
      },
      close: () => {
        closed += 1;
      },
    });
    const { finished } = await run(application, { params: head });
    await finished;
    expect([made, closed]).toEqual([1, 1]);
  });

  it("W7 write() under HEAD sends the head and drops the chunk", async () => {
    const { sink } = await run(
      async (_environ, startResponse) => {
        await startResponse("200 OK", [["Content-Length", "1"]])(octets("abc"));
        return [];
      },
      { params: head },
    );
    expect(sink.order).toEqual(["head 200 OK", "end complete"]);
  });
});

describe("a large head (W10)", () => {
  it("W10 is sent, and warned of once a server", async () => {
    const messages: string[] = [];
    const serverSettings = {
      ...defaultSettings,
      log: ({ message }: { message: string }): void => void messages.push(message),
    };
    const application = answering([], [["Set-Cookie", "x".repeat(5_000)]]);
    for (let i = 0; i < 2; i += 1) {
      const { sink } = await run(application, { serverSettings });
      expect(sink.complete).toBe(true);
    }
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain("fastcgi_buffer_size");
  });
});
