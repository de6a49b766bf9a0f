/** Static files as a client sees them: files, directories, conditions, ranges, what is refused, and the open file's end. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { staticFiles, type StaticFilesOptions } from "../../src/middleware/index.ts";
import { answering, gone, octets, RecordingSink, start, type LooseApplication } from "../bridge/hosted.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { answered, paramsOf, request, type Answered, type RequestOptions } from "./request.ts";

const modified = new Date("2024-05-06T07:08:09Z");
const lastModified = "Mon, 06 May 2024 07:08:09 GMT";
const digits = "0123456789";

let root = "";
let outside = "";

function put(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, modified, modified);
  return path;
}

beforeEach(() => {
  const directory = temporaryDirectory();
  root = join(directory, "public");
  outside = join(directory, "secret.txt");
  writeFileSync(outside, "secret");
  put("digits.txt", digits);
  put("index.html", "<h1>home</h1>");
  put("docs/index.html", "<h1>docs</h1>");
  put("empty.txt", "");
  put(".env", "PASSWORD=1");
  put("large.bin", Buffer.alloc(1_000_003, "abcdefghij"));
});

const application = answering([octets("the application")], [["Content-Type", "text/plain"]]);

function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  options: Partial<StaticFilesOptions> = {},
  more: RequestOptions = {},
): Promise<Answered> {
  return request(staticFiles({ root, ...options }), application, headers, { path, ...more });
}

/** Descriptors of this process that have a file of the test open. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(root) ? [target] : [];
    } catch {
      return [];
    }
  });
}

describe("a file", () => {
  it("is answered with its type, length, validators and content", async () => {
    const { code, headers, sink } = await ask("/digits.txt");
    expect([code, sink.text]).toEqual([200, digits]);
    expect(headers).toEqual({
      "content-type": "text/plain; charset=utf-8",
      "content-length": "10",
      "accept-ranges": "bytes",
      "last-modified": lastModified,
      etag: expect.stringMatching(/^"a-[0-9a-f]+"$/) as string,
      "cache-control": "public, max-age=0",
    });
  });

  it("of any size is sent in blocks, each flushed, and closed", async () => {
    const { sink, headers, octets: body } = await ask("/large.bin");
    expect(headers["content-length"]).toBe("1000003");
    expect(body.equals(Buffer.alloc(1_000_003, "abcdefghij"))).toBe(true);
    const blocks = sink.calls.filter((call) => call.startsWith("body ")).map((call) => call.length - 5);
    expect(Math.max(...blocks)).toBeLessThanOrEqual(65_536);
    expect(openFiles()).toEqual([]);
  });

  it("HEAD has the same headers and no body", async () => {
    const get = await ask("/digits.txt");
    const head = await ask("/digits.txt", {}, {}, { method: "HEAD" });
    expect([head.code, head.sink.text, head.headers]).toEqual([200, "", get.headers]);
  });

  it("that is empty is answered", async () => {
    const { code, headers, sink } = await ask("/empty.txt", { Range: "bytes=0-" });
    expect([code, headers["content-length"], sink.text]).toEqual([200, "0", ""]);
  });

  it.each([
    ["ä €😀.txt", "text/plain; charset=utf-8"],
    ["a%2e.html", "text/html; charset=utf-8"],
    ["x.JS", "text/javascript; charset=utf-8"],
    ["x.svg", "image/svg+xml"],
    ["x.json", "application/json"],
    ["x.woff2", "font/woff2"],
    ["x.unheard-of", "application/octet-stream"],
    ["Makefile", "application/octet-stream"],
    ["constructor", "application/octet-stream"],
    ["x.constructor", "application/octet-stream"],
    ["x.md", "text/x-own"],
  ])("%s has its name decoded once and its type %s", async (name, type) => {
    put(name, name);
    const { code, headers, octets: body } = await ask(`/${name}`, {}, { types: { md: "text/x-own" } });
    expect([code, headers["content-type"], body.toString()]).toEqual([200, type, name]);
  });

  it("options change Cache-Control and ETag", async () => {
    const cached = await ask("/digits.txt", {}, { maxAge: 31_536_000, immutable: true, etag: "weak" });
    expect(cached.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(cached.headers["etag"]).toMatch(/^W\/"/);
    const bare = await ask("/digits.txt", {}, { maxAge: false, etag: false });
    expect([bare.headers["cache-control"], bare.headers["etag"]]).toEqual([undefined, undefined]);
  });

  it("has an ETag that changes with its time and its size", async () => {
    const first = (await ask("/digits.txt")).headers["etag"];
    utimesSync(join(root, "digits.txt"), modified, new Date(modified.getTime() + 1));
    const second = (await ask("/digits.txt")).headers["etag"];
    put("digits.txt", `${digits}0`);
    const third = (await ask("/digits.txt")).headers["etag"];
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it("from the future is not said to be modified later than now", async () => {
    utimesSync(join(root, "digits.txt"), modified, new Date(Date.now() + 3_600_000));
    const { headers } = await ask("/digits.txt");
    expect(Date.parse(headers["last-modified"] ?? "")).toBeLessThanOrEqual(Date.now());
  });
});

describe("what is no file", () => {
  const others = [
    "/none.txt",
    "/digits.txt/",
    "/digits.txt/x",
    "/../secret.txt",
    "/docs/../../secret.txt",
    "/..\\secret.txt",
    "//digits.txt",
    "/.env",
    "/docs/.git/config",
    `/${"x".repeat(300)}`,
    `/${"x/".repeat(3000)}`,
  ].map((path) => ({ path, shown: path.slice(0, 30) }));
  it.each(others)("$shown goes to the application, or is 404 without fallthrough", async ({ path }) => {
    expect((await ask(path)).sink.text).toBe("the application");
    const refused = await ask(path, {}, { fallthrough: false });
    expect([refused.code, refused.sink.text]).toEqual([404, "Not Found\n"]);
  });

  it("other methods go to the application, or are 405 with Allow", async () => {
    expect((await ask("/digits.txt", {}, {}, { method: "POST" })).sink.text).toBe("the application");
    const { code, headers } = await ask("/digits.txt", {}, { fallthrough: false }, { method: "POST" });
    expect([code, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });

  it("a pipe is none, and is not waited for", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    expect((await ask("/pipe")).sink.text).toBe("the application");
  });

  it("a file without the right to read it is 403, and so is one in a directory without the right to enter", async () => {
    const path = put("closed/x.txt", "x");
    for (const directory of [root, join(root, "..")]) chmodSync(directory, 0o755);
    // Root may do anything: the test becomes somebody else.
    const isRoot = process.getuid?.() === 0;
    const codes: number[] = [];
    for (const [fileMode, directoryMode] of [
      [0o600, 0o755],
      [0o644, 0o700],
    ] as const) {
      chmodSync(path, isRoot ? fileMode : fileMode & 0o077);
      chmodSync(join(root, "closed"), isRoot ? directoryMode : directoryMode & 0o077);
      if (isRoot) process.seteuid?.(65_534);
      try {
        codes.push((await ask("/closed/x.txt")).code);
      } finally {
        if (isRoot) process.seteuid?.(0);
        chmodSync(join(root, "closed"), 0o755);
      }
    }
    expect(codes).toEqual([403, 403]);
  });

  it.each([
    ["ignore", "the application"],
    ["deny", "Forbidden\n"],
    ["allow", "PASSWORD=1"],
  ] as const)("dotfiles: %s", async (dotfiles, text) => {
    expect((await ask("/.env", {}, { dotfiles })).sink.text).toBe(text);
  });

  it("symbolic links lead out only where they may", async () => {
    symlinkSync(outside, join(root, "out.txt"));
    symlinkSync(join(root, "digits.txt"), join(root, "in.txt"));
    symlinkSync(join(root, ".."), join(root, "up"));
    symlinkSync("loop", join(root, "loop"));
    const texts = async (symlinks: "inside" | "follow" | "refuse"): Promise<string[]> =>
      Promise.all(
        ["/out.txt", "/in.txt", "/up/secret.txt", "/digits.txt", "/loop"].map(
          async (path) => (await ask(path, {}, { symlinks })).sink.text,
        ),
      );
    const none = "the application";
    expect(await texts("inside")).toEqual([none, digits, none, digits, none]);
    expect(await texts("follow")).toEqual(["secret", digits, "secret", digits, none]);
    expect(await texts("refuse")).toEqual([none, none, none, digits, none]);
  });

  it("a root that is itself a link is followed, also when it changes", async () => {
    const link = `${root}-current`;
    symlinkSync(root, link);
    expect((await ask("/digits.txt", {}, { root: link, symlinks: "refuse" })).sink.text).toBe(digits);
  });
});

describe("directories", () => {
  it("give their index file behind a slash", async () => {
    expect((await ask("/")).sink.text).toBe("<h1>home</h1>");
    expect((await ask("/docs/")).sink.text).toBe("<h1>docs</h1>");
    expect((await ask("/docs/", {}, { index: false })).sink.text).toBe("the application");
    put("docs/main.htm", "main");
    expect((await ask("/docs/", {}, { index: ["none.html", "main.htm"] })).sink.text).toBe("main");
  });

  it.each([
    ["/docs", "", "", "/docs/"],
    ["/docs", "/app", "a=1&b", "/app/docs/?a=1&b"],
    ["", "/app", "", "/app/"],
    ["/ä b", "", "x=\xe4\x01", "/%C3%A4%20b/?x=%E4%01"],
  ])("%s under %j is sent to where its slash is", async (path, scriptName, query, location) => {
    put("ä b/index.html", "x");
    const { code, headers } = await ask(path, {}, {}, { scriptName, query });
    expect([code, headers["location"]]).toEqual([301, location]);
  });

  it("never redirect to another host", async () => {
    const { headers } = await ask("/docs", {}, {}, { scriptName: "//evil.example" });
    expect(headers["location"]).toBe("/evil.example/docs/");
  });

  it("without an index file are the application's", async () => {
    mkdirSync(join(root, "api"));
    expect((await ask("/api")).sink.text).toBe("the application");
    expect((await ask("/api/")).sink.text).toBe("the application");
  });

  it("extensions are tried where a name has none", async () => {
    put("about.html", "about");
    put("docs.html", "docs");
    const options = { extensions: ["txt", ".html"] };
    expect((await ask("/about", {}, options)).sink.text).toBe("about");
    expect((await ask("/digits", {}, options)).sink.text).toBe(digits);
    expect((await ask("/about/", {}, options)).sink.text).toBe("the application");
    expect((await ask("/docs", {}, options)).code).toBe(301);
    expect((await ask("/docs", {}, { ...options, index: false })).sink.text).toBe("docs");
  });

  it.each([
    ["", ""],
    ["/", ""],
    ["/app/", ""],
  ])(
    "SCRIPT_NAME %j and PATH_INFO %j are a directory already: no redirect leads elsewhere",
    async (scriptName, path) => {
      const { code, sink } = await ask(path, {}, {}, { scriptName });
      expect([code, sink.text]).toEqual([200, "<h1>home</h1>"]);
    },
  );

  it("prefix: only what is below it is looked for", async () => {
    const options = { prefix: "/ä/" };
    expect((await ask("/ä/digits.txt", {}, options)).sink.text).toBe(digits);
    expect((await ask("/äb/digits.txt", {}, options)).sink.text).toBe("the application");
    expect((await ask("/digits.txt", {}, options)).sink.text).toBe("the application");
    expect((await ask("/ä", {}, options)).headers["location"]).toBe("/%C3%A4/");
    expect((await ask("/ä/", {}, options)).sink.text).toBe("<h1>home</h1>");
  });
});

describe("conditions", () => {
  it("304 to If-None-Match and If-Modified-Since, with validators and without content headers", async () => {
    const { headers } = await ask("/digits.txt");
    for (const condition of [
      { "If-None-Match": headers["etag"] ?? "" },
      { "If-Modified-Since": lastModified },
    ]) {
      const answer = await ask("/digits.txt", condition);
      expect([answer.code, answer.sink.text]).toEqual([304, ""]);
      expect(answer.headers).toEqual({
        "accept-ranges": "bytes",
        "last-modified": lastModified,
        etag: headers["etag"],
        "cache-control": "public, max-age=0",
      });
    }
  });

  it("412 to If-Match of another state and If-Unmodified-Since of an earlier time", async () => {
    expect((await ask("/digits.txt", { "If-Match": '"x"' })).code).toBe(412);
    expect((await ask("/digits.txt", { "If-Unmodified-Since": "Mon, 06 May 2024 07:08:08 GMT" })).code).toBe(
      412,
    );
    expect((await ask("/digits.txt", { "If-Unmodified-Since": lastModified })).code).toBe(200);
  });
});

describe("ranges", () => {
  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=3-5", "345", "bytes 3-5/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=-99", digits, "bytes 0-9/10"],
  ])("%s is 206", async (range, text, contentRange) => {
    const { code, headers, sink } = await ask("/digits.txt", { Range: range });
    expect([code, sink.text, headers["content-range"], headers["content-length"]]).toEqual([
      206,
      text,
      contentRange,
      String(text.length),
    ]);
  });

  it("a large range is read from its place", async () => {
    const { sink, code } = await ask("/large.bin", { Range: "bytes=100005-900004" });
    expect(code).toBe(206);
    expect(sink.text).toBe("fghijabcde".repeat(80_000));
    expect(openFiles()).toEqual([]);
  });

  it("outside the file is 416 with the size", async () => {
    const { code, headers } = await ask("/digits.txt", { Range: "bytes=10-" });
    expect([code, headers["content-range"]]).toEqual([416, "bytes */10"]);
  });

  it("several are multipart/byteranges of the length that is said", async () => {
    const { code, headers, sink } = await ask("/digits.txt", { Range: "bytes=0-1, 5-6, -1" });
    const [, boundary = ""] =
      /^multipart\/byteranges; boundary=(\S+)$/.exec(headers["content-type"] ?? "") ?? [];
    const part = (range: string, text: string): string =>
      `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/10\r\n\r\n${text}\r\n`;
    expect([code, sink.text]).toEqual([
      206,
      `${part("0-1", "01")}${part("5-6", "56")}${part("9-9", "9")}--${boundary}--\r\n`,
    ]);
    expect(headers["content-length"]).toBe(String(sink.text.length));
    expect(openFiles()).toEqual([]);
  });

  it("HEAD passes over Range, as RFC 9110 section 14.2 says", async () => {
    expect((await ask("/digits.txt", { Range: "bytes=0-1" }, {}, { method: "HEAD" })).code).toBe(200);
  });

  it("If-Range of another state gives the whole", async () => {
    const { headers } = await ask("/digits.txt");
    const range = { Range: "bytes=0-1" };
    expect((await ask("/digits.txt", { ...range, "If-Range": headers["etag"] ?? "" })).code).toBe(206);
    expect((await ask("/digits.txt", { ...range, "If-Range": lastModified })).code).toBe(206);
    expect((await ask("/digits.txt", { ...range, "If-Range": '"x"' })).code).toBe(200);
    // Also where the range would be outside of it.
    expect((await ask("/digits.txt", { Range: "bytes=99-", "If-Range": '"x"' })).code).toBe(200);
  });
});

