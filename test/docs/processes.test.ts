/** docs/processes.md: its commands run as they stand, only the paths are put in; its tables name what there is. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { maxFailures, maxFirstFailures } from "../../src/process/worker-state.ts";
import { startProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";
import { ask, childrenOf, staff } from "../support/tsgi-master.ts";

const page = readProjectFile("docs/processes.md");

describe("docs/processes.md", () => {
  it("starts, reloads and stops by its own commands", async () => {
    const directory = temporaryDirectory();
    const commands = [...page.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) =>
      line
        .replaceAll("/run/", `${directory}/`)
        .replace("app.ts", staff)
        .replace("npx tsgi", `${process.execPath} dist/cli/main.js`),
    );
    const [start = "", reload = ""] = commands;
    expect(commands).toHaveLength(2);
    const server = await startProcess("bash", ["-c", `exec ${start}`], { cwd: projectRoot });
    onTestFinished(() => server.kill("SIGKILL"));
    await server.printed(" ready at ");
    expect(childrenOf(server.pid)).toHaveLength(4);
    const pidFile = join(directory, "app.pid");
    expect(Number(readFileSync(pidFile, "utf8"))).toBe(server.pid);
    expect((await ask(join(directory, "app.sock"), "/")).status).toBe(200);
    await (
      await startProcess("bash", ["-c", reload])
    ).ended;
    await server.printed("reloaded: 4 new worker(s) serve");
    expect(await server.stop()).toEqual({ status: 0, signal: null });
    expect(existsSync(pidFile)).toBe(false);
  }, 60_000);

  it("names signals that are handled, options that exist and numbers that hold", () => {
    const handled = readProjectFile("src/process/signals.ts");
    for (const [, name = ""] of page.matchAll(/\b(TERM|INT|QUIT|HUP|USR1|USR2|TTIN|TTOU)\b/g)) {
      expect(handled).toContain(`SIG${name}: `);
    }
    const options = readProjectFile("src/cli/settings.ts");
    for (const [, name = ""] of page.matchAll(/`--([a-z-]+)/g)) {
      if (name !== "init") expect(options, name).toContain(`name: "${name}"`);
    }
    expect(page).toContain(`gives up after ${maxFailures} in a row, at the start ${maxFirstFailures}`);
  });
});
