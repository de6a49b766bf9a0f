/**
 * The programs of the row `cgi`: what each is, as files in a directory of their own, and what is aimed at.
 *
 * They import this build of tsgi by its path, as an installed package would be found in two steps more.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { workDirectory } from "./children.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const command = join(dist, "cli", "tsgi.cjs");

/**
 * @typedef {object} CgiProgram
 * @property {string} name
 * @property {readonly string[]} words the program and its arguments
 * @property {boolean} [silent] it answers nothing
 * @property {{ first: number, goal: number }} [target] of the wall time, as a multiple of the first program's
 */

/** @returns {{ programs: readonly CgiProgram[], environment: Record<string, string> }} the first is the measure of all */
export function cgiPrograms() {
  const directory = join(workDirectory(), "cgi");
  mkdirSync(directory, { recursive: true });
  const file = (name, text) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const node = (...words) => [process.execPath, ...words];
  const programs = [
    { name: "node -e 0", words: node("-e", "0"), silent: true },
    { name: "by hand, CommonJS", words: node(file("hand.cjs", `require("fs").writeSync(1, "${answer}");`)) },
    {
      name: "by hand, ES module",
      words: node(file("hand.mjs", `import { writeSync } from "node:fs";\nwriteSync(1, "${answer}");`)),
    },
    {
      name: "tsgi cgi app.mjs",
      words: node(command, "cgi", file("app.mjs", `export default ${application};`)),
      target: { first: 1.3, goal: 1.05 },
    },
    {
      name: "tsgi cgi app.ts, cached",
      words: node(command, "cgi", file("app.ts", `export default ${typed};`)),
      target: { first: 1.4, goal: 1.1 },
    },
    {
      name: "tsgi cgi hono.mjs",
      words: node(command, "cgi", file("hono.mjs", honoModule)),
      target: { first: 2.2, goal: 1.5 },
    },
    { name: "script with runCgi()", words: node(file("run-cgi.mjs", script("runCgi", "cgi"))) },
    { name: "script with run()", words: node(file("run.mjs", script("run", "index"))) },
    { name: "php-cgi", words: ["php-cgi"] },
  ];
  const environment = {
    PATH: process.env.PATH,
    // Where the command keeps what it has compiled.
    TMPDIR: directory,
    GATEWAY_INTERFACE: "CGI/1.1",
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: "/cgi-bin/app",
    PATH_INFO: "/",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    SERVER_PROTOCOL: "HTTP/1.1",
    // For php-cgi, which takes its file from there and answers nothing without the other.
    SCRIPT_FILENAME: file("hello.php", "hello\n"),
    REDIRECT_STATUS: "200",
  };
  return { programs: programs.filter(({ words }) => isInstalled(words[0])), environment };
}

const answer = "Content-Type: text/plain\\r\\nStatus: 200 OK\\r\\n\\r\\nhello\\n";
const lines = `startResponse("200 OK", [["Content-Type", "text/plain"]]);\n  return [Buffer.from("hello\\n")];\n`;
const application = `(environ, startResponse) => {\n  ${lines}}`;
const typed = `(environ: object, startResponse: (status: string, headers: [string, string][]) => unknown) => {\n  ${lines}}`;
const honoModule =
  `import { Hono } from "${import.meta.resolve("hono")}";\n` +
  `const app = new Hono();\napp.all("*", (c) => c.text("hello\\n"));\nexport default app;\n`;
const script = (name, entry) =>
  `import { ${name} } from "${dist}${entry}.js";\nawait ${name}(${application});\n`;

function isInstalled(program) {
  if (program.includes("/")) return true;
  return (process.env.PATH ?? "").split(":").some((place) => existsSync(join(place, program)));
}
