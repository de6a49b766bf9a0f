/**
 * TypeScript runs without a build step on every supported Node.js. This run's own version is tested everywhere else;
 * the others come from npm's `node` packages.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeOf } from "../support/node-versions.ts";
import { freePort } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { runScript, writeScript } from "../support/script.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectWith } from "../support/settled-process.ts";
import { projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist/cli/main.js");

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

const versions = [20, 22, 24, 26];

describe("every supported Node.js", () => {
  it.each(versions)(
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
      const vitest = join(projectRoot, "node_modules/vitest/vitest.mjs");
      // Isolated, each file loads the server's modules again, which is half of the time.
      const words = [vitest, "run", "test/server", "--no-isolate"];
      const child = await startProcess(node, words, { cwd: projectRoot, env: withoutVitest });
      onTestFinished(async () => {
        await child.stop();
      });
      expect(await child.ended, child.output).toMatchObject({ status: 0 });
      expect(child.output).toMatch(/Tests .*passed/);
    },
    180_000,
  );

  it.each(versions)(
    "answers CGI requests, with what was kept from the first one too: %i",
    async (version) => {
      const node = await nodeOf(version);
      const tsgi = join(projectRoot, "dist/cli/tsgi.cjs");
      const features = join(projectRoot, "test/cli/applications/features.ts");
      const plain = join(projectRoot, "test/cli/applications/plain.mjs");
      const variables = { TMPDIR: temporaryDirectory() };
      for (const [words, body] of [
        [[tsgi, "cgi", features], "hello red held! true"],
        [[tsgi, "run", features], "hello red held! true"],
        [[tsgi, "run", plain], "plain"],
        [
          [join(projectRoot, "examples/cgi-bin/hello.mjs")],
          "hello over cgi: GET /cgi-bin/app.cgi|/p?, 0 octets\n",
        ],
        [
          [tsgi, "run", join(projectRoot, "examples/cgi-bin/hello.ts")],
          "hello over cgi: GET /cgi-bin/app.cgi|/p?, 0 octets\n",
        ],
        [
          [writeScript(`await runCgi((e, s) => { s("200 OK", []); return [Buffer.from(e.PATH_INFO)]; });`)],
          "/p",
        ],
      ] as Array<[string[], string]>) {
        for (const attempt of ["first", "second"]) {
          const answer = await runScript(words, { node, variables });
          expect(answer, `${words.join(" ")}, ${attempt}`).toMatchObject({ body, errors: "", status: 0 });
        }
      }
    },
    180_000,
  );

  it.each(versions)(
    "is a development server by `tsgi run`: %i",
    async (version) => {
      const node = await nodeOf(version);
      const port = await freePort();
      const server = await run(
        node,
        join(projectRoot, "dist/cli/tsgi.cjs"),
        "run",
        "features.ts",
        "--http",
        `:${port}`,
      );
      await server.printed(" ready at ");
      expect(server.output).not.toContain("Warning");
      const socket = connect(port, "127.0.0.1");
      socket.end("GET / HTTP/1.0\r\n\r\n");
      let text = "";
      socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      await once(socket, "close");
      expect(text).toContain("hello red held! true");
      expect(await server.stop()).toEqual({ status: 0, signal: null });
    },
    180_000,
  );
});
