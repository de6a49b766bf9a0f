/** How often the watchdog looks, whatever it was told to wait for. */
import { describe, expect, it } from "vitest";
import { lookEveryMs } from "../../src/process/watchdog.ts";

describe("lookEveryMs()", () => {
  it.each([
    [1, 5],
    [400, 100],
    [30_000, 7_500],
    // More than a timer can wait for: it would look a thousand times a second.
    [999_999_999_000, 60_000],
  ])("for a standstill of %d ms is %d", (standstillMs, every) => {
    expect(lookEveryMs(standstillMs)).toBe(every);
  });
});