describe("what browsers send", () => {
  const chrome = {
    Accept: "text/css,*/*;q=0.1",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "de,en;q=0.9",
    "Sec-Fetch-Dest": "style",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
  };
  const etagOf = async (): Promise<string> => (await ask("/large.bin")).headers["etag"] ?? "";

  it("a first visit is 200, a reload 304, a forced reload 200", async () => {
    expect((await ask("/large.bin", chrome)).code).toBe(200);
    const reload = { ...chrome, "Cache-Control": "max-age=0", "If-Modified-Since": lastModified };
    expect((await ask("/large.bin", { ...reload, "If-None-Match": await etagOf() })).code).toBe(304);
    expect(
      (await ask("/large.bin", { ...chrome, "Cache-Control": "no-cache", Pragma: "no-cache" })).code,
    ).toBe(200);
  });

  it("Chrome's video: all of it from 0 on, then from where it seeks, as long as it is the same", async () => {
    const video = { ...chrome, "Accept-Encoding": "identity;q=1, *;q=0" };
    const first = await ask("/large.bin", { ...video, Range: "bytes=0-" });
    expect([first.code, first.headers["content-range"]]).toEqual([206, "bytes 0-1000002/1000003"]);
    const seek = { ...video, Range: "bytes=999990-", "If-Range": await etagOf() };
    expect((await ask("/large.bin", seek)).headers["content-range"]).toBe("bytes 999990-1000002/1000003");
  });

  it("Safari's video: two octets to see whether ranges are served", async () => {
    const safari = { Accept: "*/*", "Accept-Encoding": "identity", Range: "bytes=0-1" };
    const { code, headers } = await ask("/large.bin", safari);
    expect([code, headers["content-length"], headers["accept-ranges"]]).toEqual([206, "2", "bytes"]);
  });

  it("a download that goes on: Firefox and curl -C -", async () => {
    const etag = await etagOf();
    const firefox = {
      "Accept-Encoding": "gzip, deflate, br, zstd",
      Range: "bytes=500000-",
      "If-Range": etag,
    };
    const curl = { Range: "bytes=1000003-" };
    expect((await ask("/large.bin", firefox)).octets).toHaveLength(500_003);
    expect((await ask("/large.bin", curl)).code).toBe(416);
  });

  it("a PDF viewer's several ranges", async () => {
    const { code, headers, sink } = await ask("/large.bin", {
      Range: "bytes=0-9, 1000-1009, 999999-1000002",
    });
    expect([code, headers["content-length"]]).toEqual([206, String(sink.text.length)]);
    expect(sink.text.split("Content-Range:")).toHaveLength(4);
  });
});

