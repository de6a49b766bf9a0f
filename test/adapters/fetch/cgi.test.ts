/** A fetch handler as a CGI script: the same module, one process for each request. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectWith } from "../../support/settled-process.ts";
import { projectRoot } from "../../support/source-tree.ts";

/** Answers one request with `app.mjs` of the directory. */
function runScript(directory: string, variables: Readonly<Record<string, string>>, body = ""): string {
  const run = spawnSync(process.execPath, [join(projectRoot, "dist/cli/tsgi.cjs"), "cgi", "app.mjs"], {
    cwd: directory,
    input: body,
    encoding: "latin1",
    env: {
      PATH: process.env["PATH"],
      GATEWAY_INTERFACE: "CGI/1.1",
      SERVER_NAME: "h",
      SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.1",
      HTTP_HOST: "h",
      SCRIPT_NAME: "/cgi-bin/app",
      ...variables,
    },
  });
  expect([run.status, run.stderr]).toEqual([0, ""]);
  return run.stdout;
}

it("answers, reads its upload, and finishes what ctx.waitUntil was given", () => {
  const source = `
    import { writeFileSync } from "node:fs";
    import { Hono } from "hono";
    import { fromFetch } from "tsgi";
    const app = new Hono().basePath("/cgi-bin/app");
    app.post("/echo", async (c) => {
      c.header("Set-Cookie", "a=1", { append: true });
      c.header("Set-Cookie", "b=2", { append: true });
      const later = new Promise((resolve) => setImmediate(resolve));
      c.executionCtx.waitUntil(later.then(() => writeFileSync("done", "")));
      return c.text(await c.req.text());
    });
    export default fromFetch(app);
  `;
  const directory = projectWith({ "app.mjs": source }, ["hono"]);
  const output = runScript(
    directory,
    {
      REQUEST_METHOD: "POST",
      PATH_INFO: "/echo",
      REQUEST_URI: "/cgi-bin/app/echo",
      CONTENT_LENGTH: "4",
    },
    "body",
  );
  expect(existsSync(join(directory, "done"))).toBe(true);
  const [head = "", body] = output.split("\r\n\r\n");
  expect(
    head
      .split("\r\n")
      .map((line) => line.toLowerCase())
      .sort(),
  ).toEqual([
    "content-length: 4",
    "content-type: text/plain; charset=utf-8",
    "set-cookie: a=1",
    "set-cookie: b=2",
    "status: 200 ok",
  ]);
  expect(body).toBe("body");
});

it("streams", () => {
  const source = `
    import { fromFetch } from "tsgi";
    export default fromFetch(() => new Response(new ReadableStream({
      async start(controller) {
        for (const word of ["one ", "two ", "three"]) {
          controller.enqueue(new TextEncoder().encode(word));
          await new Promise((resolve) => setImmediate(resolve));
        }
        controller.close();
      },
    })));
  `;
  const directory = projectWith({ "app.mjs": source });
  const output = runScript(directory, {
    REQUEST_METHOD: "GET",
    PATH_INFO: "/",
    REQUEST_URI: "/cgi-bin/app/",
  });
  expect(output).toMatch(/^Status: 200 OK\r\n\r\none two three$/);
});
