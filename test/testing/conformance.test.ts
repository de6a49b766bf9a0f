/**
 * The conformance suite itself: it passes behind tsgi's own front end, without a web server; it fails, and says why,
 * where a gateway is wrong; and its data is in order.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  conformanceApplication,
  conformanceCases,
  ConformanceFailure,
  frontEndAllowances,
  runConformanceCase,
  type ConformanceCase,
} from "../../src/testing/index.ts";
import { EmbeddedSite, itConforms } from "../support/embedded-site.ts";

function named(name: string): ConformanceCase {
  const one = conformanceCases.find((each) => each.name === name);
  if (one === undefined) throw new Error(`there is no case ${name}`);
  return one;
}

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

describe("where the web server is", () => {
  const site = new EmbeddedSite();
  beforeAll(() => site.start(conformanceApplication, { protocol: "http", host: "[::1]" }));
  afterAll(() => site.stop());
  const identity = conformanceCases.filter(({ name }) => name.startsWith("identity-"));

  it.each(identity)("$name holds over IPv6", async (one) => {
    expect(site.origin).toContain("[::1]");
    await runConformanceCase(one, { origin: site.origin, mount: "" });
  });

  it.each([
    ["http://127.0.0.1", { REMOTE_ADDR: "127.0.0.1", SERVER_PORT: "80", HTTP_HOST: "127.0.0.1" }, []],
    [
      "http://app.example:81",
      { REMOTE_ADDR: "10.0.0.7", SERVER_PORT: "81", HTTP_HOST: "app.example:81" },
      [],
    ],
    [
      "http://app.example:81",
      { REMOTE_ADDR: "", SERVER_PORT: "82" },
      ["REMOTE_ADDR", "SERVER_PORT", "HTTP_HOST"],
    ],
    [
      "http://localhost:81",
      { REMOTE_ADDR: "10.0.0.7", SERVER_PORT: "81", HTTP_HOST: "localhost:81" },
      ["REMOTE_ADDR"],
    ],
  ])("%s is what environ must say: %j", async (origin, said, wrong) => {
    const environ = { REMOTE_PORT: "1", SERVER_NAME: "x", "wsgi.url_scheme": "http", ...said };
    const body = Buffer.from(JSON.stringify(environ));
    const send = async () => ({ status: 200, headers: [], body, whole: true });
    const failure: unknown = await runConformanceCase(named("identity-client"), {
      origin,
      mount: "",
      send,
    }).catch((error: unknown) => error);
    const found = failure instanceof ConformanceFailure ? failure.differences : [];
    expect(found.map((each) => /environ (\w+)/.exec(each)?.[1])).toEqual(wrong);
  });

  it("is told where it cannot be asked", async () => {
    const far = { origin: "https://127.0.0.1:1", mount: "" };
    await expect(runConformanceCase(named("method-get"), far)).rejects.toThrow(
      /origin is https:.*expected http:/,
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
