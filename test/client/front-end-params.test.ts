import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildRequestParams, type RequestSocket } from "../../src/client/index.ts";
import { TsgiError } from "../../src/errors/index.ts";
import { coded } from "./harness.ts";

const tcp: RequestSocket = {
  localAddress: "127.0.0.1",
  localPort: 8000,
  remoteAddress: "10.0.0.9",
  remotePort: 50_000,
};

function build(
  url: string,
  rawHeaders: readonly string[] = ["Host", "example.org"],
  { scriptName = "", method = "GET", socket = tcp, params = {} } = {},
): Record<string, string> | undefined {
  const head = { method, url, httpVersion: "1.1", rawHeaders };
  const built = buildRequestParams(head, socket, { scriptName, serverSoftware: "tsgi", params });
  return built && Object.fromEntries(built);
}

test("builds the variables of RFC 3875 and nothing else", () => {
  expect(build("/a%20b?x=%31", ["Host", "example.org:8000", "User-Agent", "t"])).toStrictEqual({
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_SOFTWARE: "tsgi",
    SERVER_PROTOCOL: "HTTP/1.1",
    SERVER_NAME: "example.org",
    SERVER_PORT: "8000",
    SERVER_ADDR: "127.0.0.1",
    REMOTE_ADDR: "10.0.0.9",
    REMOTE_PORT: "50000",
    REQUEST_METHOD: "GET",
    REQUEST_SCHEME: "http",
    REQUEST_URI: "/a%20b?x=%31",
    SCRIPT_NAME: "",
    PATH_INFO: "/a b",
    QUERY_STRING: "x=%31",
    HTTP_HOST: "example.org:8000",
    HTTP_USER_AGENT: "t",
  });
});

test("lets settings stand over what the request says", () => {
  expect(build("/", [], { params: { HTTPS: "on", SERVER_NAME: "www" } })).toMatchObject({
    HTTPS: "on",
    SERVER_NAME: "www",
  });
});

test("names the ends of a UNIX socket as nginx does", () => {
  expect(build("/", [], { socket: {} as typeof tcp })).toMatchObject({
    REMOTE_ADDR: "unix:",
    REMOTE_PORT: "",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
  });
});

describe("paths", () => {
  test.each([
    ["/", "", "/", ""],
    ["/?", "", "/", ""],
    ["/a/b?c?d", "", "/a/b", "c?d"],
    ["//a//", "", "//a//", ""],
    ["/a/../b/./c", "", "/a/../b/./c", ""],
    ["/%2e%2E/%2F", "", "/..//", ""],
    ["/caf%c3%A9", "", "/caf\xc3\xa9", ""],
    ["/\xc3\xa9", "", "/\xc3\xa9", ""],
    ["/%0d%0a", "", "/\r\n", ""],
    ["/%25%32%35", "", "/%25", ""],
    ["/app", "/app", "", ""],
    ["/app/", "/app", "/", ""],
    ["/app/x?y", "/app", "/x", "y"],
    ["/%61pp/x", "/app", "/x", ""],
  ])("U1 splits %s at the mount", (url, scriptName, pathInfo, query) => {
    expect(build(url, undefined, { scriptName })).toMatchObject({
      REQUEST_URI: url,
      SCRIPT_NAME: scriptName,
      PATH_INFO: pathInfo,
      QUERY_STRING: query,
    });
  });

  test.each(["/", "/ap", "/apple", "/APP", "//app", "/x/app"])(
    "U2 finds %s outside of the mount /app",
    (url) => {
      expect(build(url, undefined, { scriptName: "/app" })).toBeUndefined();
    },
  );

  test.each([
    ["http://other.example:81/p?q", "/p?q", "other.example:81"],
    ["HTTP://other.example?q", "/?q", "other.example"],
    ["https://other.example", "/", "other.example"],
  ])("U3 takes path and host from the absolute target %s", (url, uri, host) => {
    expect(build(url)).toMatchObject({ REQUEST_URI: uri, HTTP_HOST: host, SERVER_NAME: host.split(":")[0] });
  });

  test.each([
    "",
    "*",
    "a",
    "example.org:80",
    "ftp://h/",
    "/a b",
    "/a#b",
    "/\0",
    "/\x7f",
    "/%00",
    "/%",
    "/%4",
    "/%zz",
  ])("U3 refuses the target %j", (url) => {
    expect(() => build(url)).toThrow(coded("ERR_REQUEST_URI"));
  });
});

