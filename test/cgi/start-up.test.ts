/** What a CGI request loads, and what it keeps for the next one. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runScript, writeScript, type ScriptAnswer } from "../support/script.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { importsOf, projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist", "cli", "tsgi.cjs");

/** What `node:*` modules a file of src loads before it runs, those of the files it imports included. */
function staticBuiltIns(entry: string): string[] {
  const seen = new Set<string>();
  const builtIns = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { to } of importsOf(path)) {
      if (to.startsWith("node:")) builtIns.add(to);
      else if (to.startsWith("src/")) visit(to);
    }
  };
  visit(entry);
  return [...builtIns].sort();
}

/** TypeScript that answers with the built-in modules it has been given. */
const application = `
import type { Application } from "tsgi";
enum Page { body = "loaded: " }
export const application: Application = (environ, startResponse) => {
  startResponse("200 OK", []);
  return [Buffer.from(Page.body + process.moduleLoadList.join())];
};
`;

function ask(cache: string, source = application): Promise<ScriptAnswer> {
  const path = join(temporaryDirectory(), "app.ts");
  writeFileSync(path, source);
  return askFile(cache, path);
}

function askFile(cache: string, path: string): Promise<ScriptAnswer> {
  return runScript([command, "cgi", path], { variables: { TMPDIR: cache } });
}

const slow = /NativeModule (net|http|stream|internal\/deps\/undici\/undici|crypto)\b(?!\/)/g;

describe("a CGI request loads", () => {
  it("nothing but node:fs by `tsgi/cgi`", () => {
    expect(staticBuiltIns("src/cgi.ts")).toEqual(["node:fs"]);
  });

  it.each(["cgi", "index"])("no sockets, streams or fetch by runCgi() of dist/%s.js", async (entry) => {
    const source = `await runCgi((e, s) => { s("200 OK", []); return [Buffer.from(process.moduleLoadList.join())]; });`;
    const script = writeScript(source, "app.mjs", entry);
    const { body } = await runScript([script]);
    expect(body).toContain("NativeModule fs");
    expect(body.match(/NativeModule (net|http|crypto|stream|internal\/fs\/streams),/g)).toBeNull();
  });

  it.each([
    ["two", "cgi", ["core.js"]],
    ["three", "index", ["adapters.js", "core.js"]],
  ])("%s files of tsgi by dist/%s.js", (_count, entry, files) => {
    const read = (name: string): string => readFileSync(join(projectRoot, "dist", name), "utf8");
    const imports = (text: string): string[] =>
      [...text.matchAll(/^(?:import|export)\b[^;]*? from "([^"]+)"/gm)].map(
        ([, specifier = ""]) => specifier,
      );
    for (const [at, name] of [`${entry}.js`, ...files].entries()) {
      const own = imports(read(name)).filter((specifier) => !specifier.startsWith("node:"));
      expect(own).toEqual(files.slice(at, at + 1).map((file) => `./${file}`));
    }
  });

  it("classes that are there once, whatever imports them", async () => {
    const dist = new URL("../../dist/", import.meta.url);
    const load = async (path: string): Promise<Record<string, unknown>> =>
      (await import(new URL(path, dist).href)) as Record<string, unknown>;
    const { ConfigurationError, serve } = await load("index.js");
    expect((await load("errors/index.js"))["ConfigurationError"]).toBe(ConfigurationError);
    // From a file that is no part of the bundle.
    const refused = (serve as (application: null, options: object) => Promise<unknown>)(null, {});
    await expect(refused).rejects.toBeInstanceOf(ConfigurationError);
  });

  it("neither those nor the compiler by `tsgi cgi` from the second time on", async () => {
    const cache = temporaryDirectory();
    const path = join(temporaryDirectory(), "app.ts");
    writeFileSync(path, application);
    expect((await askFile(cache, path)).body).toContain("loaded: ");
    const { body, errors } = await askFile(cache, path);
    expect(errors).toBe("");
    expect(body).toContain("loaded: ");
    expect(body.match(slow)).toBeNull();
  });
});

