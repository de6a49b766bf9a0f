/**
 * What holds of every environ, whatever the parameters: fast-check.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildEnviron, type EnvironResult } from "../../src/bridge/environ.ts";
import { paramNames } from "../../src/bridge/param-names.ts";
import { RemoteProtocolError } from "../../src/errors/index.ts";
import { options, paramsBlock, usual } from "./environ-request.ts";

const latin1 = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes));

describe("properties", () => {
  const names = [
    ...paramNames,
    "HTTP_PROXY",
    "__proto__",
    "constructor",
    "wsgi.input",
    "tsgi.data",
    "HTTP_X",
    "MY_PARAM",
    "",
  ];
  const name = fc.oneof(fc.constantFrom(...names), latin1(12));
  const value = fc.oneof(
    latin1(12),
    fc.constantFrom(
      "",
      "/",
      "/app",
      "/app/x",
      "//h/x",
      "http://h/app/x?q",
      "*",
      "/%00",
      "/a%2",
      "12",
      "-1",
      "+1",
      "on",
    ),
  );
  const pairs = fc.array(fc.tuple(name, value), { maxLength: 40 });
  const protocol = fc.constantFrom("fastcgi" as const, "scgi" as const, "cgi" as const);
  const scriptName = fc.constantFrom(undefined, "", "/", "/app", "/app/");

  test("S30, S81, S82 any parameters give an environ of native strings, or a RemoteProtocolError", () => {
    fc.assert(
      fc.property(pairs, protocol, scriptName, (sent, by, mount) => {
        let result: EnvironResult;
        try {
          result = buildEnviron(paramsBlock(sent), { ...options, protocol: by, scriptName: mount });
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteProtocolError);
          return;
        }
        expect(Object.getPrototypeOf(result.environ)).toBe(Object.prototype);
        for (const [key, held] of Object.entries(result.environ)) {
          if (/^[wt]sgi\./.test(key)) continue;
          expect(held).toBeTypeOf("string");
          expect(held).toMatch(/^[^\u0100-\uffff]*$/);
        }
        for (const line of result.warnings) expect(line).toMatch(/^[\u0020-\u007e\u00a0-\u00ff]*$/);
        expect(result.environ).not.toHaveProperty("HTTP_PROXY");
        expect(result.contentLength ?? 0).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("S25, S26 a name sent once keeps its value, known or not, at any place in the block", () => {
    const ordinary = fc.stringMatching(/^[A-Z]{1,6}[A-Z_]{0,30}[A-Z]$/).filter((each) => each !== "HTTPS");
    const sent = fc.uniqueArray(fc.tuple(fc.oneof(ordinary, fc.constantFrom(...paramNames)), latin1(20)), {
      selector: ([key]) => key,
      maxLength: 60,
    });
    const settled =
      /^(REQUEST_URI|SCRIPT_NAME|PATH_INFO|QUERY_STRING|CONTENT_LENGTH|REQUEST_METHOD|SERVER_.*)$/;
    fc.assert(
      fc.property(sent, (unique) => {
        const plain = unique
          .filter(([key]) => key !== "HTTP_PROXY" && !settled.test(key))
          .map(([key, held]) => [key, held.replaceAll("\0", "")] as const);
        expect(buildEnviron(paramsBlock([...usual, ...plain]), options).environ).toMatchObject(
          Object.fromEntries(plain),
        );
      }),
    );
  });
});
