/**
 * `npm run bench`: tsgi over FastCGI against Node's http and against node-fastcgi, behind the same nginx, in one run.
 *
 * All back ends run at once and are loaded in turn, round by round, so that a slow moment of the machine meets each of
 * them. docs/performance.md says what the figures mean.
 */
import { execFileSync } from "node:child_process";
import { setMaxListeners } from "node:events";
import { backEndKinds, startBackEnd } from "./back-ends.mjs";
import { cleanUp, stop } from "./children.mjs";
import { measureCgi } from "./cgi.mjs";
import { check, measure } from "./load.mjs";
import { measureIdle, measureThrough } from "./memory.mjs";
import { startNginx } from "./nginx.mjs";
import { parseOptions, usage, UsageError } from "./options.mjs";
import { findPrograms, MissingError } from "./programs.mjs";
import {
  cgiTable,
  derivedLines,
  legend,
  loadTable,
  machineLines,
  memoryTable,
  workersTable,
} from "./report.mjs";
import { measureWorkers } from "./workers.mjs";
import { cgiWorkloads, memoryWorkloads, workerWorkloads, workloads } from "./workloads.mjs";

setMaxListeners(0);
process.once("exit", cleanUp);
for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.once(signal, () => process.exit(status));
}

try {
  await main();
} catch (error) {
  const expected = error instanceof UsageError || error instanceof MissingError;
  process.stderr.write(`bench: ${expected ? error.message : error.stack}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usage}`);
  process.exitCode = expected ? 2 : 1;
}
// Whatever a failed measurement left open must not keep the process.
process.exit();

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const chosen = choose(options.only);
  const programs = findPrograms();
  const kinds = backEndKinds(options.also);
  const machine = machineLines(programs, options);
  const results = await measureLoad(programs, kinds, chosen.load, options);
  const memory = await measureMemory(programs, kinds, chosen.memory, options);
  const workers = await measureFleets(chosen.workers, options);
  const cgi = measureScripts(chosen.cgi, options);
  const sections = [
    machine.join("\n"),
    loadTable(results),
    memoryTable(memory),
    workersTable(workers),
    cgiTable(cgi),
    derivedLines(results).join("\n"),
    legend([results, memory, workers, cgi]).join("\n"),
    "CPU µs: user and system time of the back end's processes, for a request or for a MiB. Ratios are to node-http in\n" +
      "the same round; compare those, not figures of different runs: on a busy or shared machine these mean little.",
  ];
  process.stdout.write(`${sections.filter((section) => section !== "").join("\n\n")}\n`);
}

function choose(only) {
  const names = new Set(
    [...workloads, ...memoryWorkloads, ...workerWorkloads, ...cgiWorkloads].map(({ name }) => name),
  );
  const unknown = only.filter((name) => !names.has(name));
  if (unknown.length > 0)
    throw new UsageError(`--only ${unknown[0]}: it takes one of ${[...names].join(", ")}`);
  const isChosen = ({ name }) => only.length === 0 || only.includes(name);
  return {
    load: workloads.filter(isChosen),
    memory: memoryWorkloads.filter(isChosen),
    workers: workerWorkloads.filter(isChosen),
    cgi: cgiWorkloads.filter(isChosen),
  };
}

async function measureLoad({ nginx, wrk }, kinds, chosen, options) {
  const results = new Map();
  if (chosen.length === 0) return results;
  const modes = [...new Set(chosen.map(({ mode }) => mode))];
  const backEnds = [];
  for (const mode of modes) {
    for (const kind of kinds) {
      if (kind.keeps || mode === modes[0])
        backEnds.push(await startBackEnd(kind, kind.keeps ? mode : "closed"));
    }
  }
  const front = await startNginx(nginx, backEnds);
  for (const workload of chosen) {
    const byName = new Map();
    for (const backEnd of participants(backEnds, workload)) {
      await check(backEnd, workload);
      await measure(wrk, backEnd, workload, options.warmSeconds);
      byName.set(backEnd.name, { rate: [], cpu: [] });
    }
    results.set(workload.name, byName);
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const workload of chosen) {
      process.stderr.write(`round ${round + 1} of ${options.rounds}: ${workload.name}\n`);
      // In another order each time: whoever comes after a heavy neighbour is not always the same.
      for (const backEnd of rotated(participants(backEnds, workload), round)) {
        const { rate, cpu } = await measure(wrk, backEnd, workload, options.seconds);
        const values = results.get(workload.name).get(backEnd.name);
        values.rate[round] = rate;
        values.cpu[round] = cpu;
      }
    }
  }
  await Promise.all([front, ...backEnds.map(({ child }) => child)].map(stop));
  return results;
}

function participants(backEnds, workload) {
  const taking = backEnds.filter(({ kind, mode }) =>
    kind.keeps ? mode === workload.mode : workload.peer !== false,
  );
  return taking.sort((a, b) => a.kind.order - b.kind.order);
}

function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

async function measureMemory({ nginx }, kinds, chosen, options) {
  const results = new Map();
  const connections = Math.min(options.connections, openFiles() - 200);
  for (const { name } of chosen) {
    process.stderr.write(`memory: ${name}\n`);
    const byName = new Map();
    for (const kind of kinds) {
      // There is nothing to measure where no connection is ever kept.
      if (name === "idle" && !kind.keeps) continue;
      const backEnd = await startBackEnd(kind, kind.keeps ? "kept" : "closed");
      if (name === "idle") byName.set(kind.name, await measureIdle(backEnd, connections));
      else {
        const front = await startNginx(nginx, [backEnd]);
        byName.set(kind.name, await measureThrough(backEnd, name, options.throughOctets));
        await stop(front);
      }
      await stop(backEnd.child);
    }
    results.set(name, byName);
  }
  return results;
}

async function measureFleets(chosen, options) {
  const results = new Map();
  for (const { name } of chosen) {
    process.stderr.write(`fleets: ${name}\n`);
    results.set(name, await measureWorkers(options));
  }
  return results;
}

function measureScripts(chosen, options) {
  const results = new Map();
  for (const { name } of chosen) {
    process.stderr.write(`scripts: ${name}\n`);
    results.set(name, measureCgi(options.scriptRounds));
  }
  return results;
}

/** How many files a process may have open: each connection is one, here and in the back end. */
function openFiles() {
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "latin1" }).trim();
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}
