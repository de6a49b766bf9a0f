/** Requests that the application cannot answer: 400, 413, and settings that cannot be used. */
import { describe, expect, it } from "vitest";
import { RequestAbortedError } from "../../src/errors/index.ts";
import type { Environ } from "../../src/bridge/index.ts";
import { answering, codes, get, octets, post, raise, run, type LooseApplication } from "./hosted.ts";

describe("a request that cannot be answered by the application", () => {
  it("H5 a bad CONTENT_LENGTH is a 400 and one line, without the application", async () => {
    let calls = 0;
    const hosted = await run(() => (calls += 1), {
      params: [
        ...get.slice(1),
        ["REQUEST_METHOD", "P\u001b[1m"],
        ["REQUEST_URI", "/a\r\nb"],
        ["CONTENT_LENGTH", "+1"],
      ],
    });
    expect([calls, hosted.sink.status, hosted.sink.text]).toEqual([0, "400 Bad Request", "Bad Request\n"]);
    expect(hosted.log).toMatchObject([{ level: "warning", code: "ERR_REQUEST_CONTENT_LENGTH" }]);
    expect(hosted.log[0]?.message).toMatch(/^P\\x1b\[1m \/a\\x0d\\x0ab: CONTENT_LENGTH is "\+1"/);
  });

  it("a declared body past maxBodyOctets is a 413", async () => {
    const hosted = await run(answering([]), {
      params: post("11"),
      body: null,
      settings: { maxBodyOctets: 10 },
    });
    expect([hosted.sink.status, codes(hosted)]).toEqual(["413 Content Too Large", ["ERR_LIMIT_BODY"]]);
    // The carrier may go on pushing: nothing is kept and nothing is held up.
    expect([
      hosted.exchange.input.push(octets("x".repeat(100_000))),
      hosted.exchange.input.bufferedOctets,
    ]).toEqual([true, 0]);
  });

  it("an undeclared one is a 413 when the read escapes", async () => {
    const reading: LooseApplication = async (environ: Environ, startResponse) =>
      answering([await environ["wsgi.input"].read()])(environ, startResponse);
    const hosted = await run(reading, { body: "x".repeat(11), settings: { maxBodyOctets: 10 } });
    expect([hosted.sink.status, codes(hosted)]).toEqual(["413 Content Too Large", ["ERR_LIMIT_BODY"]]);
    const within = await run(reading, { body: "x".repeat(10), settings: { maxBodyOctets: 10 } });
    expect(within.sink.text).toBe("x".repeat(10));
  });

  it("H5 W17 a body that ends short is a 400 when the read escapes, and no error of the application", async () => {
    const hosted = await run(
      async (environ: Environ, startResponse) =>
        answering([await environ["wsgi.input"].read()])(environ, startResponse),
      { params: post("10"), body: "short" },
    );
    expect(hosted.sink.status).toBe("400 Bad Request");
    expect(hosted.log).toMatchObject([{ level: "warning", code: "ERR_BODY_TRUNCATED" }]);
  });

  it("an error that only looks like the peer's is the application's", async () => {
    const hosted = await run(() =>
      raise(new RequestAbortedError("ERR_REQUEST_ABORTED", "of a client it uses")),
    );
    expect(hosted.sink.status).toBe("500 Internal Server Error");
    expect(hosted.log).toMatchObject([{ level: "error", code: "ERR_REQUEST_ABORTED" }]);
  });

  it("S88 a setting that cannot be used is a 500, never an exception in the carrier", async () => {
    const hosted = await run(answering([]), { settings: { environ: { "my.key": "\u20ac" } } });
    expect(hosted.sink.status).toBe("500 Internal Server Error");
    expect(codes(hosted)).toEqual(["ERR_CONFIG_OPTION"]);
  });

  it("S85 warnings of the environ go to the log and the protocol's error stream", async () => {
    const hosted = await run(answering([]), { params: get.slice(1) });
    expect(hosted.log).toMatchObject([{ level: "warning" }]);
    expect(hosted.sink.errorText).toMatch(/REQUEST_METHOD.*\n$/);
  });
});
