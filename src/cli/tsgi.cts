#!/usr/bin/env node
/**
 * The `tsgi` command as npm installs it. A CGI request is answered by one bundled CommonJS file whose compiled code is
 * kept: its visitor waits for every module that is looked up, read and compiled. All else goes the ordinary way.
 *
 * Measured on Node.js 20.20 as a multiple of `node -e 0`: 3.1 as ES modules, 1.3 so. docs/performance.md
 */
const fs: typeof import("node:fs") = require("node:fs");
const nodeModule: typeof import("node:module") = require("node:module");
const path: typeof import("node:path") = require("node:path");
const vm: typeof import("node:vm") = require("node:vm");

interface ScriptBundle {
  runCommandLine(words: readonly string[]): Promise<void>;
  detectHost(): { readonly kind: string };
}

interface CacheBundle {
  privateCacheDirectory(): string | undefined;
  cacheName(path: string): string;
  readCached(name: string): Buffer | undefined;
  writeCached(name: string, content: Uint8Array): void;
}

const words = process.argv.slice(2);
const [command] = words;
const bundlePath = path.join(__dirname, "..", "bundle", "command-line.cjs");
const isCandidate =
  command === "cgi" || (command === "run" && process.env["GATEWAY_INTERFACE"] !== undefined);

if (!isCandidate || !start(loadBundle())) void import("./main.js");

function start(bundle: ScriptBundle): boolean {
  if (command === "run" && bundle.detectHost().kind !== "cgi") return false;
  void bundle.runCommandLine(words);
  return true;
}

function loadBundle(): ScriptBundle {
  const cache = require("../bundle/private-cache.cjs") as CacheBundle;
  const directory = cache.privateCacheDirectory();
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (directory?: string) => unknown };
  if (directory === undefined) return require(bundlePath) as ScriptBundle;
  if (enableCompileCache !== undefined) {
    // Node.js 22.1 and newer: the application's own modules profit as well.
    enableCompileCache(path.join(directory, "v8"));
    return require(bundlePath) as ScriptBundle;
  }
  const { mtimeMs, size } = fs.statSync(bundlePath);
  // V8 itself compares no more than the length of the source.
  const name = `${process.version}-${process.arch}-${size}-${mtimeMs}-${cache.cacheName(bundlePath)}.v8`;
  const cachedData = cache.readCached(name);
  // It is ASCII, and so need not be looked at octet by octet.
  const source = fs.readFileSync(bundlePath, "latin1");
  const wrapper = `(function (exports, require, module, __filename, __dirname, importFromLoader) {${source}\n})`;
  const script = new vm.Script(wrapper, {
    filename: bundlePath,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) {
    // At the end, when what a request needs has been compiled.
    process.once("exit", () => cache.writeCached(name, script.createCachedData()));
  }
  const bundle = { exports: {} as ScriptBundle };
  const run = script.runInThisContext() as (...context: unknown[]) => void;
  const context = [nodeModule.createRequire(bundlePath), bundle, bundlePath, path.dirname(bundlePath)];
  // V8 forgets the script's own import() when it takes it from the cache.
  run(bundle.exports, ...context, (specifier: string): Promise<unknown> => import(specifier));
  return bundle.exports;
}
