/** Conditional requests: RFC 9110 section 13. */
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import { isFresh, isPreconditionFailed, isRangeWanted } from "../../src/middleware/preconditions.ts";

const lastModified = "Sun, 06 Nov 1994 08:49:37 GMT";
const earlier = "Sun, 06 Nov 1994 08:49:36 GMT";
const later = "Sun, 06 Nov 1994 08:49:38 GMT";
const strong = { etag: '"a"', lastModified };
const weak = { etag: 'W/"a"', lastModified };

const environ = (headers: Record<string, string>): Environ => headers as unknown as Environ;

describe("isFresh", () => {
  it.each([
    [{}, false],
    [{ HTTP_IF_NONE_MATCH: '"a"' }, true],
    [{ HTTP_IF_NONE_MATCH: 'W/"a"' }, true],
    [{ HTTP_IF_NONE_MATCH: '"b", "a"' }, true],
    [{ HTTP_IF_NONE_MATCH: '"b"' }, false],
    [{ HTTP_IF_NONE_MATCH: "*" }, true],
    [{ HTTP_IF_NONE_MATCH: " * " }, true],
    [{ HTTP_IF_NONE_MATCH: "" }, false],
    [{ HTTP_IF_MODIFIED_SINCE: lastModified }, true],
    [{ HTTP_IF_MODIFIED_SINCE: later }, true],
    [{ HTTP_IF_MODIFIED_SINCE: earlier }, false],
    [{ HTTP_IF_MODIFIED_SINCE: "Sunday, 06-Nov-94 08:49:37 GMT" }, true],
    // Date.parse takes these for dates far ahead.
    [{ HTTP_IF_MODIFIED_SINCE: "2030" }, false],
    [{ HTTP_IF_MODIFIED_SINCE: "9999-01-01" }, false],
    // 13.1.3: with If-None-Match the date is passed over.
    [{ HTTP_IF_NONE_MATCH: '"b"', HTTP_IF_MODIFIED_SINCE: later }, false],
    [{ HTTP_IF_NONE_MATCH: '"a"', HTTP_IF_MODIFIED_SINCE: earlier }, true],
    // As fetch() sends it.
    [{ HTTP_IF_NONE_MATCH: '"a"', HTTP_CACHE_CONTROL: "no-cache" }, true],
    [{ HTTP_IF_NONE_MATCH: '"a"', HTTP_CACHE_CONTROL: "max-age=0" }, true],
  ])("%j", (headers, expected) => {
    expect([isFresh(environ(headers), strong), isFresh(environ(headers), weak)]).toEqual([
      expected,
      expected,
    ]);
  });

  it("of an answer without validators is false, If-None-Match: * apart", () => {
    expect(isFresh(environ({ HTTP_IF_NONE_MATCH: '"a"' }), {})).toBe(false);
    expect(isFresh(environ({ HTTP_IF_MODIFIED_SINCE: later }), {})).toBe(false);
  });
});

describe("isPreconditionFailed", () => {
  it.each([
    [{}, false, false],
    [{ HTTP_IF_MATCH: '"a"' }, false, true],
    [{ HTTP_IF_MATCH: 'W/"a"' }, true, true],
    [{ HTTP_IF_MATCH: '"b" , "a"' }, false, true],
    [{ HTTP_IF_MATCH: '"b"' }, true, true],
    [{ HTTP_IF_MATCH: "*" }, false, false],
    [{ HTTP_IF_UNMODIFIED_SINCE: lastModified }, false, false],
    [{ HTTP_IF_UNMODIFIED_SINCE: earlier }, true, true],
    [{ HTTP_IF_UNMODIFIED_SINCE: "1" }, false, false],
    [{ HTTP_IF_MATCH: '"a"', HTTP_IF_UNMODIFIED_SINCE: earlier }, false, true],
  ])("%j", (headers, ofStrong, ofWeak) => {
    expect(isPreconditionFailed(environ(headers), strong)).toBe(ofStrong);
    expect(isPreconditionFailed(environ(headers), weak)).toBe(ofWeak);
  });
});

describe("isRangeWanted", () => {
  it.each([
    [{}, true, true],
    [{ HTTP_IF_RANGE: '"a"' }, true, false],
    [{ HTTP_IF_RANGE: 'W/"a"' }, false, false],
    [{ HTTP_IF_RANGE: '"b"' }, false, false],
    [{ HTTP_IF_RANGE: lastModified }, true, true],
    [{ HTTP_IF_RANGE: later }, false, false],
    [{ HTTP_IF_RANGE: earlier }, false, false],
    [{ HTTP_IF_RANGE: "nonsense" }, false, false],
  ])("%j", (headers, ofStrong, ofWeak) => {
    expect(isRangeWanted(environ(headers), strong)).toBe(ofStrong);
    expect(isRangeWanted(environ(headers), weak)).toBe(ofWeak);
  });
});