describe("precompressed", () => {
  const text = "text ".repeat(100);
  beforeEach(() => {
    put("app.js", text);
    put("app.js.br", brotliCompressSync(text));
    put("app.js.gz", gzipSync(text));
    put("only.js.br", brotliCompressSync(text));
  });

  it.each([
    ["br, gzip", "br"],
    ["gzip", "gzip"],
    ["gzip;q=1, br;q=0.5", "gzip"],
    ["zstd", undefined],
    ["identity", undefined],
    ["br;q=0", undefined],
    ["", undefined],
    ["*", "br"],
  ])("Accept-Encoding %j gets %s", async (accepted, coding) => {
    const { headers, code } = await ask("/app.js", { "Accept-Encoding": accepted }, { precompressed: true });
    expect([code, headers["content-encoding"], headers["vary"], headers["content-type"]]).toEqual([
      200,
      coding,
      "Accept-Encoding",
      "text/javascript; charset=utf-8",
    ]);
  });

  it("each has an ETag of its own, and ranges and 304 of it", async () => {
    const options = { precompressed: true };
    const br = { "Accept-Encoding": "br" };
    const coded = await ask("/app.js", br, options);
    const plain = await ask("/app.js", {}, options);
    expect(coded.headers["etag"]).not.toBe(plain.headers["etag"]);
    const etag = coded.headers["etag"] ?? "";
    expect((await ask("/app.js", { ...br, "If-None-Match": etag }, options)).code).toBe(304);
    expect((await ask("/app.js", { "If-None-Match": etag }, options)).code).toBe(200);
    const part = await ask("/app.js", { ...br, Range: "bytes=0-1", "If-Range": etag }, options);
    expect([part.code, part.headers["content-encoding"]]).toEqual([206, "br"]);
    expect(part.octets.equals(coded.octets.subarray(0, 2))).toBe(true);
  });

  it("needs the plain file beside it", async () => {
    expect((await ask("/only.js", { "Accept-Encoding": "br" }, { precompressed: true })).sink.text).toBe(
      "the application",
    );
  });
});

