/**
 * docs/compatibility.md: what stands between its marks is written here, the rest by hand.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { judge } from "./compare.mjs";
import { differences } from "./differences.mjs";

const project = fileURLToPath(new URL("../..", import.meta.url));
const page = fileURLToPath(new URL("../../docs/compatibility.md", import.meta.url));

/**
 * @param {readonly object[]} records one for each suite: its figures and what differs
 * @throws Error when a difference is not explained
 */
export function writePage(records) {
  const open = records.filter(({ suite, found }) => {
    const { unexplained, outdated } = judge(found, differences[suite.name] ?? []);
    return unexplained.length + outdated.length > 0;
  });
  if (open.length > 0) {
    const names = open.map(({ name }) => name).join(", ");
    throw new Error(
      `docs/compatibility.md is left as it is, what differs is not what is explained: ${names}`,
    );
  }
  let text = readFileSync(page, "utf8");
  text = between(text, "figures", figures(records));
  text = between(text, "differences", explanations(records));
  writeFileSync(page, text);
  spawnSync("npx", ["prettier", "--write", "--log-level", "warn", page], { cwd: project, stdio: "inherit" });
}

function figures(records) {
  const total = { node: { passed: 0, failed: 0 }, gateway: { passed: 0, failed: 0 }, found: 0 };
  const rows = records.map(({ suite, node, gateway, found }) => {
    for (const state of ["passed", "failed"]) {
      total.node[state] += node[state];
      total.gateway[state] += gateway[state];
    }
    total.found += found.length;
    const address = `https://github.com/${suite.repository}/tree/${suite.commit}`;
    return row(`[${suite.repository}](${address})`, suite.tag, node, gateway, found.length);
  });
  return [
    `Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}.`,
    "",
    "| suite | tag | Node's http: passed | failed | gateway: passed | failed | differences |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    row("all", "", total.node, total.gateway, total.found),
  ].join("\n");
}

function row(name, tag, node, gateway, differ) {
  return `| ${[name, tag, node.passed, node.failed, gateway.passed, gateway.failed, differ].join(" | ")} |`;
}

function explanations(records) {
  const parts = records.flatMap(({ suite }) => {
    const explained = differences[suite.name] ?? [];
    if (explained.length === 0) return [];
    const lines = explained.flatMap(({ titles, reason, varies }) => [
      `${reason}${varies ? " (Timing decides: the test may pass.)" : ""}`,
      "",
      ...titles.map((title) => `- ${inCode(title)}`),
      "",
    ]);
    const versions = records.filter((each) => each.suite.repository === suite.repository).length;
    return [`### ${suite.repository}${versions > 1 ? ` ${suite.tag}` : ""}`, "", ...lines];
  });
  return parts.join("\n").trimEnd();
}

/** Titles hold anything, backquotes too. */
function inCode(title) {
  return title.includes("`") ? `\`\` ${title} \`\`` : `\`${title}\``;
}

function between(text, name, content) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`docs/compatibility.md: the marks ${start} and ${end} are missing`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}
