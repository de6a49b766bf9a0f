/**
 * Makes dist/bundle of dist/cli: the files that src/cli/tsgi.cts answers CGI requests with. Part of the build.
 */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

for (const name of ["command-line", "private-cache"]) {
  const build = await rolldown({
    input: `${dist}cli/${name}.js`,
    platform: "node",
    // What no CGI request asks for stays where it is.
    external: [/\/(serve|serve-command|proxy-command|request-command|status-command)\.(js|ts)$/],
    logLevel: "warn",
  });
  await build.write({
    file: `${dist}bundle/${name}.cjs`,
    format: "cjs",
    codeSplitting: false,
    minify: { mangle: false, compress: false },
  });
  await build.close();
}
