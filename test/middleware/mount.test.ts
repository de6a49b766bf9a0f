/** `mount`: which application a path leads to, and what that application sees. */
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { requestUri, type Application, type Environ } from "../../src/bridge/index.ts";
import { mount, validator, type MountMap } from "../../src/middleware/index.ts";
import { answering, get, head, run, type LooseApplication } from "../bridge/hosted.ts";

/** Says its name, and where it believes to be. */
const named =
  (name: string): Application =>
  (environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return [Buffer.from(`${name} ${environ.SCRIPT_NAME}|${environ.PATH_INFO}`, "latin1")];
  };

const pathed = (scriptName: string, pathInfo: string): Array<[string, string]> => [
  ["REQUEST_METHOD", "GET"],
  ["SCRIPT_NAME", scriptName],
  ["PATH_INFO", pathInfo],
  ...get.slice(3).map(([name, value]): [string, string] => [name, value]),
];

async function ask(map: MountMap, scriptName: string, pathInfo: string): Promise<string> {
  const application = validator(mount(map, named("none"))) as LooseApplication;
  return (await run(application, { params: pathed(scriptName, pathInfo) })).sink.text;
}

const site: MountMap = { "/api": named("api"), "/api/v2": named("v2"), "/a b/": named("space") };

describe("mount", () => {
  it.each([
    ["", "/api", "api /api|"],
    ["", "/api/", "api /api|/"],
    ["", "/api/x/y", "api /api|/x/y"],
    ["/app", "/api/x", "api /app/api|/x"],
    ["", "/api/v2", "v2 /api/v2|"],
    ["", "/api/v2/x", "v2 /api/v2|/x"],
    ["", "/api/v22", "api /api|/v22"],
    ["", "/a b/c", "space /a b|/c"],
    ["", "/api//v2", "api /api|//v2"],
    ["", "/apix", "none |/apix"],
    ["", "/API", "none |/API"],
    ["", "//api", "none |//api"],
    ["", "/x/../api", "none |/x/../api"],
    ["", "/", "none |/"],
    ["/app", "", "none /app|"],
  ])("U2 SCRIPT_NAME %j and PATH_INFO %j: %j", async (scriptName, pathInfo, expected) => {
    expect(await ask(site, scriptName, pathInfo)).toBe(expected);
  });

  it.each([[""], ["/"]])('with %j has an application for all the rest, "" and "*" included', async (path) => {
    const map = { [path]: named("rest"), "/api": named("api") };
    expect(await ask(map, "/app", "/x")).toBe("rest /app|/x");
    expect(await ask(map, "/app", "")).toBe("rest /app|");
    expect(await ask(map, "", "/api")).toBe("api /api|");
  });

  it("takes a Map, and paths of octets past U+007F", async () => {
    const path = Buffer.from("/\u{e4}").toString("latin1");
    expect(await ask(new Map([[path, named("umlaut")]]), "", `${path}/x`)).toBe(`umlaut ${path}|/x`);
  });

  it("M15 gives the application a copy of environ and leaves the caller's as it was", async () => {
    let inner: Environ | undefined;
    const recording: Application = (environ, startResponse) => {
      inner = environ;
      environ["example.mark"] = 1;
      return named("in")(environ, startResponse);
    };
    const params = [...pathed("/app", "/in/x"), ["REQUEST_URI", "/app/in/%78?q"] as const];
    await run(
      (environ: Environ, startResponse) => {
        const before = { ...environ };
        const body = mount({ "/in": recording })(environ, startResponse);
        expect({ ...environ }).toEqual(before);
        return body;
      },
      { params },
    );
    expect(inner).toMatchObject({ SCRIPT_NAME: "/app/in", PATH_INFO: "/x", REQUEST_URI: "/app/in/%78?q" });
    expect(Object.getPrototypeOf(inner)).toBe(Object.prototype);
    expect(inner?.["tsgi.signal"]).toBeInstanceOf(AbortSignal);
  });

  it("answers 404 where nothing fits, to HEAD with the same head", async () => {
    const application = mount({ "/api": named("api") }) as LooseApplication;
    const answered = await run(application);
    expect([answered.sink.status, answered.sink.text]).toEqual(["404 Not Found", "Not Found\n"]);
    const asked = await run(application, { params: head });
    expect([asked.sink.status, asked.sink.text, asked.sink.headers]).toEqual([
      "404 Not Found",
      "",
      answered.sink.headers,
    ]);
  });

  it("can be mounted itself", async () => {
    expect(await ask({ "/a": mount({ "/b": named("b") }) }, "/app", "/a/b/c")).toBe("b /app/a/b|/c");
  });

  it.each<[string, () => unknown]>([
    ["a path without its first slash", () => mount({ api: named("api") })],
    ["text that is no native string", () => mount({ "/\u{20ac}": named("euro") })],
    ["a path twice", () => mount({ "/api": named("one"), "/api/": named("two") })],
    ["something that is no application", () => mount({ "/api": {} as never })],
    ["a fallback that is none", () => mount({}, {} as never)],
  ])("refuses %s at once", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "ERR_CONFIG_OPTION" }));
  });

  test("whatever the path, the whole of it stays the same, and so does the request's URI", async () => {
    const segment = fc.constantFrom("", "a", "b", ".", "..", "a b", "\u{e4}");
    const path = fc.array(segment, { maxLength: 5 }).map((all) => all.map((each) => `/${each}`).join(""));
    const map: MountMap = {
      "/a": answering([]) as never,
      "/a/b": answering([]) as never,
      "/\u{e4}": named("x"),
    };
    await fc.assert(
      fc.asyncProperty(path, async (pathInfo) => {
        const uris: string[] = [];
        const watching =
          (application: Application): Application =>
          (environ, startResponse) => {
            uris.push(requestUri(environ), environ.SCRIPT_NAME + environ.PATH_INFO);
            return application(environ, startResponse);
          };
        const inner = Object.entries(map).map(([at, each]) => [at, watching(each as Application)] as const);
        const application = watching(mount(inner, watching(named("none")))) as LooseApplication;
        await run(application, { params: pathed("/app", pathInfo) });
        expect(uris.slice(2)).toEqual(uris.slice(0, 2));
      }),
      { numRuns: 50 },
    );
  });
});
