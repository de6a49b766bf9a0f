/**
 * Makes dist/bundle of dist/cli: the files that src/cli/tsgi.cts answers CGI requests with. Part of the build.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

for (const name of ["command-line", "private-cache"]) {
  const build = await rolldown({
    input: `${dist}cli/${name}.js`,
    platform: "node",
    // What no CGI request asks for stays where it is.
    external: [/\/(serve|serve-command|proxy-command|request-command|middleware\/index)\.(js|ts)$/],
    logLevel: "warn",
  });
  const { output } = await build.generate({
    format: "cjs",
    codeSplitting: false,
    minify: { mangle: false, compress: false },
  });
  await build.close();
  mkdirSync(`${dist}bundle`, { recursive: true });
  writeFileSync(`${dist}bundle/${name}.cjs`, importingByItsLoader(output[0].code));
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
