/**
 * TypeScript runs without a build step on every supported Node.js. This run's own version is tested everywhere else;
 * the others come from npm's `node` packages.
 */
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist/cli/main.js");

/** The path of that Node.js, installed by npm if need be. */
async function nodeOf(version: number): Promise<string> {
  const words = ["--yes", "-p", `node@${version}`, "--", "node", "-p", "process.execPath"];
  // npm's notes about its own configuration are not what is asked for.
  const child = await startProcess("npx", words, { env: { npm_config_loglevel: "error" } });
  expect(await child.ended, child.output).toMatchObject({ status: 0 });
  return child.output.trim().split("\n").at(-1) ?? "";
}

async function run(node: string, ...words: string[]): ReturnType<typeof startProcess> {
  const child = await startProcess(node, words, { cwd: join(projectRoot, "test/cli/applications") });
  onTestFinished(async () => {
    await child.stop();
  });
  return child;
}

describe("every supported Node.js", () => {
  it.each([20, 22, 24, 26])(
    "runs a TypeScript application: %i",
    async (version) => {
      const node = await nodeOf(version);
      const which = await run(node, "--version");
      await which.ended;
      expect(which.output).toMatch(new RegExp(`^v${version}\\.`));
      const path = join(temporaryDirectory(), "s");
      const server = await run(node, command, "serve", "features.ts", "--fastcgi", `unix:${path}`);
      await server.printed(" ready at ");
      expect(server.output).not.toContain("Warning");
      const request = await run(node, command, "request", `fastcgi:unix:${path}`, "/");
      expect(await request.ended).toMatchObject({ status: 0 });
      expect(request.output).toBe("hello red held! true");
      await server.stop();
      // A master holds its socket by a name that is private to Node.js.
      const master = await run(
        node,
        command,
        "serve",
        "features.ts",
        "--fastcgi",
        `unix:${path}`,
        "--workers",
        "1",
      );
      await master.printed(" ready at ");
      master.kill("SIGHUP");
      await master.printed("reloaded: ");
      const again = await run(node, command, "request", `fastcgi:unix:${path}`, "/");
      expect(await again.ended).toMatchObject({ status: 0 });
      expect(master.output).not.toContain("Warning");
      expect(await master.stop()).toEqual({ status: 0, signal: null });
    },
    180_000,
  );
});
