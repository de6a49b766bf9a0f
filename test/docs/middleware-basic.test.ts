/** The code of docs/middleware-basic.md works as it stands, and its page names what there is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Application, Middleware } from "../../src/bridge/index.ts";
import * as middleware from "../../src/middleware/index.ts";
import {
  answering,
  get,
  octets,
  post,
  run,
  type HostOptions,
  type Hosted,
  type LooseApplication,
} from "../bridge/hosted.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/middleware-basic.md");
const files = new Map(
  [...page.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map((match) => [match[1]!, match[2]!]),
);

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tsgi-docs-"));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  for (const [name, code] of files) {
    const source = (entry: string): string => JSON.stringify(join(projectRoot, "src", `${entry}.ts`));
    const text = code
      .replaceAll('"tsgi/middleware"', source("middleware"))
      .replaceAll('"tsgi"', source("index"));
    writeFileSync(join(directory, name), text);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const load = async (name: string): Promise<Record<string, unknown>> =>
  (await import(/* @vite-ignore */ pathToFileURL(join(directory, name)).href)) as Record<string, unknown>;

async function host(name: string, options: HostOptions = {}): Promise<Hosted> {
  const hosted = await run((await load(name)).application as LooseApplication, options);
  await hosted.finished;
  return hosted;
}

