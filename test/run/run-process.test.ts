/** `tsgi run` as a process: before its application has loaded, as root, with requests that take long. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTsgi } from "../support/nginx.ts";
import { hasNamespaces, startProcessOne } from "../support/process-one.ts";
import type { RunningProcess } from "../support/process.ts";
import { describeAsRoot } from "../support/root.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

async function startRun(...words: readonly string[]): Promise<RunningProcess> {
  const child = await startTsgi(["run", "--http", "127.0.0.1:0", ...words]);
  onTestFinished(() => child.kill("SIGKILL"));
  return child;
}

describe("tsgi run", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "as process 1 takes %s before its application has loaded",
    async (name) => {
      if (!hasNamespaces()) return;
      const command = [process.execPath, join(projectRoot, "dist/cli/main.js"), "run"];
      const application = join(projectRoot, "test/cli/applications/never-loaded.mjs");
      const child = await startProcessOne([...command, application, "--http", "127.0.0.1:0"]);
      await child.printed("loading");
      child.signal(name);
      expect(await child.ended).toEqual({ status: 0, signal: null });
      expect(child.output).toBe("loading\n");
    },
  );

  it("leaves no socket behind where its pid file cannot be written", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "s");
    const words = ["--http", `unix:${path}`, "--pid-file", join(directory, "missing", "pid")];
    const child = await startTsgi(["run", ...words, "examples/hello.ts"]);
    expect((await child.ended).status).toBe(2);
    expect(child.output).toMatch(/^tsgi: cannot write the pid file [^\n]* \(ENOENT\)[^\n]*\n$/);
    expect(existsSync(path)).toBe(false);
  });

  it("logs a request that blocks the event loop with its stack, while it does", async () => {
    const child = await startRun("--slow-request", "0.2", "test/cli/applications/talkative.ts");
    await child.printed(" ready at ");
    const origin = /http:\S+\//.exec(child.output)?.[0] ?? "";
    await fetch(`${origin}spin?2000`);
    expect(child.output).toMatch(
      /warning: GET \/spin: slow request: no answer after \d{3,4} ms\n(?: +at .*\n)* +at spin \(.*talkative\.ts:\d+/,
    );
    expect(child.output.split("slow request").length).toBe(2);
    await child.stop();
  });
});

describeAsRoot("tsgi run as root", () => {
  it.each([
    [[], true],
    [["--user", "root"], false],
  ])("with %j warns of it: %s", async (words, warns) => {
    const child = await startRun(...words, "examples/hello.ts");
    await child.printed(warns ? "warning: the application runs as root: add --user NAME" : " ready at ");
    expect(await child.stop()).toEqual({ status: 0, signal: null });
    expect(child.output.includes("runs as root")).toBe(warns);
  });
});
