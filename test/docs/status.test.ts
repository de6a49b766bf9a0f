/** docs/status.md: its commands run, and its tables name what there is. */
import { join } from "node:path";
import { copyFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { metricsPage } from "../../src/status/metrics-page.ts";
import { freePort } from "../support/ports.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";
import { exampleSnapshot } from "../status/example-snapshot.ts";

const page = readProjectFile("docs/status.md");
const commands = [...page.matchAll(/^\$ npx tsgi (.*)$/gm)].map(([, words = ""]) => words);

async function tsgi(words: string, cwd: string, env: Record<string, string> = {}): Promise<RunningProcess> {
  const child = await startProcess(
    process.execPath,
    [join(projectRoot, "dist/cli/main.js"), ...words.split(" ")],
    { cwd, env },
  );
  onTestFinished(async () => {
    await child.stop();
  });
  return child;
}

describe("docs/status.md", () => {
  it("has commands that do what it says", { timeout: 30_000 }, async () => {
    const directory = temporaryDirectory();
    copyFileSync(join(projectRoot, "test/cli/applications/plain.mjs"), join(directory, "app.mjs"));
    const port = await freePort();
    const [serve = "", status = ""] = commands.map((words) =>
      words.replace("app.ts", "app.mjs").replace("/run/", `${directory}/`).replace(":9100", `:${port}`),
    );
    const service = await tsgi(serve, directory);
    await service.printed(" ready at ");
    for (const [words, env] of [
      [status, {}],
      [status.replace("status", "top"), {}],
      ["status", { TSGI_STATUS: `:${port}` }],
    ] as const) {
      const asked = await tsgi(words, directory, env);
      expect(await asked.ended).toEqual({ status: 0, signal: null });
      expect(asked.output).toMatch(/^app\.mjs: running, up /);
      expect(asked.output).toContain("4 of 4 ready");
    }
    const lost = await tsgi("status", directory, { TSGI_STATUS: "" });
    expect(await lost.ended).toMatchObject({ status: 2 });
    expect(lost.output).toContain("tsgi status needs the address that --status of tsgi serve was given");
  });

  it("names every field of /status.json", () => {
    const names = new Set<string>();
    const collect = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(collect);
      else if (typeof value === "object" && value !== null) {
        for (const [name, inner] of Object.entries(value)) {
          names.add(name);
          collect(inner);
        }
      }
    };
    collect({ ...exampleSnapshot, requests: { ...exampleSnapshot.requests, statuses: {} } });
    const section = page.slice(page.indexOf("## `/status.json`"), page.indexOf("## `/metrics`"));
    expect([...names].filter((name) => !new RegExp(`[\`.]${name}\\b`).test(section))).toEqual([]);
  });

  it("names every metric", async () => {
    const { text } = await metricsPage(exampleSnapshot, false);
    const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
    const section = page.slice(page.indexOf("## `/metrics`"));
    const isNamed = (name: string): boolean =>
      section.includes(name) || section.includes(`\`${name.replace("tsgi_worker", "")}\``);
    expect(names.filter((name) => !isNamed(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(25);
  });
});
