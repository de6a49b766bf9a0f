/** The figures as Markdown tables, which read as plain text too. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { reference } from "./back-ends.mjs";
import { cgiWorkloads, memoryWorkloads, workerWorkloads, workloads } from "./workloads.mjs";
import { median, pairedRatio } from "./statistics.mjs";

const number = (value, digits) =>
  value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Where and with what it was measured. */
export function machineLines({ nginx, wrk }, options) {
  const { stderr } = spawnSync(nginx, ["-v"], { encoding: "utf8" });
  const { stdout } = spawnSync(wrk, ["-v"], { encoding: "utf8" });
  const processors = cpus();
  return [
    `${new Date().toISOString().slice(0, 10)}, ${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}, Linux ${release()}`,
    `Node.js ${process.versions.node}, nginx ${/[\d.]+/.exec(stderr)?.[0] ?? "?"}, wrk ${/(?:debian\/)?(\d[\w.-]*)/.exec(stdout)?.[1] ?? "?"}, node-fastcgi ${peerVersion()}, tsgi ${tsgiVersion()}`,
    `${options.rounds} interleaved rounds of ${options.seconds} s each; medians. Load average before: ${readFileSync("/proc/loadavg", "latin1").split(" ")[0]}`,
  ];
}

function peerVersion() {
  return JSON.parse(
    readFileSync(new URL("../node_modules/node-fastcgi/package.json", import.meta.url), "utf8"),
  ).version;
}

