/** Which web server is told in which way that a kept connection ends; what that does to each: must-hold-front-ends.test.ts. */
import { expect, it } from "vitest";
import { farewellTo } from "../../src/server/farewell.ts";

it.each([
  ["nginx/1.22.1", "record"],
  ["HAProxy 2.6.12", "limit"],
  ["Apache/2.4.71 (Debian)", "silence"],
  ["lighttpd/1.4.69", "silence"],
  ["a nginx", "silence"],
  ["", "silence"],
])("%j is told by %s", (software, farewell) => {
  expect(farewellTo(software)).toBe(farewell);
});