describe("headers", () => {
  test("H1 drops Proxy, hop-by-hop headers, names with underscores and what Connection names", () => {
    const sent = `Host:h Proxy:evil Connection:close,X-Once,Cookie X-Once:1 Cookie:a=b Transfer-Encoding:chunked
      TE:trailers Upgrade:h2c Keep-Alive:1 Expect:100-continue Proxy-Authorization:x Content_Length:99 X_Y:no X.Z:no
      __proto__:no X-Y:yes`;
    const named = Object.entries(build("/", sent.split(/[\s:]+/)) ?? {}).filter(([name]) =>
      /^HTTP_|CONTENT/.test(name),
    );
    expect(Object.fromEntries(named)).toStrictEqual({ HTTP_HOST: "h", HTTP_COOKIE: "a=b", HTTP_X_Y: "yes" });
  });

  test("H2 joins repeated headers, cookies with a semicolon, in the order they came", () => {
    const sent = ["Host", "h", "X-A", "1", "Cookie", "a=1", "x-a", "", "cookie", "b=2", "X-A", "3"];
    expect(build("/", sent)).toMatchObject({ HTTP_X_A: "1, , 3", HTTP_COOKIE: "a=1; b=2" });
  });

  test("sends Content-Type and Content-Length under their own names only", () => {
    const params = build("/", ["Host", "h", "Content-Type", "a/b", "content-length", "3"]);
    expect(params).toMatchObject({ CONTENT_TYPE: "a/b", CONTENT_LENGTH: "3" });
    expect(params).not.toHaveProperty("HTTP_CONTENT_TYPE");
    expect(params).not.toHaveProperty("HTTP_CONTENT_LENGTH");
  });

  test.each(["Host", "Authorization", "Content-Type", "Content-Length"])(
    "H2 refuses two %s that differ",
    (name) => {
      expect(() => build("/", [name, "1", name.toLowerCase(), "2"])).toThrow(coded("ERR_REQUEST_PARAMS"));
    },
  );

  test.each([
    ["example.org", "example.org"],
    ["example.org:8000", "example.org"],
    ["[::1]:8000", "[::1]"],
    ["10.0.0.1:", "10.0.0.1"],
    ["", "127.0.0.1"],
  ])("names the server after the Host %j", (host, name) => {
    expect(build("/", ["Host", host])).toMatchObject({ SERVER_NAME: name, HTTP_HOST: host });
  });

  test.each(["a b", "a/b", "a@b", "a:b", "[::1", "[x]", "a\x7f", "a,b:80:80", "h:999999"])(
    "U4 refuses the Host %j",
    (host) => {
      expect(() => build("/", ["Host", host])).toThrow(coded("ERR_REQUEST_PARAMS"));
    },
  );
});

test("W20 keeps SCRIPT_NAME + PATH_INFO equal to the decoded path, or refuses, for any target", () => {
  const piece = fc.constantFrom("/", "app", "%2f", "%41", "%", "?", "#", "..", "http://h", " ", "\xff", "x");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom("", "/app"), (pieces, scriptName) => {
      const url = `/${pieces.join("")}`;
      let params: Record<string, string> | undefined;
      try {
        params = build(url, undefined, { scriptName });
      } catch (error) {
        expect(error).toBeInstanceOf(TsgiError);
        return;
      }
      if (params === undefined) return;
      const path = (params["REQUEST_URI"] ?? "").split("?", 1)[0] ?? "";
      const decoded = path.replaceAll(/%(..)/g, (_, digits: string) =>
        String.fromCharCode(parseInt(digits, 16)),
      );
      expect(`${params["SCRIPT_NAME"]}${params["PATH_INFO"]}`).toBe(decoded);
    }),
  );
});
