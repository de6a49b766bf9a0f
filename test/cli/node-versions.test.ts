/**
 * TypeScript runs without a build step on every supported Node.js. This run's own version is tested everywhere else;
 * the others come from npm's `node` packages.
 */
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectWith } from "../support/settled-process.ts";
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

/** A run of vitest inside this one must not take itself for a part of it. */
const withoutVitest = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith("VITEST") || name === "NODE_ENV")
    .map((name) => [name, undefined]),
);

/** What no Node.js runs by itself. */
const configFile = `import { defineConfig } from "tsgi";
enum Workers { one = 1 }
export default defineConfig({ workers: Workers.one });
`;

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

      const config = join(projectWith({ "tsgi.config.ts": configFile }), "tsgi.config.ts");
      const words = ["serve", "features.ts", "--http", ":0", "--config", config, "--check"];
      const check = await run(node, command, ...words);
      expect(await check.ended, check.output).toMatchObject({ status: 0 });
      expect(check.output).toMatch(/^workers +1 +tsgi\.config\.ts: workers$/m);
      expect(check.output).not.toContain("Warning");
    },
    180_000,
  );

  it.each([22, 24, 26])(
    "passes the server's own tests, over handles and over sockets: %i",
    async (version) => {
      const node = await nodeOf(version);
      const words = [join(projectRoot, "node_modules/vitest/vitest.mjs"), "run", "test/server"];
      const child = await startProcess(node, words, { cwd: projectRoot, env: withoutVitest });
      onTestFinished(async () => {
        await child.stop();
      });
      expect(await child.ended, child.output).toMatchObject({ status: 0 });
      expect(child.output).toMatch(/Tests .*passed/);
    },
    180_000,
  );
});
