/**
 * The conformance suite itself: it passes behind tsgi's own front end, without a web server; it fails, and says why,
 * where a gateway is wrong; and its data is in order.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  conformanceCases,
  ConformanceFailure,
  frontEndAllowances,
  runConformanceCase,
  type ConformanceCase,
} from "../../src/testing/index.ts";
import { EmbeddedSite, itConforms } from "../support/embedded-site.ts";

describe.each([
  ["root", ""],
  ["sub-path", "/app"],
])("behind tsgi's own front end, at the %s", (_place, mount) => {
  itConforms((application) => application, { mount });
});

describe("a gateway that is wrong", () => {
  const site = new EmbeddedSite();
  beforeAll(() =>
    site.start((environ, startResponse) => {
      if (environ.PATH_INFO === "/breaks-off") {
        startResponse("200 OK", []);
        return [Buffer.from("whole")];
      }
      startResponse("202 Accepted", [["Content-Type", "application/json"]]);
      return [Buffer.from(JSON.stringify({ REQUEST_METHOD: "PUT" }))];
    }),
  );
  afterAll(() => site.stop());

  const named = (name: string): ConformanceCase => {
    const one = conformanceCases.find((each) => each.name === name);
    if (one === undefined) throw new Error(`there is no case ${name}`);
    return one;
  };
  const run = (name: string, timeoutMs?: number): Promise<void> =>
    runConformanceCase(named(name), {
      origin: site.origin,
      mount: "",
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });

  it.each([
    [
      "status-404",
      ["expected status 404, got 202", "expected header content-type", "expected a body of 15 octets"],
    ],
    ["breaks-off", ["expected an answer that breaks off, got status 200 and 5 octets, whole"]],
    ["answer-cookies", ["expected status 200", 'expected header set-cookie ["a=1; Path=/"']],
  ])("%s says what came and what was expected", async (name, parts) => {
    const failure: unknown = await run(name).catch((error: unknown) => error);
    if (!(failure instanceof ConformanceFailure))
      throw new Error(`expected a failure, got ${String(failure)}`);
    expect(failure.caseName).toBe(name);
    for (const part of parts) expect(failure.message).toContain(part);
  });

  it("is compared fact by fact where the answer is an environ", async () => {
    const one = { ...named("method-get"), answer: { status: 202 } };
    await expect(runConformanceCase(one, { origin: site.origin, mount: "" })).rejects.toThrow(
      'expected environ REQUEST_METHOD "GET", got "PUT"',
    );
  });

  it("fails where nothing answers at all", async () => {
    const nowhere = { origin: "http://127.0.0.1:1", mount: "" };
    await expect(runConformanceCase(named("method-get"), nowhere)).rejects.toThrow(
      /expected an answer, got .*ECONNREFUSED/,
    );
  });
});

describe("the suite's data", () => {
  it("names each case once, as a path segment", () => {
    const names = conformanceCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it("makes allowances, with a reason, for cases that there are", () => {
    const names = new Set(conformanceCases.map(({ name }) => name));
    for (const { cases, reason } of Object.values(frontEndAllowances).flat()) {
      expect(reason.length).toBeGreaterThan(20);
      expect(cases.filter((name) => !names.has(name))).toEqual([]);
    }
  });
});
