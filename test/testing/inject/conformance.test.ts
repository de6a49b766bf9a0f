/**
 * The conformance suite over inject(): every protocol, at the root and at a sub-path, WSGI and both adapters' kinds of
 * application where it can be asked.
 */
import { describe, expect, it } from "vitest";
import {
  conformanceApplication,
  conformanceCases,
  injectProtocols,
  injectTarget,
  runConformanceCase,
} from "../../../src/testing/index.ts";

describe.each(injectProtocols)("over %s in memory", (protocol) => {
  describe.each([
    ["root", ""],
    ["sub-path", "/app"],
  ])("at the %s", (_place, mount) => {
    const target = injectTarget(conformanceApplication, mount, { protocol });

    it.each(conformanceCases.map((one) => [one.name, one] as const))("%s", (_name, one) =>
      runConformanceCase(one, target),
    );
  });
});

it("fails where an application is wrong", async () => {
  const target = injectTarget((_environ, startResponse) => {
    startResponse("202 Accepted", []);
    return [];
  }, "");
  const [one] = conformanceCases;
  if (one === undefined) throw new Error("there are no cases");
  await expect(runConformanceCase(one, target)).rejects.toThrow("expected status 200, got 202");
});
