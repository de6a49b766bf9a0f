/** PEP 3333 "The start_response() Callable": what it takes and refuses, when the head leaves, excInfo. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/bridge/index.ts";
import { answering, gone, octets, RecordingSink, refusal, run, start, type Hosted } from "./hosted.ts";

describe("when the head leaves", () => {
  it("S56 S57 with the first non-empty chunk, not before", () => {
    const sink = new RecordingSink();
    const seen: string[][] = [];
    start(
      (_environ, startResponse) => {
        startResponse("200 OK", []);
        seen.push([...sink.calls]);
        return (function* () {
          yield octets("");
          seen.push([...sink.calls]);
          yield octets("a");
          seen.push([...sink.calls]);
        })();
      },
      { sink },
    );
    expect(seen).toEqual([[], [], ["head 200 OK", "body a", "flush"]]);
  });

  it("S57 with the first non-empty write()", () => {
    const sink = new RecordingSink();
    let before: string[] = [];
    start(
      (_environ, startResponse) => {
        const write = startResponse("200 OK", []);
        void write(octets(""));
        before = [...sink.calls];
        void write(octets("a"));
        return [];
      },
      { sink },
    );
    expect(before).toEqual([]);
    expect(sink.order).toEqual(["head 200 OK", "body a", "end complete"]);
  });

  it.each([
    ["an empty array", []],
    ["an array of nothing", [octets(""), octets("")]],
    ["an empty generator", (function* () {})()],
  ])("S57 at the end of a body that has no octets: %s", async (_name, body) => {
    const { sink } = await run(answering(body));
    expect(sink.order).toEqual(["head 200 OK", "end complete"]);
  });

  it("S58 not before the end either when Content-Length is 0: it may yet be replaced", async () => {
    const { sink } = await run((_environ, startResponse) => {
      startResponse("200 OK", [["Content-Length", "0"]]);
      return (function* () {
        yield octets("");
        startResponse("500 Replaced", [], new Error("late"));
      })();
    });
    expect(sink.status).toBe("500 Replaced");
  });
});

describe("what it takes", () => {
  it("S7 S8 A3 A40 two arguments and a third, by position, and gives write() back", () => {
    let write: unknown;
    const { sink } = start((_environ, startResponse) => {
      write = startResponse("200 OK", [], undefined);
      return [];
    });
    expect(write).toBeTypeOf("function");
    expect((write as () => unknown).length).toBe(1);
    expect(sink.status).toBe("200 OK");
  });

  it.each([
    "200 OK",
    "404 Not Found",
    "999 Message here",
    "200 caf\u00e9",
    "226 IM Used",
    "500 \u00e2\u0080\u00a6",
  ])("A16 A29 the status %j", async (status) => {
    const { sink } = await run(answering([], [], status));
    expect(sink.status).toBe(status);
  });

  it("S59 a copy of the headers: the application may go on using its own", () => {
    const mine: HeaderList = [["X-A", "1"]];
    const { sink } = start((_environ, startResponse) => {
      startResponse("200 OK", mine);
      mine[0]![1] = "changed";
      mine.push(["X-B", "2"]);
      return [octets("a")];
    });
    expect(sink.headers).toEqual([
      ["X-A", "1"],
      ["Content-Length", "1"],
    ]);
    expect(mine).toHaveLength(2);
  });

  it("A17 A18 every token as a name, repeated headers, empty values, in order", async () => {
    const headers: HeaderList = [
      ["!#$%&'*+-.^_`|~09azAZ", "x"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["X-Empty", ""],
      ["X-Octets", "\u00ff \u0080"],
    ];
    const { sink } = await run(answering([], [...headers]));
    expect(sink.headers.slice(0, 5)).toEqual(headers);
  });
});

describe("what it refuses", () => {
  it.each([
    [undefined],
    [200],
    [""],
    ["200"],
    ["200 "],
    ["200\tOK"],
    ["200OK"],
    ["20 OK"],
    ["2000 OK"],
    ["abc OK"],
    ["200  OK"],
    ["200 OK "],
    [" 200 OK"],
    ["200 OK\r\n"],
    ["200 O\nK"],
    ["200 O\u0000K"],
    ["200 O\u007fK"],
    ["000 Zero"],
    ["+20 OK"],
  ])("A16 the status %j", (status) => {
    expect(refusal(status, [])).toMatchObject({ code: "ERR_RESPONSE_STATUS" });
  });

  it.each(["100 Continue", "101 Switching Protocols", "103 Early Hints"])(
    "W8 H8 the interim status %s",
    (status) => {
      expect(refusal(status, [])).toMatchObject({
        code: "ERR_RESPONSE_STATUS",
        message: expect.stringContaining("interim") as string,
      });
    },
  );

  it.each([[undefined], [null], ["X: y"], [{ "X-A": "1" }], [new Map([["X-A", "1"]])], [new Headers()]])(
    "A17 a header list that is no array: %o",
    (headers) => {
      expect(refusal("200 OK", headers)).toMatchObject({ code: "ERR_RESPONSE_HEADERS" });
    },
  );

  it.each([
    [["X-A", "1"]],
    [[["X-A"]]],
    [[["X-A", "1", "2"]]],
    [[{ 0: "X-A", 1: "1" }]],
    [["X-A: 1"]],
    [[undefined]],
    [[[1, "1"]]],
    [[["X-A", 1]]],
    [[["X-A", undefined]]],
    [[["X-A", ["1", "2"]]]],
  ])("A17 S82 entries that are no pair of strings: %j", (headers) => {
    expect(refusal("200 OK", headers)).toMatchObject({ code: "ERR_RESPONSE_HEADERS" });
  });

  it.each([
    "",
    "X A",
    "X-A:",
    "X:A",
    "X-A\r\n",
    "X\u0000A",
    "(X)",
    "X,A",
    "X/A",
    "X@A",
    "Caf\u00e9",
    "X\u20ac",
    "X\u007f",
  ])("A18 H3 the name %j", (name) => {
    const refused = refusal("200 OK", [[name, "1"]]);
    expect(refused).toMatchObject({ code: "ERR_RESPONSE_HEADERS" });
    expect(refused?.message).toContain(JSON.stringify(name));
  });

  it.each([
    "1\r\nSet-Cookie: evil=1",
    "a\nb",
    "a\rb",
    "a\r\n",
    "\n",
    "a\u0000b",
    "a\tb",
    "a\u001f",
    "\u007f",
  ])("A19 H3 the value %j", (value) => {
    const refused = refusal("200 OK", [["X-Where", value]]);
    expect(refused).toMatchObject({ code: "ERR_RESPONSE_HEADERS" });
    expect(refused?.message).toMatch(/X-Where.*control character U\+00/);
  });

  it.each([
    ["200 \u20ac", []],
    ["200 OK", [["X-A", "\u0100"]]],
    ["200 OK", [["X-A", "\ud83d\ude00"]]],
  ])("S83 A29 A30 code points above U+00FF: %j %j", (status, headers) => {
    expect(refusal(status, headers)?.message).toMatch(/U\+\w{4} at \d+.*U\+00FF/);
  });

  it.each([
    "Connection",
    "keep-alive",
    "Proxy-Authenticate",
    "PROXY-AUTHORIZATION",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Trailers",
    "Transfer-Encoding",
    "Upgrade",
  ])("S61 S62 A20 A25 the hop-by-hop header %s, in any case", (name) => {
    expect(refusal("200 OK", [[name, "x"]])).toMatchObject({ code: "ERR_RESPONSE_HOP_BY_HOP" });
  });

  it.each(["Status", "status", "STATUS"])("H3 S61 the header %s: it would be a second status", (name) => {
    expect(refusal("200 OK", [[name, "404"]])).toMatchObject({ code: "ERR_RESPONSE_HEADERS" });
  });

  it("H3 S61 a second Content-Length, even an equal one", () => {
    expect(
      refusal("200 OK", [
        ["Content-Length", "1"],
        ["content-length", "1"],
      ])?.message,
    ).toContain("twice");
  });

  it.each(["", "-1", "+1", "1.0", "0x1", "1 ", "1,1", "9007199254740992", "a"])(
    "S63 H3 the Content-Length %j",
    (value) => {
      expect(refusal("200 OK", [["Content-Length", value]])).toMatchObject({ code: "ERR_RESPONSE_HEADERS" });
    },
  );

  it("S63 at the call, so that the application sees it, and its own page can follow", async () => {
    const { sink } = await run((_environ, startResponse) => {
      try {
        startResponse("200 OK", [["X", "\n"]]);
      } catch (error) {
        startResponse("500 Mine", [], error);
      }
      return [octets("mine")];
    });
    expect([sink.status, sink.text]).toEqual(["500 Mine", "mine"]);
  });
});

describe("the second call", () => {
  it("S67 A24 is fatal without excInfo", async () => {
    const { sink, log } = await run((_environ, startResponse) => {
      startResponse("200 OK", []);
      startResponse("404 Not Found", []);
      return [];
    });
    expect(sink.status).toBe("500 Internal Server Error");
    expect(log[0]).toMatchObject({ level: "error", code: "ERR_RESPONSE_STARTED" });
  });

  it("S67 is fatal without excInfo also when the first one threw", () => {
    let second: unknown;
    const { sink } = start((_environ, startResponse) => {
      try {
        startResponse("bad", []);
      } catch {
        try {
          startResponse("200 OK", []);
        } catch (error) {
          second = error;
        }
      }
      return [octets("a")];
    });
    expect(second).toMatchObject({ code: "ERR_RESPONSE_STARTED" });
    expect(sink.status).toBe("500 Internal Server Error");
  });

  it("S64 A22 A33 replaces status and headers with excInfo while nothing has been sent", async () => {
    const { sink } = await run((_environ, startResponse) => {
      startResponse("200 OK", [
        ["X-Old", "1"],
        ["Content-Length", "99"],
      ]);
      startResponse("500 Oops", [["X-New", "1"]], new Error("late"));
      return [octets("new")];
    });
    expect([sink.status, sink.header("x-old"), sink.header("x-new"), sink.header("content-length")]).toEqual([
      "500 Oops",
      undefined,
      "1",
      "3",
    ]);
  });

  it("S64 leaves nothing of what it was to replace when its own arguments are refused", async () => {
    const { sink } = await run((_environ, startResponse) => {
      startResponse("200 OK", []);
      try {
        startResponse("bad", [], new Error("late"));
      } catch {
        // As a careless error handler does.
      }
      return [octets("the first answer's body")];
    });
    expect([sink.status, sink.text]).toEqual(["500 Internal Server Error", "Internal Server Error\n"]);
  });

  it.each([[new RangeError("late")], [Object.freeze(new Error("frozen"))], ["a string"], [0], [false]])(
    "S65 S66 A23 throws excInfo itself once the head has been sent: %s",
    async (thrown) => {
      let again: unknown;
      const { sink } = await run((_environ, startResponse) => {
        startResponse("200 OK", []);
        return (function* () {
          yield octets("a");
          try {
            startResponse("500 Oops", [], thrown);
          } catch (error) {
            again = error;
            throw error;
          }
        })();
      });
      expect(again).toBe(thrown);
      expect(sink.order).toEqual(["head 200 OK", "body a", "end cut"]);
    },
  );

  it.each([[undefined], [null]])("S7 %s for excInfo is the same as none", (none) => {
    let second: unknown;
    start((_environ, startResponse) => {
      startResponse("200 OK", [], none);
      try {
        startResponse("200 OK", [], none);
      } catch (error) {
        second = error;
      }
      return [];
    });
    expect(second).toMatchObject({ code: "ERR_RESPONSE_STARTED" });
  });

  it("S68 keeps no reference to excInfo", async () => {
    const { hosted, thrown } = answerWithExcInfo();
    await new Promise(setImmediate);
    collectGarbage();
    expect(thrown.deref()).toBeUndefined();
    expect(hosted.sink.status).toBe("500 Oops");
  });
});

/** In a function of its own, so that nothing else on the stack holds the error. */
function answerWithExcInfo(): { hosted: Hosted; thrown: WeakRef<Error> } {
  let thrown: WeakRef<Error> | undefined;
  const hosted = start((_environ, startResponse) => {
    const error = new Error("late");
    thrown = new WeakRef(error);
    startResponse("500 Oops", [], error);
    return [];
  });
  return { hosted, thrown: thrown! };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

describe("after the end", () => {
  it("start_response throws ERR_RESPONSE_ENDED", async () => {
    let kept: ((status: string, headers: HeaderList) => unknown) | undefined;
    const { sink } = await run((_environ, startResponse) => {
      kept = startResponse as typeof kept;
      return [];
    });
    expect(sink.status).toBe("500 Internal Server Error");
    expect(() => kept?.("200 OK", [])).toThrow(expect.objectContaining({ code: "ERR_RESPONSE_ENDED" }));
  });

  it("start_response is taken quietly once the peer has gone: the application may finish", () => {
    let kept: ((status: string, headers: HeaderList) => unknown) | undefined;
    const { exchange, log } = start((_environ, startResponse) => {
      kept = startResponse as typeof kept;
      return new Promise(() => {});
    });
    exchange.abort(gone());
    expect(() => kept?.("200 OK", [])).not.toThrow();
    expect(log).toEqual([]);
  });
});