describe("the open file", () => {
  const serve = (sink: RecordingSink): ReturnType<typeof start> =>
    start(staticFiles({ root })(application as never) as LooseApplication, {
      params: paramsOf({}, { path: "/large.bin" }),
      sink,
    });

  it("is read no further than the client takes, and is closed when it goes away", async () => {
    const sink = new RecordingSink();
    sink.full = true;
    const begun = new Promise<void>((resolve) => {
      sink.onBody = resolve;
    });
    const hosted = serve(sink);
    await begun;
    expect(sink.text.length).toBe(65_536);
    expect(openFiles()).toHaveLength(1);
    hosted.exchange.abort(gone());
    await hosted.finished;
    expect([sink.text.length, openFiles()]).toEqual([65_536, []]);
  });

  it("is closed when the client goes away before anything has been read", async () => {
    const hosted = serve(new RecordingSink());
    hosted.exchange.abort(gone());
    await hosted.finished;
    expect(openFiles()).toEqual([]);
  });

  it("that is cut short meanwhile makes an answer that is cut short", async () => {
    const sink = new RecordingSink();
    sink.onBody = () => {
      sink.onBody = undefined;
      writeFileSync(join(root, "large.bin"), "x");
    };
    const hosted = serve(sink);
    await hosted.finished;
    expect([answered(hosted).code, sink.complete]).toEqual([200, false]);
    expect(hosted.log.map((entry) => entry.code)).toEqual(["ERR_RESPONSE_LENGTH"]);
  });

  it("is closed when start_response refuses the head", async () => {
    const bad = await ask("/digits.txt", {}, { types: { txt: "text/plain\r\nX: y" } });
    expect([bad.code, openFiles()]).toEqual([500, []]);
  });
});

