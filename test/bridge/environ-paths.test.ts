/**
 * SCRIPT_NAME, PATH_INFO and REQUEST_URI: what is taken as sent, what is derived, and the `scriptName` option.
 */
import { describe, expect, test } from "vitest";
import { buildEnviron, type EnvironResult } from "../../src/bridge/environ.ts";
import { parseScriptName } from "../../src/bridge/path-split.ts";
import { decodePath, normalisePath, splitRequestUri } from "../../src/bridge/request-uri.ts";
import { ConfigurationError } from "../../src/errors/index.ts";
import { options, paramsBlock, usual } from "./environ-request.ts";

interface Sent {
  readonly SCRIPT_NAME?: string;
  readonly PATH_INFO?: string;
  readonly REQUEST_URI?: string;
}

function build(sent: Sent, scriptName?: string): EnvironResult {
  return buildEnviron(paramsBlock([...usual, ...(Object.entries(sent) as [string, string][])]), {
    ...options,
    scriptName,
  });
}

const refused = (code: string): Error => expect.objectContaining({ code }) as Error;

describe("without scriptName", () => {
  test.each([
    // U1: empty, short and newline-bearing PATH_INFO are taken as sent.
    [{ SCRIPT_NAME: "/app", PATH_INFO: "/", REQUEST_URI: "/app/" }, "/app", "/"],
    [{ SCRIPT_NAME: "/app", PATH_INFO: "\n", REQUEST_URI: "/app%0a" }, "/app", "\n"],
    [{ SCRIPT_NAME: "/app", PATH_INFO: "/a\r\nb", REQUEST_URI: "/app/a%0d%0ab" }, "/app", "/a\r\nb"],
    [{ SCRIPT_NAME: "", PATH_INFO: "", REQUEST_URI: "/" }, "", "/"],
    [{ SCRIPT_NAME: "", PATH_INFO: "" }, "", ""],
    [{ SCRIPT_NAME: "/index.php", PATH_INFO: "", REQUEST_URI: "/index.php" }, "/index.php", ""],
    [{ SCRIPT_NAME: "/index.php", REQUEST_URI: "/index.php/%0A" }, "/index.php", "/\n"],
    // W20: derived from REQUEST_URI.
    [{ REQUEST_URI: "/caf%C3%A9/x" }, "", "/caf\u00c3\u00a9/x"],
    [{ REQUEST_URI: "/a%2Fb?c=%2F" }, "", "/a/b"],
    [{ REQUEST_URI: "/100%/%zz/%4" }, "", "/100%/%zz/%4"],
    [{ REQUEST_URI: "/a/../b//c" }, "", "/a/../b//c"],
    [{ REQUEST_URI: "//evil.example/x" }, "", "//evil.example/x"],
    [{ REQUEST_URI: "http://host:8080/app/x?q" }, "", "/app/x"],
    [{ REQUEST_URI: "HTTP://host" }, "", "/"],
    [{ SCRIPT_NAME: "/app", REQUEST_URI: "http://host/app/x" }, "/app", "/x"],
    [{ SCRIPT_NAME: "", PATH_INFO: "/http://host/x%", REQUEST_URI: "http://host/x%25" }, "", "/x%"],
    [{ SCRIPT_NAME: "/a b", REQUEST_URI: "/a%20b/c" }, "/a b", "/c"],
    [{ SCRIPT_NAME: "/app", REQUEST_URI: "/x/..//app//y" }, "/app", "/y"],
    [{ SCRIPT_NAME: "/a%2Fb", REQUEST_URI: "/a%2Fb" }, "/a%2Fb", ""],
    [{ SCRIPT_NAME: "/app/", REQUEST_URI: "/app/x" }, "/app/", "/x"],
    [{ REQUEST_URI: "*" }, "", ""],
    [{ REQUEST_URI: "" }, "", ""],
  ])("U1, U3, W20 %j", (sent, scriptName, pathInfo) => {
    const { environ, warnings } = build(sent);
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual([scriptName, pathInfo]);
    expect(warnings).toEqual([]);
    expect(environ.REQUEST_URI).toBe((sent as Sent).REQUEST_URI);
  });

  test.each([
    // U2: another case, half a segment and another file are no prefix.
    [{ SCRIPT_NAME: "/app", REQUEST_URI: "/application" }],
    [{ SCRIPT_NAME: "/app", REQUEST_URI: "/APP/x" }],
    [{ SCRIPT_NAME: "/\u00e9", REQUEST_URI: "/%C3%A9/x" }],
    [{ SCRIPT_NAME: "/index.php", PATH_INFO: "", REQUEST_URI: "/old/page" }],
  ])("U2 %j do not fit: PATH_INFO is empty, with a warning", (sent) => {
    const { environ, warnings } = build(sent);
    expect(environ).toMatchObject({ SCRIPT_NAME: sent.SCRIPT_NAME, PATH_INFO: "" });
    expect(warnings).toEqual([expect.stringContaining("does not match REQUEST_URI")]);
  });

  test.each(["app/x", "?q", ".evil.example/", "@evil", "://x", "1http://h/", " /x", "%2fx"])(
    "U3 REQUEST_URI %j is refused, also when PATH_INFO was sent",
    (uri) => {
      expect(() => build({ REQUEST_URI: uri })).toThrow(refused("ERR_REQUEST_URI"));
      expect(() => build({ REQUEST_URI: uri, PATH_INFO: "/x" })).toThrow(refused("ERR_REQUEST_URI"));
    },
  );

  test("U3 %00 in the path is refused, in the query it is the application's", () => {
    expect(() => build({ SCRIPT_NAME: "/app", PATH_INFO: "/x", REQUEST_URI: "/app/x%00" })).toThrow(
      refused("ERR_REQUEST_URI"),
    );
    expect(build({ REQUEST_URI: "/x?a=%00" }).environ.QUERY_STRING).toBe("a=%00");
  });

  test.each(["/a\0b", "/a%00?b", "http://host/%00"])("U3 the target %j is refused to adapters too", (uri) => {
    expect(() => splitRequestUri(uri, "GET")).toThrow(refused("ERR_REQUEST_URI"));
  });

  test("U3 CONNECT's authority-form names no path", () => {
    const params = paramsBlock([
      ["REQUEST_METHOD", "CONNECT"],
      ["REQUEST_URI", "host:443"],
    ]);
    expect(buildEnviron(params, options).environ.PATH_INFO).toBe("");
  });
});

