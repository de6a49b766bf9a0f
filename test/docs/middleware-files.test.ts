/** docs/middleware-files.md: its application runs, and its tables say what the code does. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { compress, staticFiles } from "../../src/middleware/index.ts";
import { answering, octets } from "../bridge/hosted.ts";
import { request } from "../middleware/request.ts";
import { startTsgi } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { projectWith } from "../support/settled-process.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/middleware-files.md");

/** The first column of the table below a heading. */
function rowsBelow(heading: string): string[] {
  const section = page.split(`## ${heading}\n`)[1]?.split("\n#")[0] ?? "";
  return [...section.matchAll(/^\| `([A-Za-z]+)` /gm)].map((match) => match[1] ?? "");
}

it("the application of the page serves files, compresses, and answers 304", async () => {
  const [, code = ""] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const directory = projectWith({ "app.ts": code });
  mkdirSync(join(directory, "public"));
  writeFileSync(join(directory, "public", "site.css"), "p { color: red }");
  const port = await freePort();
  const running = await startTsgi(["serve", "app.ts", "--http", `127.0.0.1:${port}`], { cwd: directory });
  onTestFinished(async () => {
    await running.stop();
  });
  await running.printed(" ready at ");
  const origin = `http://127.0.0.1:${port}`;
  const css = await fetch(`${origin}/assets/site.css`);
  expect([css.status, css.headers.get("content-type"), await css.text()]).toEqual([
    200,
    "text/css; charset=utf-8",
    "p { color: red }",
  ]);
  const html = await fetch(origin, { headers: { "Accept-Encoding": "gzip" } });
  expect([html.headers.get("content-encoding"), (await html.text()).slice(0, 15)]).toEqual([
    "gzip",
    "<!doctype html>",
  ]);
  const etag = html.headers.get("etag") ?? "";
  const again = await fetch(origin, { headers: { "If-None-Match": etag, "Accept-Encoding": "gzip" } });
  expect([etag.slice(0, 2), again.status, again.headers.get("etag")]).toEqual(["W/", 304, etag]);
});

it("the tables have every option", () => {
  const source = (path: string, name: string): string[] => {
    const [, body = ""] =
      new RegExp(`interface ${name} \\{([\\s\\S]*?)^\\}`, "m").exec(readProjectFile(path)) ?? [];
    return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1] ?? "");
  };
  const options = source("src/middleware/static-files.ts", "StaticFilesOptions");
  expect(rowsBelow("staticFiles").toSorted()).toEqual(options.toSorted());
  const others = source("src/middleware/compress.ts", "CompressOptions");
  expect(rowsBelow("compress").toSorted()).toEqual(others.toSorted());
});

it("every sendfile of the table is taken", async () => {
  const forms = [...page.matchAll(/\| `\{ header: "([\w-]+)"(?:, mapping: "([^"]+)")? \}`/g)];
  expect(forms.map(([, header]) => header)).toEqual([
    "x-accel-redirect",
    "x-lighttpd-send-file",
    "x-sendfile",
    "x-sendfile",
  ]);
  for (const [, header = "", mapping] of forms) {
    const sendfile = { header: header as "x-sendfile", ...(mapping === undefined ? {} : { mapping }) };
    const middleware = staticFiles({ root: join(projectRoot, "docs"), sendfile });
    const { headers } = await request(middleware, answering([]), {}, { path: "/errors.md" });
    expect(headers[header]).toBe(`${mapping?.replace(/\/$/, "") ?? join(projectRoot, "docs")}/errors.md`);
  }
});

it("the defaults of compress are those of the table", async () => {
  const html: Array<[string, string]> = [["Content-Type", "text/html"]];
  const coded = async (length: number): Promise<string | undefined> =>
    (
      await request(compress(), answering([octets("a".repeat(length))], html), {
        "Accept-Encoding": "br, gzip",
      })
    ).headers["content-encoding"];
  expect([await coded(1023), await coded(1024)]).toEqual([undefined, "br"]);
});