describe("sendfile", () => {
  it.each([
    [
      { header: "x-accel-redirect", mapping: "/protected/" } as const,
      "x-accel-redirect",
      (path: string) => `/protected/${encodeURI(path).replace("?", "%3F")}`,
    ],
    [
      { header: "x-sendfile", mapping: "/srv/the files" } as const,
      "x-sendfile",
      (path: string) => `/srv/the files/${Buffer.from(path).toString("latin1")}`,
    ],
    [
      { header: "x-lighttpd-send-file" } as const,
      "x-lighttpd-send-file",
      (path: string) => `${root}/${encodeURI(path).replace("?", "%3F")}`,
    ],
  ])("%j", async (sendfile, name, valueFor) => {
    put("a b/100% ä?&+@:.txt", "x");
    const { code, headers, sink } = await ask(
      "/a b/100% ä?&+@:.txt",
      { Range: "bytes=0-1", "If-None-Match": "*" },
      { sendfile },
    );
    expect([code, sink.text]).toEqual([200, ""]);
    expect(headers).toEqual({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "public, max-age=0",
      "content-length": "0",
      [name]: valueFor("a b/100% ä?&+@:.txt"),
    });
  });

  it("looks whether the file is there, and what it may be", async () => {
    const options = { sendfile: { header: "x-sendfile" } } as const;
    symlinkSync(outside, join(root, "out.txt"));
    for (const path of ["/none.txt", "/.env", "/out.txt", "/../secret.txt"]) {
      expect((await ask(path, {}, options)).sink.text).toBe("the application");
    }
    expect((await ask("/docs/", {}, options)).headers["x-sendfile"]).toBe(`${root}/docs/index.html`);
  });
});