describe.runIf(process.getuid !== undefined)("what is kept for the next request", () => {
  const folderOf = (cache: string): string => join(cache, `tsgi-cache-${process.getuid?.()}`);

  it("is in a directory of the user's own, and follows the source", async () => {
    const cache = temporaryDirectory();
    const path = join(temporaryDirectory(), "app.ts");
    const answering = (text: string): string =>
      `export default (e: object, s: Function) => { s("200 OK", []); return [Buffer.from("${text}")]; };`;
    writeFileSync(path, answering("one"));
    expect((await askFile(cache, path)).body).toBe("one");
    expect(statSync(folderOf(cache)).mode & 0o777).toBe(0o700);
    const kept = readdirSync(folderOf(cache)).filter((name) => name.endsWith(".js"));
    expect(kept).toHaveLength(1);
    expect(statSync(join(folderOf(cache), kept[0] ?? "")).mode & 0o777).toBe(0o600);
    writeFileSync(path, answering("two"));
    expect((await askFile(cache, path)).body).toBe("two");
  });

  it("is what runs", async () => {
    const cache = temporaryDirectory();
    const path = join(temporaryDirectory(), "app.ts");
    writeFileSync(
      path,
      `export default (e: object, s: Function) => { s("200 OK", []); return [Buffer.from("real")]; };`,
    );
    await askFile(cache, path);
    const [name = ""] = readdirSync(folderOf(cache)).filter((each) => each.endsWith(".js"));
    const file = join(folderOf(cache), name);
    const content = readFileSync(file, "utf8");
    const code = content.lastIndexOf("\0");
    writeFileSync(file, content.slice(0, code) + content.slice(code).replace("real", "kept"));
    expect((await askFile(cache, path)).body).toBe("kept");
  });

  it.each([
    [
      "others may write to it",
      (folder: string) => {
        mkdirSync(folder);
        chmodSync(folder, 0o777);
      },
    ],
    ["it is reached by a link", (folder: string) => symlinkSync(temporaryDirectory(), folder)],
    ["it is no directory", (folder: string) => writeFileSync(folder, "")],
  ])("is not used where %s", async (_, prepare) => {
    const cache = temporaryDirectory();
    prepare(folderOf(cache));
    const { body, status } = await ask(cache);
    expect(body).toContain("loaded: ");
    expect(status).toBe(0);
    if (statSync(folderOf(cache)).isDirectory()) expect(readdirSync(folderOf(cache))).toEqual([]);
  });
});

describe("`tsgi cgi` loads", () => {
  const importing = `import { text } from "./other";
export default (e: object, s: Function) => { s("200 OK", []); return [Buffer.from(text)]; };`;

  it("TypeScript that imports TypeScript", async () => {
    const path = join(temporaryDirectory(), "app.ts");
    writeFileSync(path, importing);
    writeFileSync(join(path, "..", "other.ts"), `export const text: string = "other";`);
    expect((await askFile(temporaryDirectory(), path)).body).toBe("other");
  });

  it("a module that awaits at its top level", async () => {
    const source = `const text = await Promise.resolve("awaited");
export default (e: object, s: Function) => { s("200 OK", []); return [Buffer.from(text)]; };`;
    const cache = temporaryDirectory();
    expect((await ask(cache, source)).body).toBe("awaited");
    // The second time `tsgi` itself comes from the cache, where V8 leaves it without an import().
    expect((await ask(cache, source)).body).toBe("awaited");
  });

  it("CommonJS", async () => {
    const path = join(temporaryDirectory(), "app.cjs");
    writeFileSync(path, `exports.application = (e, s) => { s("200 OK", []); return [Buffer.from("cjs")]; };`);
    expect((await askFile(temporaryDirectory(), path)).body).toBe("cjs");
  });

  it("with its own lines in stacks", async () => {
    const { errors } = await ask(
      temporaryDirectory(),
      `interface A { a: 1 }\n\n\nexport default () => { throw new Error("here"); };`,
    );
    expect(errors).toContain("app.ts:4:");
  });
});
