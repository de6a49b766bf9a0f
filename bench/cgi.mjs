/** What a CGI request costs: wall time of a whole process, beside that of `node -e 0` in the same round. */
import { spawnSync } from "node:child_process";
import { cgiPrograms } from "./cgi-programs.mjs";

/**
 * Runs every program once a round, in another order each time.
 * @param {number} rounds
 * @returns {Map<string, { ms: number[], target: { first: number, goal: number } | undefined }>} by name, the reference
 *   first
 */
export function measureCgi(rounds) {
  const { programs, environment } = cgiPrograms();
  const results = new Map(programs.map(({ name, target }) => [name, { ms: [], target }]));
  // Once unmeasured: what is kept for the next request must be there.
  for (const program of programs) measure(program, environment);
  for (let round = 0; round < rounds; round++) {
    const at = round % programs.length;
    for (const program of [...programs.slice(at), ...programs.slice(0, at)]) {
      results.get(program.name).ms[round] = measure(program, environment);
    }
  }
  return results;
}

/** @throws Error when the program does not answer what it should */
function measure({ name, words, silent }, environment) {
  const begin = process.hrtime.bigint();
  const run = spawnSync(words[0], words.slice(1), { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const taken = Number(process.hrtime.bigint() - begin) / 1e6;
  if (silent || String(run.stdout).endsWith("hello\n")) return taken;
  throw new Error(`${name} did not answer: ${run.error?.message ?? ""}${run.stdout}${run.stderr}`);
}
