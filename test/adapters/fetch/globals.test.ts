/** What a program's globals are like once it has called fromFetch, in processes of their own. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../support/serving.ts";

const dist = new URL("../../../dist/index.js", import.meta.url).href;

/** Runs a module and gives back what it printed as JSON. `environ` makes the environ of a request. */
function run(source: string): unknown {
  const file = join(temporaryDirectory(), "program.mjs");
  const start = `
    import { fromFetch } from ${JSON.stringify(dist)};
    const isLazy = (name) => Object.getOwnPropertyDescriptor(globalThis, name).get !== undefined;
    const environ = (changes = {}) => ({
      REQUEST_METHOD: "GET", SCRIPT_NAME: "", PATH_INFO: "/x", QUERY_STRING: "", SERVER_NAME: "h", SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.1", HTTP_HOST: "h", HTTP_X: "1", REQUEST_URI: "/x", "wsgi.url_scheme": "http",
      "tsgi.signal": new AbortController().signal,
      "wsgi.errors": { write: (text) => process.stderr.write(text) },
      "wsgi.input": {
        read: async () => Buffer.from("body"),
        chunks: async function* () { yield Buffer.from("body"); },
      },
      ...changes,
    });
    const print = (value) => console.log(JSON.stringify(value));
  `;
  writeFileSync(file, start + source);
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8" }));
}

const isNode20 = process.versions.node.startsWith("20.");

describe("the globals", () => {
  // Later Node.js has them compiled into it.
  it.skipIf(!isNode20)(
    "are not looked at by an import, nor by a request that needs nothing of undici",
    () => {
      const answered = run(`
      const before = ["Request", "Headers"].map(isLazy);
      const heads = [];
      const application = fromFetch((request) =>
        new Response(request.url + request.headers.get("x"), { headers: { "content-type": "text/plain" } }));
      const body = await application(environ(), (status, headers) => heads.push(status, headers));
      const undici = process.moduleLoadList.filter((name) => name.includes("undici"));
      print([before, heads, Buffer.concat(body).toString(), undici]);
    `);
      expect(answered).toEqual([
        [true, true],
        ["200 OK", [["content-type", "text/plain"]]],
        "http://h/x1",
        [],
      ]);
    },
  );

  it("are related however and whenever they are looked at", () => {
    const facts = run(`
      const facts = [];
      await fromFetch(async (request) => {
        facts.push(request instanceof Request, request.headers instanceof Headers);
        facts.push(new Response() instanceof Response, (await fetch("data:,x")) instanceof Response);
        facts.push(Response.json({}) instanceof Response, Response.error() instanceof Response);
        facts.push(new Request("http://h/") instanceof Request, new Headers() instanceof Headers);
        class Own extends Request {}
        facts.push(new Own(request.url, request.clone()) instanceof Request, new Own("http://h/") instanceof Own);
        facts.push(await new Request(request.clone()).text() === "body");
        facts.push(await new Request(request).text() === "body");
        return new Response();
      })(environ({ REQUEST_METHOD: "POST" }), () => {});
      print(facts);
    `);
    expect(facts).toEqual(Array.from({ length: 12 }, () => true));
  });

  it("are those of whoever kept the originals, too", () => {
    const facts = run(`
      const originals = { Request, Response, Headers };
      const facts = [];
      await fromFetch(async (request) => {
        facts.push(request instanceof originals.Request, request.headers instanceof originals.Headers);
        facts.push(new Response() instanceof originals.Response, new originals.Response() instanceof Response);
        return new originals.Response("x");
      })(environ(), () => {});
      print(facts);
    `);
    expect(facts).toEqual([true, true, true, true]);
  });

  it("are left alone on request, and work all the same", () => {
    const facts = run(`
      const before = ["Request", "Response", "Headers", "fetch"].map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
      const application = fromFetch(async (request) => {
        const facts = [request instanceof Request, request.headers instanceof Headers, await new Request(request).text()];
        return Response.json(facts);
      }, { overrideGlobals: false });
      const after = ["Request", "Response", "Headers", "fetch"].map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
      const same = before.every(({ get, value }, index) => after[index].get === get && after[index].value === value);
      const body = await application(environ({ REQUEST_METHOD: "POST" }), () => {});
      const parts = [];
      for await (const part of body) parts.push(part);
      print([same, JSON.parse(Buffer.concat(parts).toString())]);
    `);
    expect(facts).toEqual([true, [true, true, "body"]]);
  });

  it("can still be set by others", () => {
    expect(
      run(`
        fromFetch(() => new Response());
        globalThis.Request = class Other {};
        globalThis.Headers = 1;
        print([Request.name, Headers]);
      `),
    ).toEqual(["Other", 1]);
  });
});

it("the package that is tested here has been built", () => {
  expect(fileURLToPath(dist)).toMatch(/dist.index\.js$/);
});
