/**
 * The same requests to staticFiles and to express.static (serve-static and send), over the same files: what differs is
 * written down here with its reason, and nothing else does.
 */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { staticFiles } from "../../src/middleware/index.ts";
import { serve, type GatewayServer } from "../../src/server/index.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const directory = mkdtempSync(join(tmpdir(), "tsgi-static-"));
const modified = new Date("2024-05-06T07:08:09Z");
const ports = { express: 0, ours: 0 };
let expressServer: Server;
let gateway: GatewayServer;

beforeAll(async () => {
  const files = {
    "digits.txt": "0123456789",
    "empty.txt": "",
    "page.html": "<p>page</p>",
    "app.js": "x",
    "data.json": "{}",
    "image.svg": "<svg/>",
    "photo.jpeg": "x",
    "a b ä.css": "x",
    unknown: "x",
    ".hidden": "x",
    "docs/index.html": "<p>docs</p>",
    "bare/x.txt": "x",
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(directory, name, ".."), { recursive: true });
    writeFileSync(join(directory, name), content);
    utimesSync(join(directory, name), modified, modified);
  }
  const application = express();
  // Of the application behind the files; theirs have their own.
  application.set("etag", false);
  application.use(express.static(directory, { extensions: ["html"] }));
  application.use((_request, response) => void response.status(404).type("text").send("no such page"));
  expressServer = createServer(application);
  await new Promise<void>((resolve) => expressServer.listen(0, "127.0.0.1", resolve));
  ports.express = (expressServer.address() as AddressInfo).port;
  gateway = await serve(
    // A weak ETag is what send makes.
    staticFiles({ root: directory, extensions: ["html"], etag: "weak" })((_environ, startResponse) => {
      startResponse("404 Not Found", [["Content-Type", "text/plain; charset=utf-8"]]);
      return [Buffer.from("no such page")];
    }),
    { http: "127.0.0.1:0", scriptName: "", log: () => {} },
  );
  const address = gateway.addresses[0]?.address;
  if (address === undefined || !("port" in address)) throw new Error("the gateway listens nowhere");
  ports.ours = address.port;
});

afterAll(async () => {
  await gateway.close({ graceMs: 0 });
  await new Promise((resolve) => expressServer.close(resolve));
  rmSync(directory, { recursive: true });
});

/** By node:http, since fetch changes paths and adds headers of its own. */
function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: "127.0.0.1", path, method, headers, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("latin1");
      answer.on("data", (text: string) => {
        body += text;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      answer.on("error", reject);
    });
    sent.on("error", reject).end();
  });
}

/** What is compared; ETags have different texts on purpose. */
function shown({ status, headers, body }: Answer): object {
  const names = [
    "content-type",
    "content-length",
    "content-range",
    "cache-control",
    "accept-ranges",
    "location",
  ];
  const picked = Object.fromEntries(names.map((name) => [name, headers[name]]));
  return {
    status,
    body,
    ...picked,
    "last-modified": headers["last-modified"],
    etag: headers.etag?.slice(0, 3),
  };
}

async function both(
  path: string,
  headers?: Record<string, string>,
  method?: string,
): Promise<[object, object]> {
  const [ours, theirs] = await Promise.all([
    ask(ports.ours, path, headers, method),
    ask(ports.express, path, headers, method),
  ]);
  return [shown(ours), shown(theirs)];
}

const lastModified = modified.toUTCString();
const before = new Date(modified.getTime() - 1000).toUTCString();
const after = new Date(modified.getTime() + 1000).toUTCString();

