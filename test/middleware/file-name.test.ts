/** Which names a path stands for, and which paths stand for none: security, "Paths". */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRequestedFile } from "../../src/middleware/file-name.ts";

const native = (text: string): string => Buffer.from(text).toString("latin1");

describe("parseRequestedFile", () => {
  it.each([
    ["", [], false],
    ["/", [], true],
    ["/a", ["a"], false],
    ["/a/b.txt", ["a", "b.txt"], false],
    ["/a/", ["a"], true],
    ["/...", ["..."], false],
    ["/a..b", ["a..b"], false],
    ["/ä€😀", ["ä€😀"], false],
    // Decoded once: what is left of an escape is a name like any other.
    ["/%2e%2e", ["%2e%2e"], false],
    ["/a b+c", ["a b+c"], false],
    ["/a:b", ["a:b"], false],
  ])("%j is %j", (path, names, isDirectory) => {
    expect(parseRequestedFile(native(path), "linux")).toEqual({ names, isDirectory });
  });

  it.each([
    "a",
    "/..",
    "/../etc/passwd",
    "/a/../b",
    "/a/..",
    "/./a",
    "/a/.",
    "//a",
    "/a//b",
    "/a//",
    "//",
    "/a\0",
    "/a\0.txt",
    "/..\\..\\etc",
    "/a\\b",
    "\\a",
  ])("%j is no file", (path) => {
    expect(parseRequestedFile(native(path), "linux")).toBeUndefined();
  });

  it.each(["/\xff", "/\xc0\xae\xc0\xae/x", "/\xed\xa0\x80", "/a\xe2\x82"])(
    "octets that are no UTF-8 are no file: %j",
    (path) => {
      expect(parseRequestedFile(path, "linux")).toBeUndefined();
    },
  );

  it.each([
    "/C:/x",
    "/x:stream",
    "/x::$DATA",
    "/con",
    "/CON.txt",
    "/a/nul",
    "/com1.log",
    "/a.",
    "/a ",
    "/a?",
    '/a"',
    "/a|b",
  ])("on Windows %j is none", (path) => {
    expect(parseRequestedFile(path, "win32")).toBeUndefined();
  });

  it("whatever comes, no name leads up or sideways", () => {
    const part = fc.constantFrom("..", ".", "", "a", "\\", "\0", "%2e%2e", "é", "\xff", "c:", " ");
    fc.assert(
      fc.property(fc.array(part), fc.uint8Array({ maxLength: 8 }), (parts, tail) => {
        const path = `/${parts.join("/")}${Buffer.from(tail).toString("latin1")}`;
        for (const platform of ["linux", "win32"] as const) {
          const names = parseRequestedFile(path, platform)?.names ?? [];
          if (names.some((name) => /^\.{0,2}$|[/\\\0]/.test(name))) return false;
        }
        return true;
      }),
    );
  });
});
