/** Access log lines: Apache's directives, JSON, and what must never get into a line (security O5). */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileAccessLogFormat, type AccessLogEntry } from "../../src/bridge/index.ts";

const environ = {
  REQUEST_METHOD: "GET",
  REQUEST_URI: "/a%20b?x=1",
  SCRIPT_NAME: "/app",
  PATH_INFO: "/a b",
  QUERY_STRING: "x=1",
  SERVER_PROTOCOL: "HTTP/1.1",
  SERVER_NAME: "www.example.org",
  SERVER_ADDR: "192.0.2.10",
  SERVER_PORT: "443",
  REMOTE_ADDR: "192.0.2.1",
  REMOTE_USER: "ann",
  CONTENT_TYPE: "text/plain",
  HTTP_HOST: "example.org",
  HTTP_REFERER: "https://example.org/",
  HTTP_USER_AGENT: 'Mozilla "5.0"',
  HTTP_COOKIE: "a=1; sid=abc; b=2",
};

const entry = (changes: Partial<AccessLogEntry> = {}): AccessLogEntry => ({
  environ,
  status: "404 Not Found",
  headers: [
    ["Content-Type", "text/html"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
  ],
  octets: 1_234,
  startedAt: Date.UTC(2026, 10, 21, 11, 49, 32, 250),
  durationMs: 1_234.567_8,
  aborted: false,
  ...changes,
});

const format = (text: string, changes?: Partial<AccessLogEntry>): string =>
  compileAccessLogFormat(text)(entry(changes));

const timePattern = String.raw`\[\d\d/[A-Z][a-z]{2}/2026:\d\d:\d\d:32 [+-]\d{4}\]`;

describe("access log formats", () => {
  it.each([
    ["%h", "192.0.2.1"],
    ["%a", "192.0.2.1"],
    ["%A", "192.0.2.10"],
    ["%l", "-"],
    ["%u", "ann"],
    ["%r", "GET /a%20b?x=1 HTTP/1.1"],
    ["%s", "404"],
    ["%>s", "404"],
    ["%<s", "404"],
    ["%b", "1234"],
    ["%B", "1234"],
    ["%D", "1234568"],
    ["%T", "1"],
    ["%{ms}T", "1234"],
    ["%{us}T", "1234568"],
    ["%{s}T", "1"],
    ["%{sec}t", String(Date.UTC(2026, 10, 21, 11, 49, 32) / 1_000)],
    ["%{msec}t", String(Date.UTC(2026, 10, 21, 11, 49, 32, 250))],
    ["%{usec}t", `${Date.UTC(2026, 10, 21, 11, 49, 32, 250)}000`],
    ["%{iso}t", "2026-11-21T11:49:32.250Z"],
    ["%m", "GET"],
    ["%U", "/app/a b"],
    ["%q", "?x=1"],
    ["%H", "HTTP/1.1"],
    ["%v", "www.example.org"],
    ["%V", "example.org"],
    ["%p", "443"],
    ["%P", String(process.pid)],
    ["%X", "-"],
    ["%{User-Agent}i", String.raw`Mozilla \"5.0\"`],
    ["%{content-type}i", "text/plain"],
    ["%{X-None}i", "-"],
    ["%{content-type}o", "text/html"],
    ["%{Set-Cookie}o", "a=1, b=2"],
    ["%{X-None}o", "-"],
    ["%{SERVER_NAME}e", "www.example.org"],
    ["%{sid}C", "abc"],
    ["%{none}C", "-"],
    ["100%% %m.", "100% GET."],
    ["%404,500{Referer}i", "https://example.org/"],
    ["%200{Referer}i", "-"],
    ["%!200,304{Referer}i", "https://example.org/"],
    ["%!404{Referer}i", "-"],
    ["no directive", "no directive"],
    ["", ""],
  ])("%s", (text, expected) => {
    expect(format(text)).toBe(expected);
  });

  it("has Apache's common and combined", () => {
    const common = String.raw`192\.0\.2\.1 - ann ${timePattern} "GET /a%20b\?x=1 HTTP/1\.1" 404 1234`;
    expect(format("common")).toMatch(new RegExp(`^${common}$`));
    expect(format("combined")).toMatch(
      new RegExp(String.raw`^${common} "https://example\.org/" "Mozilla \\"5\.0\\""$`),
    );
  });

  it("says the time as Apache does, the zone included", () => {
    const zone = process.env.TZ;
    try {
      process.env.TZ = "Asia/Kolkata";
      expect(format("%t", { startedAt: Date.UTC(2026, 0, 2, 3, 4, 5) })).toBe("[02/Jan/2026:08:34:05 +0530]");
      process.env.TZ = "America/St_Johns";
      expect(format("%t", { startedAt: Date.UTC(2026, 0, 2, 3, 4, 6) })).toBe("[01/Jan/2026:23:34:06 -0330]");
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it("marks what did not get to its end", () => {
    expect(format("common", { aborted: true })).toMatch(/ 404 1234 aborted$/);
    expect(format("%X %s", { aborted: true })).toBe("X 404");
    expect(JSON.parse(format("json", { aborted: true }))).toMatchObject({ aborted: true });
  });

  it("writes - where there is nothing", () => {
    const bare = { environ: {}, headers: [], octets: 0 };
    expect(format("%h %u %b %B %{Referer}i %{a}o %U %V %m %q|", bare)).toBe("- - - 0 - - - - - |");
    expect(format('"%r"', bare)).toBe('"- - -"');
  });

  it("puts the request together where no target was sent", () => {
    const { REQUEST_URI: _none, ...rest } = environ;
    expect(format("%r", { environ: rest })).toBe("GET /app/a%20b?x=1 HTTP/1.1");
    expect(JSON.parse(format("json", { environ: rest }))).toMatchObject({ target: "/app/a%20b?x=1" });
  });

  it("takes the user that was found inside before REMOTE_USER, and keeps it one field", () => {
    expect(format("%u", { user: "b c" })).toBe(String.raw`b\x20c`);
    expect(JSON.parse(format("json", { user: "b c" }))).toMatchObject({ user: "b c" });
  });

  it("is one JSON object a line", () => {
    expect(JSON.parse(format("json"))).toEqual({
      time: "2026-11-21T11:49:32.250Z",
      remoteAddress: "192.0.2.1",
      user: "ann",
      method: "GET",
      target: "/a%20b?x=1",
      protocol: "HTTP/1.1",
      host: "example.org",
      status: 404,
      octets: 1_234,
      durationMs: 1_234.568,
      aborted: false,
      referer: "https://example.org/",
      userAgent: 'Mozilla "5.0"',
    });
  });

  it.each([
    "%z",
    "%",
    "%{Referer}",
    "%{x}h",
    "%{x}t",
    "%{__proto__}t",
    "%{x}T",
    "%{constructor}T",
    "%\n",
    "%>",
  ])("refuses %j, and lists what there is", (text) => {
    expect(() => compileAccessLogFormat(`%h ${text}`)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_OPTION",
        message: expect.stringContaining("%{Name}i"),
      }) as Error,
    );
  });

  it("O5 lets no control character, quote or octet past ASCII through, whatever comes", () => {
    const everything = compileAccessLogFormat(
      '%h %u %m %r %U %q %H %V "%{User-Agent}i" %{sid}C %{X}o %{SERVER_NAME}e',
    );
    const json = compileAccessLogFormat("json");
    const hostile = fc.string({
      unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(hostile, (text) => {
        const names = Object.keys(environ);
        const all = {
          environ: { ...Object.fromEntries(names.map((name) => [name, text])), HTTP_COOKIE: `sid=${text}` },
          headers: [["X", text]] as Array<[string, string]>,
          user: text,
        };
        const line = everything(entry(all));
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        // Of quotes, only the two of the format stand without a backslash.
        expect(line.replaceAll(/\\./g, "").split('"').length).toBe(3);
        const text2 = json(entry(all));
        expect(text2).toMatch(/^[\x20-\x7e]*$/);
        if (text !== "") expect(JSON.parse(text2)).toMatchObject({ user: text, userAgent: text });
      }),
    );
  });
});
