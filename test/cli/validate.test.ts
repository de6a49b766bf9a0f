/** `--validate` and `--no-validate`: when an application is held to the calling convention. */
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { runScript } from "../support/script.ts";
import { projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist/cli/tsgi.cjs");
const applications = join(projectRoot, "test/cli/applications");

async function tsgi(words: readonly string[], nodeEnv?: string): Promise<RunningProcess> {
  const child = await startProcess(process.execPath, [command, ...words], {
    cwd: applications,
    env: { NODE_ENV: nodeEnv },
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await child.ended;
  });
  return child;
}

interface Asked {
  readonly status: number;
  readonly page: string;
  readonly child: RunningProcess;
}

async function ask(words: readonly string[], nodeEnv?: string, times = 1): Promise<Asked> {
  const [name = "", module = "", ...options] = words;
  const child = await tsgi([name, module, "--http", "127.0.0.1:0", ...options], nodeEnv);
  await child.printed("ready at ");
  const port = /127\.0\.0\.1:(\d+)/.exec(child.output)?.[1];
  let answer = await fetch(`http://127.0.0.1:${port}/x`);
  for (let more = 1; more < times; more += 1) answer = await fetch(`http://127.0.0.1:${port}/x`);
  return { status: answer.status, page: await answer.text(), child };
}

describe("an application that breaks a rule", () => {
  it.each<[string, number, string | undefined]>([
    ["serve numbers.mjs", 200, undefined],
    ["serve numbers.mjs --validate", 500, "production"],
    ["serve numbers.mjs --debug", 500, undefined],
    ["serve numbers.mjs --debug --no-validate", 200, undefined],
    ["run numbers.mjs", 500, undefined],
    ["run numbers.mjs", 200, "production"],
    ["run numbers.mjs --no-validate", 200, undefined],
    ["run numbers.mjs --validate", 500, "production"],
  ])("under `tsgi %s` is answered %i (NODE_ENV %s)", async (line, status, nodeEnv) => {
    const answer = await ask(line.split(" "), nodeEnv);
    expect(answer.status).toBe(status);
    if (status === 500) await answer.child.printed("V48 (S47), application, GET /x: ");
    expect(answer.page.includes("V48")).toBe(line.includes("--debug") && status === 500);
  });

  it("under `tsgi cgi` is answered 500 with --validate, and passes without", async () => {
    const module = join(applications, "numbers.mjs");
    expect((await runScript([command, "cgi", module])).body).toBe("passed");
    const answer = await runScript([command, "cgi", "--validate", module]);
    expect(answer.head).toContain("Status: 500 ");
    expect(answer.errors).toContain("V48 (S47), application, GET /cgi-bin/app.cgi/p: ");
  });

  it("is warned, once, where frameworks break it every day: no Content-Type", async () => {
    const { status, child } = await ask(["run", "plain.mjs"], undefined, 3);
    expect(status).toBe(200);
    expect(child.output.split("V37")).toHaveLength(2);
  });

  it("both options at once are wrong usage", async () => {
    const child = await tsgi(["serve", "numbers.mjs", "--http", ":0", "--validate", "--no-validate"]);
    expect((await child.ended).status).toBe(2);
    expect(child.output).toBe("tsgi: --validate and --no-validate exclude each other: give one\n");
  });
});