describe("docs/middleware-basic.md", () => {
  it("has code that type-checks", () => {
    const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
    const modules = [
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--lib",
      "es2023",
      "--allowImportingTsExtensions",
      "--skipLibCheck",
    ];
    const types = ["--types", "node", "--typeRoots", join(projectRoot, "node_modules/@types")];
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(projectRoot, "node_modules/typescript/bin/tsc"),
        ...options,
        ...modules,
        ...types,
        "--ignoreConfig",
        ...files.keys(),
      ],
      { cwd: directory, encoding: "utf8" },
    );
    expect(stdout).toBe("");
  });

  it("site.ts", async () => {
    const first = await host("site.ts");
    const cookie = first.sink.header("set-cookie")?.split(";")[0] ?? "";
    const second = await host("site.ts", { params: [...get, ["HTTP_COOKIE", cookie]] });
    expect([first.sink.text, second.sink.text]).toEqual(["visit 1\n", "visit 2\n"]);
    expect(second.errors.join("")).toMatch(/"GET \/app\/x HTTP\/1\.1" 200 8 "-" "-"\n$/);
  });

  it("logged.ts", async () => {
    const before = process.cwd();
    process.chdir(directory);
    try {
      expect((await host("logged.ts")).sink.text).toBe("hello\n");
      const path = join(directory, "access.log");
      await expect
        .poll(() => readFileSync(path, "utf8"))
        .toMatch(/^- - \[.*\] "GET \/app\/x HTTP\/1\.1" 200 6 \d+ -\n$/);
    } finally {
      process.chdir(before);
    }
  });

  it("private.ts", async () => {
    const ask = (credentials: string): Promise<Hosted> =>
      host("private.ts", {
        params: [...get, ["HTTP_AUTHORIZATION", `Basic ${Buffer.from(credentials).toString("base64")}`]],
      });
    expect((await ask("ann:correct horse")).sink.text).toBe("hello ann\n");
    expect((await ask("ann:wrong horse")).sink.status).toBe("401 Unauthorized");
    expect((await ask("bob:")).sink.header("www-authenticate")).toBe(
      'Basic realm="Back office", charset="UTF-8"',
    );
  });

  it("failing.ts", async () => {
    const { sink } = await host("failing.ts");
    expect([sink.status, sink.header("retry-after"), sink.text]).toEqual([
      "503 Service Unavailable",
      "30",
      "<h1>Sorry</h1><p>Tell us that GET failed.</p>",
    ]);
  });

  it("items.ts", async () => {
    const body = "_method=delete";
    const params = [
      ...post(String(body.length)),
      ["CONTENT_TYPE", "application/x-www-form-urlencoded"] as const,
    ];
    expect((await host("items.ts", { params, body })).sink.text).toBe("DELETE, sent as POST\n");
  });

  it("behind-a-proxy.ts", async () => {
    const params = [
      ...get,
      ["REMOTE_ADDR", "10.1.2.3"],
      ["HTTP_X_FORWARDED_FOR", "198.51.100.7"],
      ["HTTP_X_FORWARDED_PROTO", "https"],
    ] as const;
    expect((await host("behind-a-proxy.ts", { params })).sink.text).toBe("https from 198.51.100.7\n");
  });

  it("login.ts", async () => {
    const visit = (path: string, cookie = ""): Promise<Hosted> =>
      host("login.ts", {
        params: [
          ...get.filter(([name]) => name !== "PATH_INFO"),
          ["PATH_INFO", path],
          ["HTTP_COOKIE", cookie],
        ],
      });
    const { sink } = await visit("/login");
    const cookie = sink.header("set-cookie")?.split(";")[0] ?? "";
    expect([sink.text, (await visit("/", cookie)).sink.text]).toEqual(["ann\n", "ann\n"]);
    expect((await visit("/logout", cookie)).sink.text).toBe("nobody\n");
    expect((await visit("/", cookie)).sink.text).toBe("nobody\n");
  });

  it("store.ts, over a client that keeps its values in a Map", async () => {
    const values = new Map<string, string>();
    const asked: unknown[] = [];
    const redis = {
      get: async (key: string) => values.get(key) ?? null,
      set: async (key: string, value: string, options: unknown) => {
        asked.push(options);
        values.set(key, value);
      },
      expire: async () => 1,
      del: async (key: string) => values.delete(key),
    };
    const sessions = (await load("store.ts")).sessions as (client: typeof redis) => Middleware;
    const application = sessions(redis)((environ, startResponse) => {
      const { data } = middleware.sessionOf(environ);
      data.n = Number(data.n ?? 0) + 1;
      return answering([octets(String(data.n))])(environ, startResponse) as ReturnType<Application>;
    }) as LooseApplication;
    const first = await run(application);
    const cookie = first.sink.header("set-cookie")?.split(";")[0] ?? "";
    const second = await run(application, { params: [...get, ["HTTP_COOKIE", cookie]] });
    expect([first.sink.text, second.sink.text]).toEqual(["1", "2"]);
    expect(asked).toEqual([
      { EX: 3_600, NX: true },
      { EX: 3_600, XX: true },
    ]);
  });

  it("digest.ts", async () => {
    const digestLog = (await load("digest.ts")).digestLog as Middleware;
    const { sink, errors, finished } = await run(
      digestLog(answering([octets("a"), octets("bc")]) as Application) as LooseApplication,
    );
    await finished;
    expect([sink.text, sink.header("x-digested")]).toEqual(["abc", "yes"]);
    expect(errors).toEqual(["/x ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"]);
  });

  it("is all of its files", () => {
    const tested = readProjectFile("test/docs/middleware-basic.test.ts");
    for (const name of files.keys()) expect(tested).toContain(`"${name}`);
    expect(files.size).toBe(9);
  });

  it.each(["accessLog", "basicAuth", "errorPage", "methodOverride", "proxyFix", "session", "wrapResponse"])(
    "has a section on %s, which there is",
    (name) => {
      expect(page).toMatch(new RegExp(`^## ${name}$`, "m"));
      expect(name in middleware).toBe(true);
    },
  );

  it("names every directive of access logs", () => {
    let list = "";
    try {
      middleware.accessLog({ format: "%~" });
    } catch (error) {
      list = String(error);
    }
    const directives = list.match(/%[A-Za-z](?= |,)/g) ?? [];
    expect(directives.length).toBeGreaterThan(15);
    for (const directive of directives) expect(page).toContain(`\`${directive}\``);
  });
});
