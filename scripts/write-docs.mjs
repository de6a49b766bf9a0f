/**
 * Writes the tables in docs/ that repeat what the source says: options of the command line, limits and their reasons.
 * `npm run docs` writes them; a test runs it with --check, which fails where a page is not what the source says.
 */
import { readFileSync, writeFileSync } from "node:fs";

const check = process.argv.includes("--check");
const project = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, project), "utf8");

const { commands } = await import(new URL("dist/cli/settings.js", project).href);
const { optionForm } = await import(new URL("dist/cli/help.js", project).href);

const { validationRules } = await import(new URL("dist/middleware/index.js", project).href);

const stale = [
  update("docs/command-line.md", "options", commands.map(commandSection).join("\n")),
  update("docs/middleware.md", "rules", ruleTable(validationRules)),
  update("docs/limits.md", "server", limitTable("src/server/limits.ts", "ServerLimits")),
  update("docs/limits.md", "cgi", limitTable("src/cgi/limits.ts", "CgiLimits")),
  update("docs/limits.md", "fastcgi", limitTable("src/protocols/fastcgi/limits.ts", "FastcgiLimits")),
  update("docs/limits.md", "scgi", limitTable("src/protocols/scgi/limits.ts", "ScgiLimits")),
  update("docs/limits.md", "client", limitTable("src/client/limits.ts", "ClientLimits")),
].filter((path) => path !== undefined);

if (check && stale.length > 0) {
  console.error(`not what the source says, run npm run docs: ${[...new Set(stale)].join(", ")}`);
  process.exit(1);
}

function commandSection({ name, positionals, help, settings }) {
  const rows = settings.map((setting) => `| \`${cell(optionForm(setting))}\` | ${cell(setting.help)} |`);
  return [
    `### tsgi ${[name, ...positionals].join(" ")}`,
    "",
    `${help[0].toUpperCase()}${help.slice(1)}.`,
    "",
    "| option | meaning |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function ruleTable(rules) {
  const rows = Object.entries(rules).map(
    ([name, { side, from, holds, level }]) =>
      `| ${name} | ${from} | ${side} | ${cell(holds)}${level === "warning" ? " (a warning)" : ""} |`,
  );
  return ["| rule | from | who | what holds |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

/** Each property of the interface with its comment, which says the default and the reason. */
function limitTable(path, name) {
  const source = read(path);
  const body = source.slice(source.indexOf(`interface ${name} {`));
  const properties = body.slice(0, body.indexOf("\n}")).matchAll(/\/\*\*([\s\S]*?)\*\/\s+readonly (\w+)/g);
  const rows = [...properties].map(
    ([, comment, property]) => `| \`${property}\` | ${cell(plain(comment))} |`,
  );
  if (rows.length === 0) throw new Error(`${path}: no limits found in ${name}`);
  return ["| limit | what it bounds, and why |", "| --- | --- |", ...rows, ""].join("\n");
}

function plain(comment) {
  return comment.replaceAll(/\s*\n\s*\*?\s?/g, " ").trim();
}

function cell(text) {
  return text.replaceAll("|", "\\|");
}

/** Replaces what stands between the marks in a page; the page's path when that changes anything. */
function update(path, mark, content) {
  const before = read(path);
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const from = before.indexOf(start);
  const to = before.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path}: the marks ${start} and ${end} are missing`);
  const after = `${before.slice(0, from + start.length)}\n\n${content}\n${before.slice(to)}`;
  if (after === before) return undefined;
  if (!check) writeFileSync(new URL(path, project), after);
  return path;
}
