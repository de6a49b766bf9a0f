/**
 * Every example, started by the command that examples/README.md gives for it, behind a real nginx over FastCGI and over
 * SCGI, and as a CGI script of a real lighttpd.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExampleStage } from "../support/example-stage.ts";
import { RawConnection } from "../support/http-client.ts";
import { describeWithServers, projectRoot, Stage } from "../support/nginx.ts";
import type { RunningProcess } from "../support/process.ts";
import { readProjectFile } from "../support/source-tree.ts";

/** A row of README's table: the file, and `tsgi`'s words. */
interface Example {
  readonly file: string;
  readonly words: readonly string[];
}

const examples: readonly Example[] = [
  ...readProjectFile("examples/README.md").matchAll(/^\| \[([\w.-]+)\]\(\1\) .*\| `tsgi ([^`]+)`/gm),
].map(([, file = "", command = ""]) => ({ file, words: command.split(" ") }));

/** What an example is asked: the same for each that answers the same. */
type Check = (origin: string) => Promise<void>;

/** A page, JSON from a path in UTF-8, a request body, and no page at all. */
const site =
  (title: string): Check =>
  async (origin) => {
    const page = await (await fetch(`${origin}/`)).text();
    expect(page).toContain(`<h1>Hello from ${title}</h1><p>You are 127.0.0.1.</p>`);
    // What a client says of itself is not believed.
    const spoofed = { headers: { "X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "https" } };
    const hello = await fetch(`${origin}/hello/W%C3%B6rld%20%26`, spoofed);
    expect([hello.headers.get("content-type"), await hello.json()]).toEqual([
      expect.stringMatching(/^application\/json/),
      { hello: "Wörld &", client: "127.0.0.1", secure: false },
    ]);
    const text = { method: "POST", headers: { "Content-Type": "text/plain" }, body: "loud" };
    expect(await (await fetch(`${origin}/shout`, text)).text()).toBe("LOUD");
    expect((await fetch(`${origin}/none`)).status).toBe(404);
  };

/** The same, and what the middleware adds. */
const wrapped =
  (title: string): Check =>
  async (origin) => {
    await site(title)(origin);
    const page = await fetch(`${origin}/`);
    expect(["vary", "x-served-by"].map((name) => page.headers.get(name))).toEqual([
      expect.stringContaining("Accept-Encoding"),
      "tsgi",
    ]);
    await page.text();
    const coded = { "Accept-Encoding": "gzip" };
    const css = await fetch(`${origin}/assets/site.css`, { headers: coded });
    expect(["content-type", "content-encoding"].map((name) => css.headers.get(name))).toEqual([
      "text/css; charset=utf-8",
      "gzip",
    ]);
    expect((await css.text()).slice(0, 2)).toBe("/*");
    for (const [path, etag] of [
      ["/", page.headers.get("etag")],
      ["/assets/site.css", css.headers.get("etag")],
    ] as const) {
      // A page that is streamed gets none.
      if (etag === null) continue;
      const again = await fetch(origin + path, { headers: { ...coded, "If-None-Match": etag } });
      expect([path, again.status]).toEqual([path, 304]);
    }
    const part = await fetch(`${origin}/assets/site.css`, { headers: { Range: "bytes=0-1" } });
    expect([part.status, await part.text()]).toEqual([206, "/*"]);
  };

const uploads = mkdtempSync(join(tmpdir(), "tsgi-uploads-"));

async function checkUpload(origin: string): Promise<void> {
  const octets = Buffer.alloc(300_000, "upload ");
  const answer = await fetch(`${origin}/`, { method: "PUT", body: octets });
  const { name, ...report } = (await answer.json()) as { name: string };
  expect([answer.status, report]).toEqual([
    201,
    { octets: octets.length, sha256: createHash("sha256").update(octets).digest("hex") },
  ]);
  // lighttpd gives its scripts no environment: there the example's own directory is used.
  const [directory = ""] = [uploads, join(tmpdir(), "tsgi-uploads")].filter((each) =>
    existsSync(join(each, name)),
  );
  expect(readFileSync(join(directory, name)).equals(octets)).toBe(true);
  rmSync(join(directory, name));
  expect(readdirSync(uploads)).toEqual([]);
  expect((await fetch(origin)).status).toBe(405);
}

async function checkEvents(origin: string): Promise<void> {
  expect(await (await fetch(`${origin}/`)).text()).toContain("new EventSource");
  const connection = await RawConnection.open(Number(new URL(origin).port));
  await connection.request("GET /events HTTP/1.1");
  const { headers } = await connection.readHead();
  expect(headers["content-type"]).toBe("text/event-stream");
  // Each as it is made: the answer has no end.
  for (let count = 0; count < 2; count += 1) expect(await connection.readUntil("\n\n")).toContain("data: 20");
  connection.abort();
}

const checks: Readonly<Record<string, Check>> = {
  "hello.ts": async (origin) => {
    expect(await (await fetch(`${origin}/a%20b`)).text()).toContain("You asked for /a b");
  },
  "wsgi.ts": site("WSGI"),
  "hono.ts": site("Hono"),
  "express.ts": site("Express"),
  "koa.ts": site("Koa"),
  "fastify.ts": site("Fastify"),
  "middleware.ts": wrapped("Hono"),
  "middleware.ts:wsgi": wrapped("WSGI"),
  "middleware.ts:express": wrapped("Express"),
  "middleware.ts:koa": wrapped("Koa"),
  "middleware.ts:fastify": wrapped("Fastify"),
  "sse.ts": checkEvents,
  "upload.ts": checkUpload,
};

function checkOf(file: string): Check {
  const check = checks[file];
  if (check === undefined) throw new Error(`examples/${file} is asked nothing by this test`);
  return check;
}

describe("examples/README.md", () => {
  it("has a row for each example, with a command that names it and a socket of its own", () => {
    const files = readdirSync(join(projectRoot, "examples")).filter((name) => name.endsWith(".ts"));
    expect(examples.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
    for (const { file, words } of examples) {
      expect([words[0], words[1]?.replace(/:\w+$/, ""), words[2]]).toEqual([
        "serve",
        `examples/${file}`,
        "--fastcgi",
      ]);
      expect(words.slice(3)).toEqual([`unix:/tmp/${file.replace(".ts", ".sock")}`]);
    }
  });

  it.each(examples)("$file says at its head how it is started", ({ file, words }) => {
    expect(readProjectFile(`examples/${file}`).split("*/")[0]).toMatch(
      new RegExp(`tsgi ${words.slice(0, 3).join(" ")} unix:/`),
    );
  });
});

/** README's, and the other exports of middleware.ts. */
const cases: ReadonlyArray<readonly [name: string, module: string]> = [
  ...examples.map(({ file, words }) => [file, words[1] ?? ""] as const),
  ...["wsgi", "express", "koa", "fastify"].map(
    (name) => [`middleware.ts:${name}`, `examples/middleware.ts:${name}`] as const,
  ),
];

describeWithServers("an example behind nginx", () => {
  const overFastcgi = new Stage();
  const overScgi = new Stage();
  beforeAll(async () => {
    process.env["UPLOADS"] = uploads;
    await overFastcgi.startNginx("fastcgi-unix.conf");
    await overScgi.startNginx("scgi-unix.conf");
  });
  afterAll(async () => {
    await overFastcgi[Symbol.asyncDispose]();
    await overScgi[Symbol.asyncDispose]();
  });

  it.each(cases)("%s over FastCGI and SCGI", async (name, module) => {
    const socket = `unix:${overScgi.directory}/app.sock`;
    const host: RunningProcess = await overFastcgi.serve(module, "unix:app.sock", "--scgi", socket);
    try {
      await checkOf(name)(overFastcgi.origin);
      await checkOf(name)(overScgi.origin);
    } finally {
      await host.stop();
    }
    expect(host.output).not.toMatch(/error|exception/i);
  });
});

/** As CGI each request starts a process: one of middleware.ts is enough. */
const scripts = cases.filter(([name]) => !name.includes(":"));

describeWithServers("an example as a CGI script of lighttpd", () => {
  it.each(scripts)("%s", async (name, module) => {
    await using stage = new ExampleStage();
    stage.writeScript("app.cgi", module, "cgi", "--script-name", "");
    await stage.start("lighttpd", "cgi.conf");
    await checkOf(name)(stage.origin);
  });
});

afterAll(() => rmSync(uploads, { recursive: true, force: true }));
