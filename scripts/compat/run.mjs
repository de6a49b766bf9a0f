/**
 * Runs the test suites of real frameworks and middleware twice, on Node's own http and through the gateway, and compares:
 *
 *   npm run compat -- [SUITE...] [--into DIR] [--source TEMPLATE] [--write] [--no-run] [--list]
 *
 * Status 1: a difference that differences.mjs does not explain, or an explanation of what no longer occurs.
 */
import { mkdirSync, readFileSync, existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkOut, defaultSource } from "./checkout.mjs";
import { count, differencesBetween, judge } from "./compare.mjs";
import { differences } from "./differences.mjs";
import { suites } from "./suites.mjs";
import { runSuite } from "./test-run.mjs";
import { writePage } from "./page.mjs";

const help = `npm run compat -- [SUITE...] [OPTIONS]

  SUITE              one of those that --list names; default all
  --into DIR         where suites are cloned, installed and run (default a directory for temporary files)
  --source TEMPLATE  where to clone from, with {owner} and {name}: an address, or the path of clones you have
                     (default ${defaultSource})
  --write            write docs/compatibility.md, from these runs and the last ones of the other suites
  --no-run           with --write: from the last runs alone
  --list             name the suites`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    into: { type: "string", default: join(tmpdir(), "tsgi-compat-suites") },
    source: { type: "string", default: defaultSource },
    write: { type: "boolean", default: false },
    "no-run": { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const unknown = positionals.filter((name) => !suites.some((suite) => suite.name === name));
if (values.help) console.log(help);
else if (values.list)
  for (const { name, repository, tag } of suites) console.log(`${name}  ${repository} ${tag}`);
else if (unknown.length > 0) {
  console.error(`compat: no suite is named ${unknown.join(", ")}; --list names them`);
  process.exitCode = 2;
} else {
  const directory = resolve(values.into);
  const chosen = positionals.length === 0 ? suites : suites.filter(({ name }) => positionals.includes(name));
  if (!values["no-run"]) for (const suite of chosen) await runBoth(suite, directory);
  if (values.write) writePage(suites.map((suite) => readRecord(suite, directory)));
}

async function runBoth(suite, directory) {
  const place = await checkOut(suite, { directory, source: values.source });
  const printed = (kind) => join(directory, "printed", `${suite.name}.${kind}.txt`);
  const node = await runSuite(suite, { place, throughGateway: false, output: printed("node") });
  const gateway = await runSuite(suite, { place, throughGateway: true, output: printed("gateway") });
  const found = differencesBetween(node, gateway);
  const record = {
    name: suite.name,
    commit: suite.commit,
    node: count(node),
    gateway: count(gateway),
    found,
  };
  mkdirSync(join(directory, "records"), { recursive: true });
  writeFileSync(recordFile(suite, directory), `${JSON.stringify(record, undefined, 2)}\n`);
  const { unexplained, outdated } = judge(found, differences[suite.name] ?? []);
  const figures = (counts) => `${counts.passed} passed, ${counts.failed} failed`;
  console.log(
    `${suite.name} ${suite.tag}: Node's http ${figures(record.node)}; gateway ${figures(record.gateway)}; ` +
      `${found.length} differ, ${unexplained.length} unexplained`,
  );
  for (const { title, node: before, gateway: after, message } of unexplained) {
    console.log(`  ${title}\n    ${before} -> ${after}: ${message}`);
  }
  for (const title of outdated) console.log(`  explained, but does not occur: ${title}`);
  if (unexplained.length + outdated.length > 0) process.exitCode = 1;
}

function recordFile(suite, directory) {
  return join(directory, "records", `${suite.name}.json`);
}

function readRecord(suite, directory) {
  const file = recordFile(suite, directory);
  const record = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  if (record?.commit === suite.commit) return { suite, ...record };
  throw new Error(`${suite.name} ${suite.tag} has not been run: npm run compat -- ${suite.name}`);
}
