/** The helpers where they differ from wsgiref's, their properties, and `compose`. */
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import * as tsgi from "../../src/index.ts";
import {
  applicationUri,
  compose,
  FileWrapper,
  Headers,
  isHopByHop,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
  type HeaderList,
  type Middleware,
} from "../../src/index.ts";
import { decodePath } from "../../src/bridge/request-uri.ts";
import { answering, octets, run, textOf, type LooseApplication } from "./hosted.ts";

describe("requestUri", () => {
  const usual = { "wsgi.url_scheme": "http", SERVER_NAME: "h", SERVER_PORT: "80" };

  it.each([
    ["evil.example/path"],
    ["user@example.org"],
    ["a b"],
    ["example.org:80x"],
    ["a\r\nX: y"],
    ["[::1"],
    ["\u{e4}.example"],
  ])("U4 refuses to be made of the host %j", (host) => {
    const environ = { ...usual, HTTP_HOST: host };
    for (const make of [requestUri, applicationUri]) {
      expect(() => make(environ)).toThrow(expect.objectContaining({ code: "ERR_REQUEST_PARAMS" }));
    }
  });

  it("puts an IPv6 address of the server in brackets, once", () => {
    expect(applicationUri({ ...usual, SERVER_NAME: "::1" })).toBe("http://[::1]/");
    expect(applicationUri({ ...usual, SERVER_NAME: "[::1]", SERVER_PORT: "81" })).toBe("http://[::1]:81/");
  });

  it("takes HTTPS=ON for https where there is no wsgi.url_scheme, as the gateway does", () => {
    expect(applicationUri({ SERVER_NAME: "h", SERVER_PORT: "443", HTTPS: "ON" })).toBe("https://h/");
  });
});

describe("shiftPathInfo", () => {
  it("leaves a PATH_INFO that is no path alone, where wsgiref fails", () => {
    const environ = { SCRIPT_NAME: "/app", PATH_INFO: "*" };
    expect(shiftPathInfo(environ)).toBeUndefined();
    expect(environ).toEqual({ SCRIPT_NAME: "/app", PATH_INFO: "*" });
    expect(shiftPathInfo({})).toBeUndefined();
  });
});

