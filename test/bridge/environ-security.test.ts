/**
 * The environ builder by the numbers of the security requirements (H, U, O) and of what web servers send (W17).
 */
import { describe, expect, test } from "vitest";
import { buildEnviron, type EnvironOptions, type EnvironResult } from "../../src/bridge/environ.ts";
import { options, paramsBlock, usual, type Pairs } from "./environ-request.ts";

const build = (pairs: Pairs, more: Partial<EnvironOptions> = {}): EnvironResult =>
  buildEnviron(paramsBlock([...usual, ...pairs]), { ...options, ...more });
const environOf = (pairs: Pairs, more: Partial<EnvironOptions> = {}): Record<string, unknown> =>
  build(pairs, more).environ;
const refused = (code: string): Error => expect.objectContaining({ code }) as Error;
const lengths = (declared: string, header: string): Pairs => [
  ["CONTENT_LENGTH", declared],
  ["HTTP_CONTENT_LENGTH", header],
];

describe("security: headers and variables", () => {
  test("H1 HTTP_PROXY never reaches the application", () => {
    expect(Object.keys(environOf([["HTTP_PROXY", "http://evil"]]))).not.toContain("HTTP_PROXY");
    expect(
      Object.keys(
        environOf([
          ["HTTP_PROXY", "a"],
          ["HTTP_PROXY", "b"],
        ]),
      ),
    ).not.toContain("HTTP_PROXY");
  });

  // One name of the table of known names, one that is not in it: they take different ways.
  test.each(["HTTP_ACCEPT", "HTTP_X_DUP"])("H2 a repeated %s is joined with a comma", (name) => {
    expect(
      environOf([
        [name, "a"],
        [name, "b"],
        ["HTTP_OTHER", "x"],
        [name, "b"],
      ])[name],
    ).toBe("a, b, b");
    expect(
      environOf([
        [name, ""],
        [name, "b"],
      ])[name],
    ).toBe(", b");
  });

  test("H2 repeated cookies are joined with a semicolon", () => {
    expect(
      environOf([
        ["HTTP_COOKIE", "a=1"],
        ["HTTP_COOKIE", "b=2"],
      ]).HTTP_COOKIE,
    ).toBe("a=1; b=2");
  });

  test.each([
    "HTTP_HOST",
    "HTTP_AUTHORIZATION",
    "HTTP_CONTENT_LENGTH",
    "HTTP_CONTENT_TYPE",
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "REMOTE_USER",
    "SCRIPT_NAME",
    "HTTPS",
    "MY_PARAM",
    "constructor",
    "",
  ])("H2 two values of %j are refused, a repeated one counts once", (name) => {
    expect(() =>
      build([
        [name, "1"],
        [name, "2"],
      ]),
    ).toThrow(refused("ERR_REQUEST_PARAMS"));
    expect(() =>
      build([
        [name, ""],
        [name, "2"],
      ]),
    ).toThrow(refused("ERR_REQUEST_PARAMS"));
    expect(
      environOf([
        [name, "1"],
        [name, "1"],
      ])[name],
    ).toBe("1");
  });

  test("H2 a value of an earlier request is no repeat", () => {
    build([
      ["REMOTE_USER", "alice"],
      ["MY_PARAM", "1"],
    ]);
    expect(
      environOf([
        ["REMOTE_USER", "bob"],
        ["MY_PARAM", "2"],
      ]),
    ).toMatchObject({ REMOTE_USER: "bob", MY_PARAM: "2" });
    expect(environOf([])).not.toHaveProperty("REMOTE_USER");
  });

  test.each([
    "+1",
    "-2",
    "-0",
    "1,1",
    "0x5",
    "1_0",
    "1e3",
    " 1",
    "1 ",
    "1.0",
    "\u00b9",
    "9007199254740992",
    "9".repeat(400),
  ])("H5 CONTENT_LENGTH %j is refused", (value) => {
    for (const protocol of ["fastcgi", "scgi", "cgi"] as const) {
      expect(() => build([["CONTENT_LENGTH", value]], { protocol })).toThrow(
        refused("ERR_REQUEST_CONTENT_LENGTH"),
      );
    }
  });

  test.each([
    ["0", 0],
    ["007", 7],
    ["204800", 204_800],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("H5 CONTENT_LENGTH %j is %j", (value, octets) => {
    expect(build([["CONTENT_LENGTH", value]])).toMatchObject({
      contentLength: octets,
      environ: { CONTENT_LENGTH: value },
    });
  });

  test("H5, W17 an absent, an empty and Caddy's -1 CONTENT_LENGTH are unknown", () => {
    expect(build([]).contentLength).toBeUndefined();
    expect(build([["CONTENT_LENGTH", ""]])).toMatchObject({
      contentLength: undefined,
      environ: { CONTENT_LENGTH: "" },
    });
    const caddy = build([["CONTENT_LENGTH", "-1"]]);
    expect(caddy.contentLength).toBeUndefined();
    expect(caddy.environ).not.toHaveProperty("CONTENT_LENGTH");
  });

  test.each(["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf", "__defineGetter__"])(
    "H6 a parameter named %s is an ordinary key",
    (name) => {
      const environ = environOf([
        [name, "value"],
        ["HTTP_HOST", "h"],
      ]);
      expect(Object.getOwnPropertyDescriptor(environ, name)).toEqual({
        value: "value",
        writable: true,
        enumerable: true,
        configurable: true,
      });
      expect(Object.keys(environ)).toContain(name);
      expect(Object.getPrototypeOf(environ)).toBe(Object.prototype);
      expect(Object.hasOwn(environOf([]), name)).toBe(false);
    },
  );

  test("H7 no header takes the place of a trusted name", () => {
    const environ = environOf([
      ["HTTP_HTTPS", "on"],
      ["HTTP_REMOTE_USER", "root"],
      ["HTTP_REMOTE_ADDR", "127.0.0.1"],
      ["HTTP_X_FORWARDED_PROTO", "https"],
      ["HTTP_X_FORWARDED_FOR", "127.0.0.1"],
      ["REQUEST_SCHEME", "https"],
      ["https", "on"],
      ["HTTP_CONTENT_LENGTH", "99"],
    ]);
    expect(environ["wsgi.url_scheme"]).toBe("http");
    for (const name of ["REMOTE_USER", "REMOTE_ADDR", "HTTPS", "CONTENT_LENGTH"])
      expect(environ).not.toHaveProperty(name);
  });

  test.each([
    "wsgi.input",
    "wsgi.url_scheme",
    "tsgi.signal",
    "tsgi.data",
    "wsgi.input_terminated",
    "tsgi.new",
  ])("H7 a parameter named %s never stands for the gateway's own", (name) => {
    const environ = environOf([
      [name, "forged"],
      [name, "twice"],
    ]);
    expect(environ[name]).not.toBe("forged");
    expect(Object.keys(environ)).toEqual(Object.keys(environOf([])));
  });

  test.each([
    ["HTTP_X\0Y", "v"],
    ["HTTP_X", "a\0"],
    ["HTTP_ACCEPT", "\0"],
    ["SCRIPT_NAME", "/a\0b"],
    ["QUERY_STRING", "\0"],
    ["\0", ""],
  ])("U3 a NUL in the parameter %j, %j is refused", (name, value) => {
    for (const protocol of ["fastcgi", "scgi"] as const) {
      expect(() =>
        build(
          [
            ["HTTP_HOST", "h"],
            [name, value],
            ["HTTP_Z", "z"],
          ],
          { protocol },
        ),
      ).toThrow(refused("ERR_REQUEST_PARAMS"));
    }
  });

  test("U3 a NUL is found whatever the order of the spans in the block", () => {
    const { octets, spans } = paramsBlock([
      ["HTTP_A", "1"],
      ["HTTP_B", "x\0"],
      ["HTTP_C", "3"],
    ]);
    const turned = [...spans.slice(8), ...spans.slice(4, 8), ...spans.slice(0, 4)];
    expect(() => buildEnviron({ octets, spans: turned }, options)).toThrow(refused("ERR_REQUEST_PARAMS"));
  });

  test("O5 a message shows no raw control character and no endless value", () => {
    const value = `\r\n\u001b[2J\u009b${"x".repeat(10_000)}`;
    try {
      build([["CONTENT_LENGTH", value]]);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toMatch(/^[\u0020-\u007e]{1,300}$/);
    }
  });

  test("O8 WSGI_SCRIPT_NAME selects nothing", () => {
    const given = environOf(
      [
        ["WSGI_SCRIPT_NAME", "/x"],
        ["SCRIPT_NAME", "/x/y"],
      ],
      { scriptName: "" },
    );
    expect(given).toMatchObject({ SCRIPT_NAME: "", PATH_INFO: "/x/y", WSGI_SCRIPT_NAME: "/x" });
  });
});

describe("W17 the length of an SCGI body behind nginx", () => {
  test.each(["", "-1"])("H5 is not unknown: %j is refused, since nothing else ends the body", (value) => {
    expect(() => build([["CONTENT_LENGTH", value]], { protocol: "scgi" })).toThrow(
      expect.objectContaining({ code: "ERR_REQUEST_CONTENT_LENGTH" }),
    );
  });

  test("is the web server's word, whatever the environ option says: the codec ends the body there", () => {
    const sent = [...lengths("0", "11"), ["SERVER_SOFTWARE", "nginx/1.22.1"]] as Pairs;
    const extra = { SERVER_SOFTWARE: "mine", HTTP_CONTENT_LENGTH: "99" };
    expect(build(sent, { protocol: "scgi", environ: extra }).contentLength).toBe(11);
  });

  test.each([
    ["scgi", "nginx/1.22.1", "9071", "204800", 204_800],
    ["scgi", undefined, "0", "11", 11],
    ["scgi", "nginx/1.29.6", "11", "11", 11],
    ["scgi", "nginx/1.22.1", "11", "3", 11],
    ["scgi", "nginx/1.22.1", "11", "0x99", 11],
    // A client's `Content_Length: 99`, which lighttpd passes on.
    ["scgi", "lighttpd/1.4.69", "0", "99", 0],
    ["fastcgi", "nginx/1.22.1", "0", "99", 0],
  ] as const)(
    "%s, %s: CONTENT_LENGTH %s and the header %s are %d",
    (protocol, software, declared, header, octets) => {
      const server: Pairs = software === undefined ? [] : [["SERVER_SOFTWARE", software]];
      const result = build([...lengths(declared, header), ...server], { protocol });
      expect(result.contentLength).toBe(octets);
      expect(result.environ.CONTENT_LENGTH).toBe(String(octets));
      expect(result.environ.HTTP_CONTENT_LENGTH).toBe(header);
    },
  );
});
