/** The helpers beside what CPython's wsgiref gave for the same: test/fixtures/wsgiref.json. */
import { describe, expect, it } from "vitest";
import {
  applicationUri,
  guessScheme,
  Headers,
  isHopByHop,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
} from "../../src/bridge/index.ts";
import { readProjectFile } from "../support/source-tree.ts";

interface HeaderSteps {
  readonly start: Array<[string, string]>;
  readonly steps: Array<[method: keyof Headers, ...given: never[]]>;
  readonly results: unknown[];
  readonly length: number;
  readonly keys: string[];
  readonly values: string[];
  readonly items: unknown[];
  readonly text: string;
  readonly octets: string;
}

const recorded = JSON.parse(readProjectFile("test/fixtures/wsgiref.json")) as {
  uris: Array<{
    environ: Record<string, string>;
    applicationUri: string;
    requestUri: string;
    withoutQuery: string;
  }>;
  shifts: Array<
    Record<"scriptName" | "pathInfo" | "newScriptName" | "newPathInfo", string> & { name: string | null }
  >;
  schemes: Array<{ https: string | null; scheme: string }>;
  hopByHop: Array<{ name: string; is: boolean }>;
  defaults: Array<{ given: Record<string, string>; environ: Record<string, string | number> }>;
  headers: HeaderSteps[];
};

describe("as wsgiref", () => {
  it.each(recorded.uris)("requestUri and applicationUri of $environ", (row) => {
    expect(applicationUri(row.environ)).toBe(row.applicationUri);
    expect(requestUri(row.environ)).toBe(row.requestUri);
    expect(requestUri(row.environ, { includeQuery: false })).toBe(row.withoutQuery);
  });

  it.each(recorded.shifts)("shiftPathInfo of SCRIPT_NAME $scriptName and PATH_INFO $pathInfo", (row) => {
    const environ = { SCRIPT_NAME: row.scriptName, PATH_INFO: row.pathInfo };
    expect(shiftPathInfo(environ) ?? null).toBe(row.name);
    expect(environ).toEqual({ SCRIPT_NAME: row.newScriptName, PATH_INFO: row.newPathInfo });
  });

  it.each(recorded.schemes)("guessScheme of HTTPS $https is $scheme", ({ https, scheme }) => {
    expect(guessScheme(https === null ? {} : { HTTPS: https })).toBe(scheme);
  });

  it.each(recorded.hopByHop)("isHopByHop of $name is $is", ({ name, is }) => {
    expect(isHopByHop(name)).toBe(is);
  });

  it.each(recorded.defaults)("setupTestingDefaults of $given", ({ given, environ }) => {
    const complete = setupTestingDefaults({ ...given });
    for (const [key, value] of Object.entries(environ)) {
      // Python's 0 and 1 are false and true here. SCRIPT_NAME and PATH_INFO are both always there.
      expect(complete[key], key).toBe(typeof value === "number" ? value === 1 : value);
    }
  });

  it.each(recorded.headers)("Headers of $start after $steps", (row) => {
    const headers = new Headers(row.start);
    const results = row.steps.map(([method, ...given]) =>
      Reflect.apply(headers[method] as () => unknown, headers, given),
    );
    expect(results.map((each) => each ?? null)).toEqual(row.results);
    expect(headers.length).toBe(row.length);
    expect(headers.keys()).toEqual(row.keys);
    expect(headers.values()).toEqual(row.values);
    expect(headers.items()).toEqual(row.items);
    expect([...headers]).toEqual(row.items);
    expect(String(headers)).toBe(row.text);
    expect(Buffer.from(headers.toOctets()).toString("hex")).toBe(row.octets);
  });
});
