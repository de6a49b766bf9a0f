/**
 * Makes few files of many where somebody waits for each of them: a CGI request. Part of the build.
 *
 * dist/bundle/*.cjs are the files that src/cli/tsgi.cts answers CGI requests with. dist/core.js is what scripts get that
 * import `tsgi/cgi` themselves, and with dist/adapters.js what those get that import `tsgi`; the modules that went into
 * them re-export them, so that every class is there once, whoever imports it from where.
 * docs/decisions/0003-rolldown.md
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
/** What may stand in the place of other modules. */
const bundles = ["core.js", "adapters.js"];

// Before dist/core.js takes the modules' places: these have classes of their own.
for (const name of ["command-line", "private-cache"]) {
  await bundleForCommand(`${dist}cli/${name}.js`, `${dist}bundle/${name}.cjs`, [
    // What no CGI request asks for stays where it is.
    /\/(serve|serve-command|resolve-settings|proxy-command|request-command|status-command|open-logs|run-service|serve-options|middleware\/index)\.(js|ts)$/,
  ]);
}
await bundleForCommand(`${dist}cli/tsgi.cjs`, `${dist}cli/tsgi.cjs`, [/main\.js$/, /command-line\.cjs$/]);
// What a CGI script needs, and what `tsgi` has besides.
await bundleCore("core.js", ["cgi.js", "run/index.js"]);
await bundleCore("adapters.js", ["index.js"]);

async function bundleForCommand(input, file, external) {
  const build = await rolldown({ input, platform: "node", external, logLevel: "warn" });
  const { output } = await build.generate({
    file,
    format: "cjs",
    codeSplitting: false,
    minify: { mangle: false, compress: false },
  });
  await build.close();
  mkdirSync(dirname(file), { recursive: true });
  const { code } = output[0];
  // The command itself is run from its file, and begins with the line that names its interpreter.
  writeFileSync(file, inAscii(code.startsWith("#!") ? code : importingByItsLoader(code)));
}

/** One octet a character: a single other one makes V8 hold, and flatten, the whole source in twice the memory. */
function inAscii(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * On Node.js 20, code that V8 takes from a cache cannot import(): "A dynamic import callback was not specified". What
 * runs a bundle from a cache gives it an import() of its own.
 */
function importingByItsLoader(code) {
  const choose =
    'const importNow = typeof importFromLoader === "function" ? importFromLoader : (name) => import(name);';
  return `${choose}\n${code.replaceAll(/\bimport\(/g, "importNow(")}`;
}

/** Puts all that the roots load before they run, and no file has yet, into one file of dist. */
async function bundleCore(file, roots) {
  const modules = [...staticImports(roots.map((root) => join(dist, root)))];
  const exported = new Map(
    modules.map((path, index) => [path, exportNames(path).map((name) => [name, `${name}$${index}`])]),
  );
  const entry = [...exported]
    .filter(([, names]) => names.length > 0)
    .map(
      ([path, names]) => `export { ${names.map((pair) => pair.join(" as ")).join(", ")} } from "${path}";`,
    );
  const build = await rolldown({
    input: "core",
    platform: "node",
    external: (id) => !/^[./]/.test(id) && id !== "core" && id !== "node:fs",
    logLevel: "warn",
    plugins: [
      {
        name: "core",
        resolveId: (id, importer, { kind }) => {
          if (id === "core" || id === "node:fs") return id;
          if (bundles.some((bundle) => id.endsWith(`/${bundle}`)))
            return { id: `./${basename(id)}`, external: true };
          if (kind === "dynamic-import" && importer !== undefined)
            return { id: `./${relative(dist, join(dirname(importer), id))}`, external: true };
          return null;
        },
        load: (id) => {
          if (id === "core") return entry.join("\n");
          if (id === "node:fs") return fileSystemOf(modules);
          // What stands for a bundle has none.
          const map = existsSync(`${id}.map`) ? readFileSync(`${id}.map`, "utf8") : null;
          return { code: readFileSync(id, "utf8"), map };
        },
      },
    ],
  });
  await build.write({
    file: `${dist}${file}`,
    format: "esm",
    codeSplitting: false,
    comments: false,
    sourcemap: true,
  });
  await build.close();
  for (const [path, names] of exported) {
    const bundle = relative(dirname(path), `${dist}${file}`);
    const specifier = bundle.startsWith(".") ? bundle : `./${bundle}`;
    const pairs = names.map(([name, alias]) => `${alias} as ${name}`).join(", ");
    writeFileSync(path, `export { ${pairs} } from "${specifier}";\n`);
    rmSync(`${path}.map`);
  }
}

/**
 * node:fs without an import: that of an ES module looks at each of its exports, and Node.js loads all of its streams for
 * two of them. Measured: 3 ms of the 11 that a script which imports tsgi took longer than an empty one.
 */
function fileSystemOf(paths) {
  const imports = paths.flatMap((path) => [
    ...readFileSync(path, "utf8").matchAll(/^import \{([^}]*)\} from "node:fs"/gm),
  ]);
  const names = new Set(imports.flatMap(([, list]) => list.split(",").map((name) => name.trim())));
  // A list over several lines ends in a comma.
  names.delete("");
  return `export const { ${[...names].join(", ")} } = process.getBuiltinModule("node:fs");`;
}

/** The modules of dist that the given ones import, themselves included. */
function staticImports(paths, found = new Set()) {
  for (const path of paths) {
    if (found.has(path) || isBundled(path)) continue;
    found.add(path);
    const source = readFileSync(path, "utf8");
    if (source.includes("import.meta"))
      throw new Error(`${path} says import.meta, and would stand elsewhere`);
    const specifiers = source.matchAll(/^(?:import|export)\s[^;"']*?from\s*["'](\.[^"']+)["']/gm);
    staticImports(
      [...specifiers].map(([, specifier]) => join(dirname(path), specifier)),
      found,
    );
  }
  return found;
}

/** Whether a module already is in a file that was made before. */
function isBundled(path) {
  const [, from = ""] = /^export \{[^}]*\} from "([^"]+)";\n$/.exec(readFileSync(path, "utf8")) ?? [];
  return bundles.some((bundle) => join(dirname(path), from) === join(dist, bundle));
}

/** Under which names a module of dist exports something; `export *` included. */
function exportNames(path) {
  const source = readFileSync(path, "utf8");
  const names = [];
  for (const [, name] of source.matchAll(
    /^export (?:async )?(?:const|let|function\*?|class)\s+([A-Za-z_$][\w$]*)/gm,
  ))
    names.push(name);
  for (const [, list] of source.matchAll(/^export \{([^}]*)\}/gm))
    for (const part of list.split(",").filter((each) => each.trim() !== ""))
      names.push(
        part
          .trim()
          .split(/\s+as\s+/)
          .at(-1),
      );
  for (const [, specifier] of source.matchAll(/^export \* from ["'](\.[^"']+)["']/gm))
    names.push(...exportNames(join(dirname(path), specifier)));
  return names;
}