describe("answers as express.static does", () => {
  it.each([
    "/digits.txt",
    "/empty.txt",
    "/page.html",
    "/app.js",
    "/image.svg",
    "/photo.jpeg",
    "/unknown",
    "/a%20b%20%C3%A4.css",
    "/page",
    "/docs/",
    "/none",
    "/none.txt",
    "/digits.txt/",
    "/.hidden",
    "/bare/",
    "/digits.txt?query=1",
  ])("%s", async (path) => {
    const [ours, theirs] = await both(path);
    expect(ours).toEqual(theirs);
  });

  it.each([
    "bytes=0-0",
    "bytes=2-4",
    "bytes=5-",
    "bytes=-3",
    "bytes=0-99",
    "bytes=0-1,1-3",
    "bytes=a-b",
    "bytes=",
    "items=0-1",
  ])("Range: %s", async (range) => {
    const [ours, theirs] = await both("/digits.txt", { Range: range });
    expect(ours).toEqual(theirs);
  });

  it.each<Record<string, string>>([
    { "If-Modified-Since": lastModified },
    { "If-Modified-Since": before },
    { "If-Modified-Since": after },
    { "If-None-Match": '"x"' },
    { "If-None-Match": "*" },
    { "If-None-Match": '"x"', "If-Modified-Since": after },
    { "If-Unmodified-Since": lastModified },
    { "If-Match": "*" },
    { Range: "bytes=0-1", "If-Range": lastModified },
    { Range: "bytes=0-1", "If-Range": before },
    { Range: "bytes=0-1", "If-Range": '"x"' },
  ])("%j", async (headers) => {
    const [ours, theirs] = await both("/digits.txt", headers);
    expect(ours).toEqual(theirs);
  });

  it("its own ETag is fresh", async () => {
    for (const port of Object.values(ports)) {
      const { headers } = await ask(port, "/digits.txt");
      expect((await ask(port, "/digits.txt", { "If-None-Match": headers.etag ?? "" })).status).toBe(304);
    }
  });

  it.each(["/digits.txt", "/none"])("HEAD %s", async (path) => {
    const [ours, theirs] = await both(path, {}, "HEAD");
    expect(ours).toEqual(theirs);
  });

  it("POST goes on to the application", async () => {
    const [ours, theirs] = await both("/digits.txt", {}, "POST");
    expect(ours).toEqual(theirs);
  });
});

describe("answers otherwise than express.static, each for a reason", () => {
  it.each<
    [
      reason: string,
      path: string,
      headers: Record<string, string>,
      ours: object,
      theirs: object,
      method?: string,
    ]
  >([
    [
      "JSON has no charset parameter (RFC 8259 section 11)",
      "/data.json",
      {},
      { "content-type": "application/json" },
      { "content-type": "application/json; charset=utf-8" },
    ],
    [
      "a longer suffix than the file is all of it (RFC 9110 section 14.1.2)",
      "/digits.txt",
      { Range: "bytes=-11" },
      { status: 206 },
      { status: 416 },
    ],
    [
      "a range that goes backward is no range (14.1.1)",
      "/digits.txt",
      { Range: "bytes=5-2" },
      { status: 200 },
      { status: 416 },
    ],
    [
      "several ranges are sent as multipart/byteranges (15.3.7.2)",
      "/digits.txt",
      { Range: "bytes=0-0,9-9" },
      { status: 206 },
      { status: 200 },
    ],
    ["an empty file has no range", "/empty.txt", { Range: "bytes=0-" }, { status: 200 }, { status: 416 }],
    [
      "Range is for GET alone (14.2)",
      "/digits.txt",
      { Range: "bytes=0-1" },
      { status: 200 },
      { status: 206 },
      "HEAD",
    ],
    [
      "If-Range with a date means that very state (13.1.5)",
      "/digits.txt",
      { Range: "bytes=0-1", "If-Range": after },
      { status: 200 },
      { status: 206 },
    ],
    [
      "what is no HTTP date is passed over (13.1.3)",
      "/digits.txt",
      { "If-Modified-Since": "2100" },
      { status: 200 },
      { status: 304 },
    ],
    [
      "a directory is redirected only where there is an index file: /bare may be a page of the application",
      "/bare",
      {},
      { status: 404 },
      { status: 301 },
    ],
    [
      "412 says what it is in plain text, and nothing of the program's insides",
      "/digits.txt",
      { "If-Match": '"x"' },
      { status: 412, body: "Precondition Failed\n" },
      { status: 412, "content-type": "text/html; charset=utf-8" },
    ],
    [
      "no-cache asks a cache to ask, and this is whom it asks (RFC 9111 section 5.2.1.4)",
      "/digits.txt",
      { "If-None-Match": "*", "Cache-Control": "no-cache" },
      { status: 304 },
      { status: 200 },
    ],
    ["a path has one form: an empty name is none", "/docs//", {}, { status: 404 }, { status: 200 }],
    [
      "the text of a redirect is plain",
      "/docs",
      {},
      { status: 301, location: "/docs/", "content-type": "text/plain; charset=utf-8" },
      { status: 301, location: "/docs/", "content-type": "text/html; charset=UTF-8" },
    ],
  ])("%s", async (_reason, path, headers, ours, theirs, method) => {
    const answers = await both(path, headers, method);
    expect(answers).toMatchObject([ours, theirs]);
  });
});
