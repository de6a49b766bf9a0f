/** One URL and one set of headers for every adapter: security U3, U4, H1, H6. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headerOfEnviron, headersOfEnviron } from "../../src/adapters/environ-headers.ts";
import { originOfEnviron, urlAtOrigin } from "../../src/adapters/environ-url.ts";
import { decodePath, splitRequestUri, type Environ } from "../../src/bridge/index.ts";

/** PATH_INFO and QUERY_STRING are what a web server makes of REQUEST_URI that leaves it as it is. */
function environOf(variables: Record<string, unknown>): Environ {
  const { REQUEST_URI: uri, REQUEST_METHOD: method = "GET" } = variables as Record<
    string,
    string | undefined
  >;
  const target = uri === undefined ? { path: "/", query: "" } : splitRequestUri(uri, method);
  return {
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: "",
    PATH_INFO: decodePath(target.path),
    QUERY_STRING: target.query,
    SERVER_NAME: "server.example",
    SERVER_PORT: "80",
    SERVER_PROTOCOL: "HTTP/1.1",
    "wsgi.url_scheme": "http",
    ...variables,
  } as Environ;
}

const urlOfEnviron = (environ: Environ): string => urlAtOrigin(environ, originOfEnviron(environ));

describe("the URL of an environ", () => {
  it.each<[string, Record<string, string>, string]>([
    ["host and target", { HTTP_HOST: "a.example", REQUEST_URI: "/x?y=1" }, "http://a.example/x?y=1"],
    ["a port", { HTTP_HOST: "a.example:8080", REQUEST_URI: "/" }, "http://a.example:8080/"],
    ["the scheme's own port", { HTTP_HOST: "a.example:80", REQUEST_URI: "/" }, "http://a.example/"],
    [
      "https",
      { HTTP_HOST: "a.example:443", REQUEST_URI: "/", "wsgi.url_scheme": "https" },
      "https://a.example/",
    ],
    ["capitals in the host", { HTTP_HOST: "A.Example", REQUEST_URI: "/A" }, "http://a.example/A"],
    ["an IPv6 address", { HTTP_HOST: "[::1]:8080", REQUEST_URI: "/" }, "http://[::1]:8080/"],
    ["no Host", { REQUEST_URI: "/x" }, "http://server.example/x"],
    ["no Host, a port", { SERVER_PORT: "8080", REQUEST_URI: "/x" }, "http://server.example:8080/x"],
    [
      "no Host, an IPv6 server",
      { SERVER_NAME: "::1", SERVER_PORT: "81", REQUEST_URI: "/" },
      "http://[::1]:81/",
    ],
    [
      "no Host, a server_name that is a pattern",
      { SERVER_NAME: "~^(www)?$", REQUEST_URI: "/" },
      "http://localhost/",
    ],
    ["escapes", { HTTP_HOST: "h", REQUEST_URI: "/a%2Fb%20c?d%3De" }, "http://h/a%2Fb%20c?d%3De"],
    ["dot segments", { HTTP_HOST: "h", REQUEST_URI: "/a/../b/%2e%2E/c" }, "http://h/c"],
    ["an octet past ASCII", { HTTP_HOST: "h", REQUEST_URI: "/caf\xe9?\xff" }, "http://h/caf%E9?%FF"],
    ["two slashes", { HTTP_HOST: "h", REQUEST_URI: "//evil.example/x" }, "http://h//evil.example/x"],
    ["a backslash", { HTTP_HOST: "h", REQUEST_URI: "/\\evil.example" }, "http://h/%5Cevil.example"],
    ["what looks like a fragment", { HTTP_HOST: "h", REQUEST_URI: "/a#b?c#d" }, "http://h/a%23b?c%23d"],
    ["white space", { HTTP_HOST: "h", REQUEST_URI: "/a b\tc" }, "http://h/a%20b%09c"],
    ["an absolute-form", { HTTP_HOST: "h", REQUEST_URI: "http://evil.example/x?y" }, "http://h/x?y"],
    ["an absolute-form without a path", { HTTP_HOST: "h", REQUEST_URI: "http://evil.example" }, "http://h/"],
    ["an asterisk", { HTTP_HOST: "h", REQUEST_URI: "*", REQUEST_METHOD: "OPTIONS" }, "http://h/"],
    ["an empty query", { HTTP_HOST: "h", REQUEST_URI: "/a?" }, "http://h/a?"],
    [
      "no REQUEST_URI",
      { HTTP_HOST: "h", SCRIPT_NAME: "/app", PATH_INFO: "/a b%\xe9?", QUERY_STRING: "q=1" },
      "http://h/app/a%20b%25%E9%3F?q=1",
    ],
  ])("%s", (_what, variables, url) => {
    expect(urlOfEnviron(environOf(variables))).toBe(url);
  });

  it.each([
    "a b",
    "a/b",
    "a@b",
    "a\\b",
    "a?b",
    "a#b",
    "a:b",
    "a:99999",
    "[::1",
    "[g::1]",
    "1.2.3.4.5",
    "%41",
    "a\xe9",
    ",, ",
  ])("U4: the Host %j is refused", (host) => {
    expect(() => urlOfEnviron(environOf({ HTTP_HOST: host, REQUEST_URI: "/" }))).toThrow(
      expect.objectContaining({ code: "ERR_REQUEST_PARAMS" }),
    );
  });

  it("U3: goes by PATH_INFO where middleware has made REQUEST_URI something that is no target", () => {
    const environ = { ...environOf({ HTTP_HOST: "h", REQUEST_URI: "/a" }), REQUEST_URI: "evil" };
    expect(urlOfEnviron(environ)).toBe("http://h/a");
  });

  it("is what the URL parser makes of it, whatever the target", () => {
    const octet = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
    const often = fc.constantFrom("/", ".", "..", "%2e", "?", "a", "%", "'", "|", "[", "\\", "#", "%e9");
    fc.assert(
      fc.property(fc.array(fc.oneof(octet, often)), (parts) => {
        const url = urlOfEnviron(environOf({ HTTP_HOST: "h.example", REQUEST_URI: `/${parts.join("")}` }));
        const parsed = new URL(url);
        expect(parsed.href).toBe(url);
        expect(parsed.host).toBe("h.example");
        expect(parsed.hash).toBe("");
      }),
    );
  });

  it("is what the URL parser makes of it, whatever the Host", () => {
    const part = fc.constantFrom(
      "a",
      "1",
      "0x7f",
      ".",
      ":",
      "-",
      "_",
      "xn--",
      "80",
      "443",
      "A",
      "256",
      "~",
      "+",
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        let url: string;
        try {
          url = urlOfEnviron(environOf({ HTTP_HOST: parts.join(""), REQUEST_URI: "/" }));
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_REQUEST_PARAMS" });
          return;
        }
        expect(new URL(url).href).toBe(url);
      }),
    );
  });
});