function tsgiVersion() {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  try {
    const commit = execFileSync("git", ["describe", "--always", "--dirty"], {
      cwd: new URL("..", import.meta.url),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return `${version} (${commit.trim()})`;
  } catch {
    return version;
  }
}

/** A Markdown table whose columns line up; the first two hold text, the others figures. */
export function table(head, rows) {
  const widths = head.map((cell, n) => Math.max(cell.length, ...rows.map((row) => row[n].length)));
  const line = (row) =>
    `| ${row.map((cell, n) => (n < 2 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, n) => (n < 2 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/**
 * @param {Map<string, Map<string, { rate: number[], cpu: number[] }>>} results by workload and back end, one value
 *   for each round
 */
export function loadTable(results) {
  const head = [
    "work",
    "back end",
    "a second",
    "CPU µs",
    "CPU ratio",
    "± %",
    "rate ratio",
    "target",
    "goal",
    "verdict",
  ];
  const rows = [];
  for (const workload of workloads) {
    const byBackEnd = results.get(workload.name);
    if (byBackEnd === undefined) continue;
    const base = byBackEnd.get(reference);
    for (const [name, { rate, cpu }] of byBackEnd) {
      const cpuRatio = pairedRatio(cpu, base.cpu);
      const rateRatio = pairedRatio(rate, base.rate);
      const target = name.startsWith("node-") ? undefined : workload.target;
      rows.push([
        workload.name,
        name,
        workload.mebibytes > 0 ? `${number(median(rate), 0)} MiB` : number(median(rate), 0),
        number(median(cpu), median(cpu) < 100 ? 2 : 0),
        number(cpuRatio.ratio, 2),
        number((target?.of === "rate" ? rateRatio : cpuRatio).spread / 2, 0),
        number(rateRatio.ratio, 2),
        ...targetCells(target, target?.of === "rate" ? rateRatio.ratio : cpuRatio.ratio),
      ]);
    }
  }
  return rows.length === 0 ? "" : table(head, rows);
}

function targetCells(target, ratio) {
  if (target === undefined) return ["", "", ""];
  const wantsMore = target.of === "rate";
  const reached = (aim) => (wantsMore ? ratio >= aim : ratio <= aim);
  const sign = wantsMore ? "rate >= " : "CPU <= ";
  const verdict = reached(target.goal) ? "goal" : reached(target.first) ? "target" : "missed";
  return [sign + number(target.first, 2), sign + number(target.goal, 2), verdict];
}

/** @param {Map<string, Map<string, number>>} results by memory workload and back end */
export function memoryTable(results) {
  const head = ["memory", "back end", "figure", "target", "goal", "verdict"];
  const rows = [];
  for (const { name, unit, first, goal } of memoryWorkloads) {
    for (const [backEnd, value] of results.get(name) ?? []) {
      const aimed = !backEnd.startsWith("node-");
      rows.push([
        name,
        backEnd,
        `${number(value, 1)} ${unit}`,
        aimed ? `<= ${first} ${unit}` : "",
        aimed ? `<= ${goal} ${unit}` : "",
        aimed ? (value <= goal ? "goal" : value <= first ? "target" : "missed") : "",
      ]);
    }
  }
  return rows.length === 0 ? "" : table(head, rows);
}

/** @param {Map<string, ReturnType<import("./cgi.mjs").measureCgi>>} results by CGI workload */
export function cgiTable(results) {
  const head = ["CGI", "program", "ms", "ratio", "± %", "target", "goal", "verdict"];
  const rows = [];
  for (const [name, byProgram] of results) {
    const [[, base]] = byProgram;
    for (const [program, { ms, target }] of byProgram) {
      const { ratio, spread } = pairedRatio(ms, base.ms);
      rows.push([
        name,
        program,
        number(median(ms), 1),
        number(ratio, 2),
        number(spread / 2, 0),
        ...(target === undefined
          ? ["", "", ""]
          : [
              `<= ${number(target.first, 2)}`,
              `<= ${number(target.goal, 2)}`,
              ratio <= target.goal ? "goal" : ratio <= target.first ? "target" : "missed",
            ]),
      ]);
    }
  }
  return rows.length === 0 ? "" : table(head, rows);
}

/**
 * @param {Map<string, Map<string, readonly [import("./workers.mjs").FleetFigures, import("./workers.mjs").FleetFigures]>>}
 *   results by workload and way of connecting
 */
export function workersTable(results) {
  const head = [
    "fleet",
    "connections",
    "1 worker",
    "2 workers",
    "growth",
    "± %",
    "CPU ratio",
    "busiest",
    "target",
    "goal",
    "verdict",
  ];
  const rows = [];
  for (const { name, first, goal } of workerWorkloads) {
    for (const [way, [one, two]] of results.get(name) ?? []) {
      const { ratio, spread } = pairedRatio(two.rate, one.rate);
      rows.push([
        name,
        way,
        number(median(one.rate), 0),
        number(median(two.rate), 0),
        number(ratio, 2),
        number(spread / 2, 0),
        number(pairedRatio(two.cpu, one.cpu).ratio, 2),
        `${number(median(two.busiest) * 100, 0)} %`,
        `>= ${number(first, 2)}`,
        `>= ${number(goal, 2)}`,
        ratio >= goal ? "goal" : ratio >= first ? "target" : "missed",
      ]);
    }
  }
  return rows.length === 0 ? "" : table(head, rows);
}

/** What follows from two rows of the load table. */
export function derivedLines(results) {
  const lines = [];
  const hello = results.get("hello");
  const many = results.get("many");
  if (hello !== undefined && many !== undefined) {
    for (const [name, { cpu }] of many) {
      const cost = median(cpu.map((value, round) => (value - hello.get(name).cpu[round]) / 30));
      const aim = name.startsWith("node-") ? "" : " (target 0.15, goal 0.08)";
      lines.push(`A header beyond the eleventh costs ${name} ${number(cost, 2)} µs${aim}.`);
    }
  }
  for (const [name, byBackEnd] of results) {
    const peer = byBackEnd.get("node-fastcgi");
    const own = byBackEnd.get("tsgi");
    if (peer === undefined || own === undefined || !["hello", "closed"].includes(name)) continue;
    const { ratio } = pairedRatio(peer.cpu, own.cpu);
    lines.push(
      `${name}: node-fastcgi needs ${number(ratio, 1)} times the CPU of tsgi${name === "hello" ? " (target: 12)" : ""}.`,
    );
  }
  return lines;
}

/**
 * What each name in the tables stands for.
 * @param {ReadonlyArray<Map<string, unknown>>} results by workload
 */
export function legend(results) {
  return [...workloads, ...memoryWorkloads, ...workerWorkloads, ...cgiWorkloads]
    .filter(({ name }) => results.some((each) => each.has(name)))
    .map(({ name, title }) => `${name}: ${title}`);
}