describe("scriptName", () => {
  test.each([
    // nginx's stock fastcgi_params: SCRIPT_NAME is the whole decoded path.
    [{ SCRIPT_NAME: "/app/a b" }, "/app", "/app", "/a b"],
    [{ SCRIPT_NAME: "/app" }, "/app", "/app", ""],
    [{ SCRIPT_NAME: "/app/" }, "/app", "/app", "/"],
    [{ SCRIPT_NAME: "/" }, "", "", "/"],
    [{ SCRIPT_NAME: "/x/y" }, "", "", "/x/y"],
    [{ SCRIPT_NAME: "/x/y" }, "/", "", "/x/y"],
    [{ SCRIPT_NAME: "/app/x" }, "/app/", "/app", "/x"],
    // Split by the web server, in the same place, another place, or not at all.
    [{ SCRIPT_NAME: "/app", PATH_INFO: "/x" }, "/app", "/app", "/x"],
    [{ SCRIPT_NAME: "/app", PATH_INFO: "/v1/x" }, "/app/v1", "/app/v1", "/x"],
    [{ SCRIPT_NAME: "/app", PATH_INFO: "/x" }, "", "", "/app/x"],
    [{ SCRIPT_NAME: "", PATH_INFO: "/app/x" }, "/app", "/app", "/x"],
    // What the web server made of the path is what it checked its own rules against.
    [{ SCRIPT_NAME: "/app/d/e", REQUEST_URI: "/app//d//e" }, "/app", "/app", "/d/e"],
    // nginx's stock scgi_params: neither is sent.
    [{ REQUEST_URI: "/app/a%20b?q" }, "/app", "/app", "/a b"],
    [{ REQUEST_URI: "/app" }, "/app", "/app", ""],
    [{ REQUEST_URI: "/" }, "", "", "/"],
    [{ REQUEST_URI: "/x/../app/y" }, "/app", "/app", "/y"],
    [{ REQUEST_URI: "http://host/app/y" }, "/app", "/app", "/y"],
    [{ SCRIPT_NAME: "", PATH_INFO: "", REQUEST_URI: "/app/x" }, "/app", "/app", "/x"],
    [{ SCRIPT_NAME: "/caf\u00c3\u00a9/x" }, "/caf\u00c3\u00a9", "/caf\u00c3\u00a9", "/x"],
  ])("W20 %j at %j", (sent, mount, scriptName, pathInfo) => {
    const { environ, warnings } = build(sent, mount);
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual([scriptName, pathInfo]);
    expect(warnings).toEqual([]);
  });

  test.each([
    [{ SCRIPT_NAME: "/application" }, "/application"],
    [{ SCRIPT_NAME: "/APP/x" }, "/APP/x"],
    [{ SCRIPT_NAME: "/other", PATH_INFO: "/x" }, "/other/x"],
    [{ REQUEST_URI: "/other%20x" }, "/other x"],
  ])("U2 %j is not under /app: the whole path is PATH_INFO, with a warning", (sent, pathInfo) => {
    const { environ, warnings } = build(sent, "/app");
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(["", pathInfo]);
    expect(warnings).toEqual([expect.stringContaining('not under scriptName "/app"')]);
  });

  test.each(["app", "./app", "/caf\u20ac", "/a\0"])("the setting %j is refused", (setting) => {
    expect(() => parseScriptName(setting)).toThrow(ConfigurationError);
    expect(() => build({ SCRIPT_NAME: "/app" }, setting)).toThrow(ConfigurationError);
  });
});

describe("the request target's parts", () => {
  test.each([
    ["/a%20b?c?d", "/a%20b", "c?d"],
    ["//host/x", "//host/x", ""],
    ["http://u@[::1]:80/a?b", "/a", "b"],
    ["http://host?b/c", "/", "b/c"],
    ["*", "", ""],
  ])("U3 %j", (uri, path, query) => {
    expect(splitRequestUri(uri, "GET")).toEqual({ path, query });
  });

  test.each([
    ["%41%zz%e9%", "A%zz\u00e9%"],
    ["%%41", "%A"],
    ["%2525", "%25"],
    ["%g1%1g", "%g1%1g"],
  ])("escapes are undone once: %j", (path, expected) => {
    expect(decodePath(path)).toBe(expected);
  });

  test.each([
    ["/a/../../b/./c/", "/b/c/"],
    ["//a//b", "/a/b"],
    ["/a/..", "/"],
    ["/a/b/..", "/a/"],
    ["", "/"],
  ])("%j is normalised as web servers do", (path, expected) => {
    expect(normalisePath(path)).toBe(expected);
  });

  test("O10 long paths take linear time", () => {
    const long = `/${"%41/../".repeat(100_000)}`;
    expect(normalisePath(decodePath(long))).toBe("/");
  });
});