describe("options", () => {
  it("root may be a file URL", async () => {
    expect((await ask("/digits.txt", {}, { root: pathToFileURL(root) })).sink.text).toBe(digits);
  });

  it.each<[string, Partial<StaticFilesOptions>, RegExp]>([
    ["no root", { root: "/no/such/directory" }, /root is "\/no\/such\/directory", which is no directory/],
    ["a file as root", { root: "package.json" }, /which is no directory/],
    ["a prefix without its slash", { prefix: "assets" }, /prefix is "assets"/],
    ["maxAge", { maxAge: 1.5 }, /maxAge is 1.5; expected whole seconds/],
    ["maxAge below 0", { maxAge: -1 }, /maxAge is -1/],
    ["dotfiles", { dotfiles: "some" as never }, /dotfiles is "some"/],
    ["symlinks", { symlinks: "some" as never }, /symlinks is "some"/],
    ["sendfile header", { sendfile: { header: "x" as never } }, /sendfile.header is "x"/],
    ["no mapping", { sendfile: { header: "x-accel-redirect" } }, /needs a mapping/],
    ["a relative mapping", { sendfile: { header: "x-accel-redirect", mapping: "p/" } }, /mapping is "p\/"/],
    [
      "a mapping that leads up",
      { sendfile: { header: "x-sendfile", mapping: "/a/../b" } },
      /has no "." or ".."/,
    ],
    ["both", { sendfile: { header: "x-sendfile" }, precompressed: true }, /exclude each other/],
  ])("%s is refused when the middleware is made", (_name, options, message) => {
    expect(() => staticFiles({ root, ...options })).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_OPTION",
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });
});
