/** `wsgi.errors` and the error log: where text goes, and what a log line may hold (O5). */
import { describe, expect, it } from "vitest";
import { formatLogEntry, type Environ, type ErrorStream } from "../../src/bridge/index.ts";
import { GatewayErrorStream } from "../../src/bridge/error-stream.ts";
import { answering, gone, octets, run, start } from "./hosted.ts";

describe("wsgi.errors", () => {
  it("S47 S48 S54 write and writelines go on at once, to the protocol's stream and the deployer's place", async () => {
    const { sink, errors } = await run((environ: Environ, startResponse) => {
      environ["wsgi.errors"].write("one\n");
      environ["wsgi.errors"].writelines(new Set(["two\n", "three\n"]));
      return answering([octets("a")])(environ, startResponse);
    });
    expect(sink.errorText).toBe("one\ntwo\nthree\n");
    expect(errors).toEqual(["one\n", "two\n", "three\n"]);
  });

  it("S46 flush() may be called at any time", async () => {
    const { sink } = await run((environ: Environ, startResponse) => {
      expect(environ["wsgi.errors"].flush()).toBeUndefined();
      return answering([octets("a")])(environ, startResponse);
    });
    expect(sink.complete).toBe(true);
  });

  it.each(["\u00e9 \u20ac \ud83d\ude00", "lone \ud800 surrogate", "\u0000\u001b[1m", ""])(
    "S35 S36 accepts any text: %j",
    async (text) => {
      const { errors } = await run((environ: Environ, startResponse) => {
        environ["wsgi.errors"].write(text);
        return answering([])(environ, startResponse);
      });
      expect(errors).toEqual([text]);
    },
  );

  it("S36 what is no text is turned into it", () => {
    const seen: string[] = [];
    const stream = new GatewayErrorStream({ writeErrors: (text) => seen.push(text) }) as unknown as {
      write(value: unknown): void;
    };
    for (const value of [1, undefined, null, new Error("e")]) stream.write(value);
    expect(seen).toEqual(["1", "undefined", "null", "Error: e"]);
  });

  it.each<[string, boolean]>([
    ["ended", false],
    ["been aborted", true],
  ])("S37 goes to the deployer's place alone once the answer has %s", async (_state, isAborted) => {
    let kept: ErrorStream | undefined;
    const hosted = start((environ: Environ, startResponse) => {
      kept = environ["wsgi.errors"];
      return isAborted ? new Promise(() => {}) : answering([])(environ, startResponse);
    });
    if (isAborted) hosted.exchange.abort(gone());
    else await hosted.sink.ended;
    kept?.write("late");
    expect([hosted.sink.errorText, hosted.sink.late, hosted.errors]).toEqual(["", [], ["late"]]);
  });

  it("A12 A13 has no method but those of the convention, and none that closes it", () => {
    const names = Reflect.ownKeys(GatewayErrorStream.prototype).filter((key) => key !== "constructor");
    expect(names).toEqual(["write", "writelines", "flush"]);
  });
});

describe("a log line", () => {
  it("is one line, with the code where there is one", () => {
    expect(formatLogEntry({ level: "info", message: "GET /: gone" })).toBe("info: GET /: gone\n");
    expect(formatLogEntry({ level: "warning", message: "x", code: "ERR_LIMIT_BODY" })).toBe(
      "warning: x (ERR_LIMIT_BODY)\n",
    );
  });

  it("O5 holds no control character, whoever brought it", () => {
    const message = "GET /\r\nerror: forged\u001b[31m\u0007\u007f\u0085\u009b\u2028";
    expect(formatLogEntry({ level: "error", message })).toBe(
      "error: GET /\\x0d\\x0aerror: forged\\x1b[31m\\x07\\x7f\\x85\\x9b\\u2028\n",
    );
    const error = new Error("a\r\nerror: forged\u001b[0m");
    const lines = formatLogEntry({ level: "error", message: "x", error }).split("\n");
    expect(lines[0]).toBe("error: x");
    for (const line of lines.slice(1, -1)) expect(line).toMatch(/^ {4}[^\p{Cc}]*$/u);
  });

  it("O5 neither does an entry of a request whose method and path have them", async () => {
    const { log } = await run(() => Promise.reject(new Error("a\nb")), {
      params: [
        ["REQUEST_METHOD", "G\u001bT"],
        ["PATH_INFO", `/\n${"x".repeat(500)}`],
        ["SERVER_NAME", "s"],
        ["SERVER_PORT", "80"],
        ["SERVER_PROTOCOL", "HTTP/1.1"],
      ],
    });
    expect(log[0]?.message).toMatch(/^G\\x1bT \/\\x0ax{198}\.\.\.: the application failed: Error: a\\x0ab$/);
  });

  it("shows the stack with its causes, and stops at a chain that leads back", () => {
    const inner = new TypeError("inner");
    const outer = new Error("outer", { cause: inner });
    inner.cause = outer;
    const text = formatLogEntry({ level: "error", message: "x", error: outer });
    expect(text).toMatch(
      /^error: x\n {4}Error: outer\n {4} {4}at .*\n[\s\S]* {4}caused by: TypeError: inner\n/,
    );
    expect(text.match(/caused by/g)).toHaveLength(4);
  });

  it.each([
    ["a string", "thrown", 'a string ("thrown")'],
    ["null", null, "null"],
    ["an object", { a: 1 }, "an object (Object)"],
    ["an object without a prototype", Object.create(null), "an object"],
    ["a symbol", Symbol("s"), "a symbol (Symbol(s))"],
    ["an error without a stack", Object.assign(new Error("m"), { stack: undefined }), "Error: m"],
  ])("says what was thrown where there is no stack: %s", (_name, error, shown) => {
    expect(formatLogEntry({ level: "error", message: "x", error })).toBe(`error: x\n    ${shown}\n`);
  });
});
