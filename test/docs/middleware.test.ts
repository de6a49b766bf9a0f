/** The code of docs/middleware.md and docs/helpers.md compiles, and does what the pages say. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transformSync } from "oxc-transform";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Application, HeaderList, Middleware } from "../../src/bridge/index.ts";
import { validationRules } from "../../src/middleware/index.ts";
import { answering, get, octets, run, type LooseApplication } from "../bridge/hosted.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";

/** The fenced blocks of a page; a file is named after what it exports first, "application" and its number else. */
function filesOf(page: string): Array<{ name: string; code: string }> {
  const blocks = [...readProjectFile(page).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    (match) => match[1] ?? "",
  );
  return blocks.map((code, index) => {
    const exported = /^export (?:const|function) (\w+)/m.exec(code)?.[1] ?? "block";
    return {
      name: exported === "application" || exported === "block" ? `${exported}${index}` : exported,
      code,
    };
  });
}

const middlewareFiles = filesOf("docs/middleware.md");
const helperFiles = filesOf("docs/helpers.md");

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tsgi-docs-"));
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(projectRoot, join(directory, "node_modules", "tsgi"));
  // `expression; // value` becomes a comparison of the two.
  const compared = helperFiles.map(({ name, code }) => ({
    name: `helper-${name}`,
    code: `export const pairs: unknown[][] = [];\n${code.replaceAll(/^(.+); \/\/ (.+)$/gm, "pairs.push([structuredClone($1), $2]);")}`,
  }));
  for (const { name, code } of [...middlewareFiles, ...compared]) {
    writeFileSync(join(directory, `${name}.ts`), code);
    const script = transformSync(`${name}.ts`, code).code;
    writeFileSync(join(directory, `${name}.mjs`), script.replaceAll(/"(\.\/\w+)\.ts"/g, '"$1.mjs"'));
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function load<Value>(file: string, name: string): Promise<Value> {
  const url = pathToFileURL(join(directory, `${file}.mjs`)).href;
  return ((await import(/* @vite-ignore */ url)) as Record<string, Value>)[name] as Value;
}

const text: HeaderList = [["Content-Type", "text/plain; charset=utf-8"]];

function around(middleware: Middleware, application: LooseApplication): LooseApplication {
  return middleware(application as Application) as LooseApplication;
}

describe("docs/middleware.md and docs/helpers.md", () => {
  it("type-check", () => {
    const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--target", "es2023", "--module", "nodenext", "--types", "node"];
    const roots = ["--typeRoots", join(projectRoot, "node_modules/@types"), "--allowImportingTsExtensions"];
    const names = [
      ...middlewareFiles.map(({ name }) => name),
      ...helperFiles.map(({ name }) => `helper-${name}`),
    ];
    const check = (): string =>
      execFileSync(process.execPath, [tsc, ...options, ...roots, ...names.map((name) => `${name}.ts`)], {
        cwd: directory,
        encoding: "utf8",
      });
    expect(check).not.toThrow();
  });

  it.each(helperFiles.map(({ name, code }) => [name, code]))(
    "helpers: %s gives what the comments say",
    async (name, code) => {
      const pairs = await load<unknown[][]>(`helper-${name}`, "pairs");
      expect(pairs).toHaveLength(code.match(/; \/\/ /g)?.length ?? 0);
      expect(pairs.length).toBeGreaterThan(2);
      for (const [value, expected] of pairs) expect(value).toEqual(expected);
    },
  );

  it("the first example mounts and validates", async () => {
    const application = await load<LooseApplication>("application0", "application");
    const ask = async (path: string): Promise<string> =>
      (
        await run(application, {
          params: [["PATH_INFO", path], ...get.filter(([name]) => name !== "PATH_INFO")],
        })
      ).sink.text;
    expect(await ask("/api/x")).toBe("/x below /app/api\n");
    expect(await ask("/x")).toBe("the site\n");
  });

  it("refuses a request", async () => {
    const make = await load<(key: string) => Middleware>("onlyWithKey", "onlyWithKey");
    const application = around(make("secret"), answering([octets("in")], text));
    expect((await run(application)).sink.status).toBe("403 Forbidden");
    expect((await run(application, { params: [...get, ["HTTP_X_KEY", "secret"]] })).sink.text).toBe("in");
  });

  it("changes the head, and leaves the list and the array as they were", async () => {
    const middleware = await load<Middleware>("withFrameOptions", "withFrameOptions");
    const list = [...text];
    const { sink } = await run(around(middleware, answering([octets("whole")], list)));
    expect(sink.headers).toEqual([...text, ["X-Frame-Options", "DENY"], ["Content-Length", "5"]]);
    expect(list).toEqual(text);
  });

  it.each(["capitals", "checked"])("changes the body: %s", async (name) => {
    const middleware = await load<Middleware>(name, name);
    let closed = 0;
    const body = Object.assign([octets("abc"), octets("d\u{e9}")], { close: () => (closed += 1) });
    const { sink, log } = await run(around(middleware, answering(body, [...text, ["Content-Length", "6"]])));
    expect([sink.text, log, closed]).toEqual(["ABCD\u{c3}\u{a9}", [], 1]);
    const binary: HeaderList = [["Content-Type", "image/png"]];
    expect((await run(around(middleware, answering([octets("abc")], binary)))).sink.text).toBe("abc");
  });

  it("drops a length", async () => {
    const change = await load<(list: HeaderList) => HeaderList>("withoutLength", "withoutLength");
    const list: HeaderList = [...text, ["content-length", "1"]];
    expect(change(list)).toEqual(text);
    expect(list).toHaveLength(2);
  });

  it("does something at the end", async () => {
    const make = await load<(tell: (ms: number) => void) => Middleware>("timed", "timed");
    for (const body of [
      [octets("a")],
      (function* () {
        yield octets("a");
      })(),
    ]) {
      const times: number[] = [];
      let closed = 0;
      const closing = Object.assign(body, { close: () => (closed += 1) });
      const hosted = await run(
        around(
          make((ms) => times.push(ms)),
          answering(closing, text),
        ),
      );
      await hosted.finished;
      expect([hosted.sink.text, closed, times.length]).toEqual(["a", 1, 1]);
    }
  });

  it("the message that docs/middleware.md shows is what the validator says", async () => {
    const { validator } = await import("../../src/middleware/index.ts");
    const wrong = answering([], [...text, ["Age", 5 as never]]);
    const { log } = await run(validator(wrong as Application) as LooseApplication);
    expect(readProjectFile("docs/middleware.md")).toContain(
      `\n${(log[0]?.error as Error | undefined)?.message}\n`,
    );
  });

  it("names the rules that only warn on the command line", () => {
    const source = readProjectFile("src/cli/validated.ts");
    const rules = [...(/warnOnly = \[(.*?)\]/.exec(source)?.[1] ?? "").matchAll(/\w+/g)].map(
      ([rule]) => rule,
    );
    expect(rules.every((rule) => rule in validationRules)).toBe(true);
    const listed = `${rules.slice(0, -1).join(", ")} and ${rules.at(-1) ?? ""} only warn`;
    expect(readProjectFile("docs/middleware.md")).toContain(listed);
  });
});