describe("the headers of an environ", () => {
  const environ = environOf({
    HTTP_HOST: "h",
    HTTP_X_ONE: " padded\t",
    HTTP_FOLDED: "a\r\n b",
    HTTP_PROXY: "evil",
    HTTP_CONTENT_TYPE: "no/such",
    HTTP_CONTENT_LENGTH: "99",
    HTTP_lower: "no header of any web server",
    HTTP___PROTO__: "harmless",
    HTTP_CONSTRUCTOR: "harmless too",
    HTTP_EMPTY: "",
    CONTENT_TYPE: "text/plain",
    CONTENT_LENGTH: "",
    REMOTE_USER: "someone",
  });
  const all = [
    ["host", "h"],
    ["x-one", "padded"],
    ["folded", "a   b"],
    ["--proto--", "harmless"],
    ["constructor", "harmless too"],
    ["empty", ""],
    ["content-type", "text/plain"],
  ];

  it("are those of HTTP_*, CONTENT_TYPE and CONTENT_LENGTH, without Proxy (H1)", () => {
    const list = headersOfEnviron(environ);
    const pairs = list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]]] : []));
    expect(pairs).toEqual(all);
  });

  it("are the same one by one, in any case", () => {
    for (const [name = "", value] of all) {
      expect(headerOfEnviron(environ, name)).toBe(value);
      expect(headerOfEnviron(environ, name.toUpperCase())).toBe(value);
    }
    for (const name of [
      "proxy",
      "PROXY",
      "x_one",
      "lower",
      "remote-user",
      "content-length",
      "",
      "__proto__",
      "a b",
    ])
      expect(headerOfEnviron(environ, name)).toBeUndefined();
  });

  it("costs a value of nothing but white space no more than its length", () => {
    const value = `a${" ".repeat(200_000)}b`;
    const started = process.hrtime.bigint();
    expect(headerOfEnviron(environOf({ HTTP_X: value }), "x")).toBe(value);
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(500);
  });
});
