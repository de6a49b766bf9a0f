/**
 * The environ builder by the numbers of PEP 3333. Security is in environ-security.test.ts, paths in
 * environ-paths.test.ts, the comparison with flup in environ-parity.test.ts.
 */
import { describe, expect, test } from "vitest";
import { buildEnviron, type EnvironOptions, type EnvironResult } from "../../src/bridge/environ.ts";
import { ConfigurationError } from "../../src/errors/index.ts";
import { options, paramsBlock, usual, type Pairs } from "./environ-request.ts";

const build = (pairs: Pairs, more: Partial<EnvironOptions> = {}): EnvironResult =>
  buildEnviron(paramsBlock([...usual, ...pairs]), { ...options, ...more });
const environOf = (pairs: Pairs, more: Partial<EnvironOptions> = {}): Record<string, unknown> =>
  build(pairs, more).environ;

/** An environ, and the signals that were made for it. */
function counted(): { made: AbortSignal[]; environ: Record<string, unknown> } {
  const made: AbortSignal[] = [];
  const signal = (): AbortSignal => {
    made.push(new AbortController().signal);
    return made.at(-1)!;
  };
  return { made, environ: environOf([], { signal }) };
}

describe("PEP 3333: what every environ has", () => {
  const bare = buildEnviron(paramsBlock([]), options);

  test("S4 environ is a plain object", () => {
    expect(Object.getPrototypeOf(bare.environ)).toBe(Object.prototype);
    expect(Object.getOwnPropertySymbols({ ...bare.environ })).toEqual([]);
  });

  test("S5 each request has an environ of its own", () => {
    const first = environOf([]);
    first.HTTP_HOST = "changed";
    expect(environOf([])).not.toHaveProperty("HTTP_HOST");
  });

  test("S17, S18, S19, S20, S23, S24 hold for a request without any parameter", () => {
    expect(bare.environ).toMatchObject({
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      PATH_INFO: "",
      QUERY_STRING: "",
      SERVER_NAME: "localhost",
      SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.0",
    });
    expect(bare.warnings.map((line) => /missing fastcgi parameter (\w+)/.exec(line)?.[1])).toEqual([
      "REQUEST_METHOD",
      "SERVER_NAME",
      "SERVER_PORT",
      "SERVER_PROTOCOL",
    ]);
  });

  test.each(["REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"])(
    "S17, S23 %s is never empty, and an empty one is no warning",
    (name) => {
      const pairs = usual.map(([each, value]) => [each, each === name ? "" : value] as const);
      const { environ, warnings } = buildEnviron(paramsBlock(pairs), options);
      expect(environ[name]).not.toBe("");
      expect(warnings).toEqual([]);
    },
  );

  test.each([
    ["/x?a=1", undefined, "a=1"],
    ["/x?a=1", "", "a=1"],
    ["/x?a=1?b", "", "a=1?b"],
    ["/x?a=1", "b=2", "b=2"],
    ["http://host?a=1", "", "a=1"],
    ["/x", undefined, ""],
    ["/x?", undefined, ""],
  ])("S20 QUERY_STRING of %j with %j sent is %j", (uri, sent, expected) => {
    const query: Pairs = sent === undefined ? [] : [["QUERY_STRING", sent]];
    expect(environOf([["REQUEST_URI", uri], ...query]).QUERY_STRING).toBe(expected);
  });

  test("S21, S22, S25, S26, S29 pass on what came, and only that", () => {
    const sent: Pairs = [
      ["CONTENT_TYPE", "text/plain"],
      ["CONTENT_LENGTH", "3"],
      ["HTTP_X_EMPTY", ""],
      ["DOCUMENT_ROOT", "/srv"],
      ["MY_PARAM", "caf\u00c3\u00a9"],
    ];
    const environ = environOf(sent);
    expect(environ).toMatchObject(Object.fromEntries(sent));
    expect(environ).not.toHaveProperty("REMOTE_USER");
    expect(environOf([])).not.toHaveProperty("CONTENT_LENGTH");
  });

  test("S32 wsgi.version is [1, 0], and no application can change it for others", () => {
    expect(bare.environ["wsgi.version"]).toEqual([1, 0]);
    expect(Object.isFrozen(bare.environ["wsgi.version"])).toBe(true);
  });

  test.each([
    ["on", "https"],
    ["1", "https"],
    ["yes", "https"],
    ["ON", "https"],
    ["off", "http"],
    ["", "http"],
    ["0", "http"],
    ["https", "http"],
  ])("S33 HTTPS %j is %s", (value, scheme) => {
    expect(environOf([["HTTPS", value]])["wsgi.url_scheme"]).toBe(scheme);
  });

  test("S34, S35 wsgi.input, wsgi.errors and wsgi.file_wrapper are the ones given", () => {
    expect(bare.environ["wsgi.input"]).toBe(options.input);
    expect(bare.environ["wsgi.errors"]).toBe(options.errors);
    expect(bare.environ["wsgi.file_wrapper"]).toBe(options.fileWrapper);
  });

  test.each([true, false])("S38, S39, S40 the three flags are as given: %s", (flag) => {
    const environ = environOf([], { multithread: flag, multiprocess: !flag, runOnce: flag });
    expect(environ["wsgi.multithread"]).toBe(flag);
    expect(environ["wsgi.multiprocess"]).toBe(!flag);
    expect(environ["wsgi.run_once"]).toBe(flag);
  });

  test("S41 own keys are in lower case, with the prefix tsgi.", () => {
    const data = options.input;
    const own = Object.keys(environOf([], { role: "filter", data })).filter((name) =>
      name.startsWith("tsgi."),
    );
    expect(own).toEqual(["tsgi.protocol", "tsgi.role", "tsgi.signal", "tsgi.data"]);
    expect(environOf([], { protocol: "scgi", role: "authorizer" })).toMatchObject({
      "tsgi.protocol": "scgi",
      "tsgi.role": "authorizer",
    });
    expect(environOf([])).not.toHaveProperty("tsgi.data");
  });

  test("S97 the deployer's pairs win over the web server's, and never over the gateway's own", () => {
    const environ = JSON.parse(
      `{ "SERVER_NAME": "mine", "HTTPS": "on", "wsgi.run_once": "x", "HTTP_PROXY": "p", "__proto__": "q" }`,
    ) as Record<string, string>;
    const given = environOf([["HTTPS", "off"]], { environ });
    expect(given).toMatchObject({ SERVER_NAME: "mine", "wsgi.url_scheme": "https", "wsgi.run_once": false });
    expect(given).not.toHaveProperty("HTTP_PROXY");
    expect(Object.getOwnPropertyDescriptor(given, "__proto__")?.value).toBe("q");
  });

  test.each([["\u20ac"], ["a\0b"], [7]])("S81 the deployer's pair %j is refused", (value) => {
    const environ = { MY_NAME: value } as Record<string, string>;
    expect(() => build([], { environ })).toThrow(ConfigurationError);
  });
});

describe("tsgi.signal", () => {
  test("is made by the first look and stays the same", () => {
    const { made, environ } = counted();
    expect(Object.keys(environ)).toContain("tsgi.signal");
    expect(made).toHaveLength(0);
    expect(environ["tsgi.signal"]).toBeInstanceOf(AbortSignal);
    expect(environ["tsgi.signal"]).toBe(made[0]);
    expect(made).toHaveLength(1);
  });

  test("survives a copy, an inheriting object and a frozen environ", () => {
    const { made, environ } = counted();
    const inheriting = Object.create(environ) as typeof environ;
    expect(inheriting["tsgi.signal"]).toBe({ ...environ }["tsgi.signal"]);
    expect(Object.freeze(environ)["tsgi.signal"]).toBe(made[0]);
    expect(made).toHaveLength(1);
  });

  test("can be replaced and deleted, as any key", () => {
    const { environ } = counted();
    environ["tsgi.signal"] = "mine";
    expect(environ["tsgi.signal"]).toBe("mine");
    expect(delete environ["tsgi.signal"]).toBe(true);
    expect(environ).not.toHaveProperty("tsgi.signal");
  });
});