describe("isHopByHop", () => {
  it("knows trailer as RFC 9110 calls it, and trailers as wsgiref does", () => {
    expect(["Trailer", "Trailers", "Proxy-Connection", "Te", "Transfer"].map(isHopByHop)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});

describe("setupTestingDefaults", () => {
  it("makes an environ that an application can be called with, and returns it", async () => {
    const given = { PATH_INFO: "/x" };
    const environ = setupTestingDefaults(given);
    expect(environ).toBe(given);
    expect(await environ["wsgi.input"].read()).toEqual(Buffer.alloc(0));
    environ["wsgi.errors"].write("a\n");
    environ["wsgi.errors"].writelines(["b", "c\n"]);
    expect(String(environ["wsgi.errors"])).toBe("a\nbc\n");
    expect(environ["tsgi.signal"].aborted).toBe(false);
  });
});

describe("FileWrapper", () => {
  const file = (): { read: (size: number) => Uint8Array; close: () => void; closed: number } => {
    let left = 5;
    return {
      closed: 0,
      read(size) {
        const taken = Math.min(size, left);
        left -= taken;
        return octets("x".repeat(taken));
      },
      close() {
        this.closed += 1;
      },
    };
  };

  it.each([
    ["with new", (...given: Parameters<FileWrapper>) => new FileWrapper(...given)],
    ["without", (...given: Parameters<FileWrapper>) => FileWrapper(...given)],
  ])("%s is a body of blocks that closes the file", async (_how, make) => {
    const source = file();
    const body = make(source, 2);
    expect(body).toBeInstanceOf(FileWrapper);
    const chunks: string[] = [];
    for await (const chunk of body) chunks.push(textOf(chunk));
    expect(chunks).toEqual(["xx", "xx", "x"]);
    await body.close?.();
    expect(source.closed).toBe(1);
  });
});

describe("Headers", () => {
  it("changes the list that it was given", () => {
    const list: HeaderList = [["A", "1"]];
    const headers = new Headers(list);
    headers.set("a", "2");
    headers.addHeader("B", "3");
    expect(list).toEqual([
      ["a", "2"],
      ["B", "3"],
    ]);
    headers.items()[0]![1] = "other";
    expect(headers.get("a")).toBe("2");
  });

  it.each<[string, (headers: Headers) => void]>([
    ["CR and LF in a value", (headers) => headers.set("X", "a\r\nY: b")],
    ["LF in a name", (headers) => headers.set("X\nY", "a")],
    ["a colon in a name", (headers) => headers.setDefault("X:", "a")],
    ["LF in a parameter", (headers) => headers.addHeader("X", "a", { b: "c\nd" })],
    ["text past U+00FF", (headers) => headers.set("X", "\u{20ac}")],
    ["a value that is no string", (headers) => headers.set("X", 1 as never)],
    ["a list with LF", () => new Headers([["X", "\n"]])],
    ["a list of other things", () => new Headers(["X"] as never)],
    ["no list", () => new Headers({} as never)],
  ])("H3 refuses %s", (_what, change) => {
    const headers = new Headers();
    expect(() => change(headers)).toThrow(expect.objectContaining({ code: "ERR_RESPONSE_HEADERS" }));
    expect(headers.length).toBe(0);
  });
});

describe("compose", () => {
  const tag =
    (text: string): Middleware =>
    (application) =>
    (environ, startResponse) =>
      application(environ, (status, headers, excInfo) =>
        startResponse(status, [...headers, ["X-Tag", text]], excInfo),
      );

  it("compose(a, b, c)(application) is a(b(c(application)))", async () => {
    const inner = answering([octets("x")]) as tsgi.Application;
    const { sink } = await run(compose(tag("a"), tag("b"), tag("c"))(inner) as LooseApplication);
    expect(sink.headers.filter(([name]) => name === "X-Tag").map(([, value]) => value)).toEqual([
      "c",
      "b",
      "a",
    ]);
    expect(compose()(inner)).toBe(inner);
  });

  it("says at once which of its parts is no middleware", () => {
    expect(() => compose(tag("a"), undefined as never)).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION", message: expect.stringContaining("place 2") }),
    );
  });
});

describe("properties", () => {
  const segment = fc
    .array(fc.integer({ min: 1, max: 255 }), { maxLength: 6 })
    .map((codes) => String.fromCharCode(...codes).replaceAll("/", "_"));
  const path = fc
    .array(segment, { maxLength: 5 })
    .map((segments) => segments.map((each) => `/${each}`).join(""));
  const usual = { "wsgi.url_scheme": "http", SERVER_NAME: "h", SERVER_PORT: "8080" };

  test("requestUri is applicationUri and the path, and decodes to SCRIPT_NAME + PATH_INFO", () => {
    fc.assert(
      fc.property(path, path, fc.constantFrom("", "a=b"), (scriptName, pathInfo, query) => {
        const environ = { ...usual, SCRIPT_NAME: scriptName, PATH_INFO: pathInfo, QUERY_STRING: query };
        const uri = requestUri(environ);
        expect(uri.startsWith(applicationUri(environ))).toBe(true);
        expect(uri).toMatch(/^[!-~]*$/);
        expect(requestUri(environ, { includeQuery: false }) + (query === "" ? "" : `?${query}`)).toBe(uri);
        const sent = requestUri(environ, { includeQuery: false }).slice("http://h:8080".length);
        expect(decodePath(sent)).toBe(scriptName + pathInfo || "/");
      }),
    );
  });

  test("a URI leads back to the environ that it was made of, through the gateway's own reading", () => {
    fc.assert(
      fc.property(path, (pathInfo) => {
        const uri = new URL(requestUri({ ...usual, PATH_INFO: "/x" + pathInfo }));
        // URL resolves dot segments; everything else stays.
        fc.pre(!/\/\.{1,2}(?:\/|$)/.test(pathInfo));
        expect(decodePath(uri.pathname)).toBe(`/x${pathInfo}`);
      }),
    );
  });

  test("shiftPathInfo moves the path's segments in their order and ends", () => {
    fc.assert(
      fc.property(path, (pathInfo) => {
        const environ = { SCRIPT_NAME: "/app", PATH_INFO: pathInfo };
        const moved: string[] = [];
        for (let left = 10; left > 0; left -= 1) {
          const name = shiftPathInfo(environ);
          if (name === undefined) break;
          moved.push(name);
        }
        expect(environ.PATH_INFO).toBe("");
        const segments = pathInfo.split("/").slice(1);
        const expected = segments.filter(
          (each, at) => (each !== "" && each !== ".") || at === segments.length - 1,
        );
        if (expected.at(-1) === ".") expected.pop();
        expect(moved).toEqual(expected);
      }),
    );
  });

  test("Headers keeps what a list would", () => {
    const name = fc.constantFrom("A", "a", "B", "b", "C");
    const step = fc.tuple(fc.constantFrom("set", "add", "delete"), name, fc.constantFrom("1", "2"));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const headers = new Headers();
        let model: Array<[string, string]> = [];
        for (const [what, key, value] of steps) {
          if (what !== "add") model = model.filter(([each]) => each.toLowerCase() !== key.toLowerCase());
          if (what === "set") headers.set(key, value);
          if (what === "delete") headers.delete(key);
          else model.push([key, value]);
          if (what === "add") headers.addHeader(key, value);
        }
        expect(headers.items()).toEqual(model);
      }),
    );
  });
});
