/**
 * U3: the path that every adapter's router sees is the one that the web server matched, whatever the client wrote.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodePath,
  encodePath,
  targetBelowMount,
  wholeTarget,
  type Environ,
} from "../../src/bridge/index.ts";
import { normalisePath } from "../../src/bridge/request-uri.ts";

function environOf(mount: string, path: string, uri?: string, query = ""): Environ {
  return {
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: mount,
    PATH_INFO: path,
    QUERY_STRING: query,
    ...(uri === undefined ? {} : { REQUEST_URI: uri }),
  } as Environ;
}

type Row = readonly [what: string, mount: string, path: string, uri: string, below: string, whole: string];

describe("the request target", () => {
  test.each<Row>([
    ["as sent", "", "/a/b", "/a/b", "/a/b", "/a/b"],
    ["escapes as sent", "", "/a/b c", "/a%2fb%20c", "/a%2fb%20c", "/a%2fb%20c"],
    ["needless escapes as sent", "", "/admin", "/%61dmin", "/%61dmin", "/%61dmin"],
    ["below a mount", "/app", "/a/b", "/app/a%2Fb", "/a%2Fb", "/app/a%2Fb"],
    ["a mount with an escape", "/a b", "/c d", "/a%20b/c%20d", "/c%20d", "/a%20b/c%20d"],
    ["the mount itself", "/app", "", "/app", "/", "/app"],
    ["slashes merged", "", "/a/b", "/a//b", "/a/b", "/a/b"],
    ["slashes merged below a mount", "/app", "/b", "//app//b", "/b", "/app/b"],
    ["dot segments taken out", "", "/b", "/a/../b", "/b", "/b"],
    ["dot segments that were escaped", "", "/b", "/a/%2e%2e/b", "/b", "/b"],
    ["dot segments behind escaped slashes", "", "/admin", "/a%2F..%2Fadmin", "/admin", "/admin"],
    ["a normalised path is encoded again", "", "/b c%", "/a//../b%20c%25", "/b%20c%25", "/b%20c%25"],
    ["dot segments that were left", "", "/a/../b", "/a/../b", "/a/../b", "/a/../b"],
    ["a rewrite", "", "/new/x", "/old/x", "/new/x", "/new/x"],
    ["a rewrite below a mount", "/app", "/new", "/app/old", "/new", "/app/new"],
    ["nginx's stock parameters", "/a/b", "", "/a%2Fb", "/", "/a%2Fb"],
    ["a script that the URL does not have", "/app.cgi", "/a/b", "/a%2Fb", "/a%2Fb", "/a%2Fb"],
    ["the same, normalised", "/app.cgi", "/a/b", "/a//b", "/a/b", "/a/b"],
    ["the same at the root", "/app.cgi", "/", "/", "/", "/"],
    ["an index file", "/index.cgi", "", "/", "/", "/"],
    ["an index file in a folder", "/a b/index.cgi", "", "/a%20b//", "/", "/a%20b/"],
    ["a script that has nothing to do with the URL", "/app.cgi", "", "/x", "/", "/app.cgi"],
    ["an absolute-form", "", "/a b", "http://evil.example/a%20b", "/a%20b", "/a%20b"],
    ["an absolute-form, normalised", "", "/b", "http://evil.example/a/../b", "/b", "/b"],
    ["no target at all", "/app", "/a b?", "", "/a%20b%3F", "/app/a%20b%3F"],
    ["a target that is no path", "", "/a", "evil", "/a", "/a"],
    ["a path without its slash", "", "a", "", "/a", "/a"],
    ["OPTIONS for the server", "", "", "*", "*", "/"],
  ])("U3 %s", (_what, mount, path, uri, below, whole) => {
    const environ = environOf(mount, path, uri);
    expect(targetBelowMount(environ)).toBe(below);
    expect(wholeTarget(environ)).toBe(whole);
  });

  test("without a REQUEST_URI it is SCRIPT_NAME and PATH_INFO", () => {
    expect(targetBelowMount(environOf("/app", "/a b"))).toBe("/a%20b");
    expect(wholeTarget(environOf("/app", "/a b"))).toBe("/app/a%20b");
  });

  test.each([
    ["as sent", "/a?b=%20c", "b=%20c", "/a?b=%20c"],
    ["empty", "/a?", "", "/a?"],
    ["a question mark in it", "/a?b?", "b?", "/a?b?"],
    ["that a rewrite changed", "/a?b", "c=1&b", "/a?c=1&b"],
    ["that a rewrite added", "/a", "c=1", "/a?c=1"],
    ["that a rewrite took away", "/a?b", "", "/a"],
  ])("the query is QUERY_STRING: %s", (_what, uri, query, target) => {
    expect(targetBelowMount(environOf("", "/a", uri, query))).toBe(target);
    expect(wholeTarget(environOf("", "/a", uri, query))).toBe(target);
  });

  test("U3 whatever was sent, its path decodes to what the web server matched, in both alike", () => {
    const part = fc.constantFrom("/", "//", "a", "B", ".", "..", "%2e", "%2F", "%25", "%zz", "%E9", ";", " ");
    const path = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join("")}`);
    fc.assert(
      fc.property(
        path,
        path,
        fc.constantFrom("", "/app", "/a b"),
        fc.boolean(),
        (sent, other, mount, same) => {
          const uri = encodePath(mount) + sent;
          const decoded = same ? decodePath(sent) : normalisePath(decodePath(other));
          const environ = environOf(mount, decoded, uri);
          expect(decodePath(targetBelowMount(environ))).toBe(decoded);
          const whole = decodePath(wholeTarget(environ));
          // The mount may be missing where the client's URL does not have it, and nothing else.
          expect([mount + decoded, decoded]).toContain(whole);
        },
      ),
    );
  });
});
