/** HTTP dates: RFC 9110 section 5.6.7. */
import { describe, expect, it } from "vitest";
import { formatHttpDate, parseHttpDate } from "../../src/middleware/http-date.ts";

const moment = Date.UTC(1994, 10, 6, 8, 49, 37);

describe("parseHttpDate", () => {
  it.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])(
    "reads %s",
    (text) => {
      expect(parseHttpDate(text)).toBe(moment);
    },
  );

  it("takes a year of two digits for the nearest that is not far ahead", () => {
    const soon = (new Date().getUTCFullYear() + 10) % 100;
    const text = `Sunday, 06-Nov-${String(soon).padStart(2, "0")} 08:49:37 GMT`;
    expect(new Date(parseHttpDate(text) ?? 0).getUTCFullYear()).toBe(new Date().getUTCFullYear() + 10);
  });

  it.each([
    "",
    "1",
    "2030",
    "tomorrow",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 06 Xxx 1994 08:49:37 GMT",
  ])("passes over %j", (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });

  it("writes what it reads", () => {
    expect(formatHttpDate(moment)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });
});
