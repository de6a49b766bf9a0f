/** What ipaddr.js is given of an IPv6 address that ends in dots. */
import { describe, expect, it } from "vitest";
import { withoutDots } from "../../src/protocols/ip-address.ts";

describe("withoutDots", () => {
  it.each([
    ["::192.0.2.1", "::c000:201"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["64:ff9b::255.255.0.9", "64:ff9b::ffff:9"],
    ["::0.0.0.0", "::0:0"],
  ])("writes %s as %s", (text, expected) => {
    expect(withoutDots(text)).toBe(expected);
  });

  it.each([
    "192.0.2.1",
    "::1",
    "",
    "::192.0.2.256",
    "::192.0.02.1",
    "::192.0.2",
    "::1.2.3.4%eth0",
    "::1.2.3.4\n",
  ])("leaves %j as it is", (text) => {
    expect(withoutDots(text)).toBe(text);
  });
});
