/**
 * The shipped examples of Apache, lighttpd, Caddy, HAProxy and h2o themselves: each server takes each of them, and each
 * says what it is for. nginx's are in nginx-examples.test.ts.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exampleServers, prepareExample, type ExampleServer } from "../../scripts/example-servers.mjs";
import { requireServer } from "../support/example-stage.ts";
import { frontEnds } from "../support/front-ends.ts";
import { describeWithServers, projectRoot } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";

/** How each server is asked whether it takes a file. */
const checks: Readonly<Partial<Record<ExampleServer, (file: string) => string[]>>> = {
  apache: (file) => ["-t", "-f", file],
  lighttpd: (file) => ["-tt", "-f", file],
  h2o: (file) => ["-t", "-c", file],
  haproxy: (file) => ["-c", "-f", file],
  caddy: (file) => ["validate", "--adapter", "caddyfile", "--config", file],
};

const examples = Object.entries(checks).flatMap(([name, check]) => {
  const server = name as ExampleServer;
  const { folder } = exampleServers[server];
  const files = readdirSync(join(projectRoot, folder)).filter((file) => file !== "README.md");
  return files.map((example) => ({ server, folder, example, check }));
});

const directory = mkdtempSync(join(tmpdir(), "tsgi-"));
afterAll(() => rmSync(directory, { recursive: true }));

describeWithServers.each(examples)("$folder/$example", ({ server, example, check }) => {
  it("is accepted by its server, on other ports and in a directory of its own", async () => {
    const [port = 0, ...upstreamPorts] = await freePorts(3);
    for (const script of ["app.fcgi", "wiki.fcgi"]) {
      writeFileSync(join(directory, script), "#!/bin/sh\n", { mode: 0o755 });
    }
    const { environment } = prepareExample({ server, example, directory, port, upstreamPorts });
    const words = check(join(directory, example));
    const options = { stdio: "pipe", encoding: "utf8", env: { ...process.env, ...environment } } as const;
    expect(() => execFileSync(requireServer(server), words, options)).not.toThrow();
  });
});

describe.each(examples)("$folder/$example as a text", ({ server, folder, example }) => {
  const text = readFileSync(join(projectRoot, folder, example), "utf8");

  it("begins with what it is for and the command behind it", () => {
    const header = text.slice(0, text.search(/^[^#\n]/m));
    expect(header).toMatch(/^#.*[.:]$/m);
    expect(header).toMatch(/tsgi (serve|cgi) /);
  });

  it("has a row in its folder's README.md", () => {
    const readme = readFileSync(join(projectRoot, folder, "README.md"), "utf8");
    expect(readme).toContain(`| [${example}](${example})`);
  });

  it("is run by the conformance suite, or by the tests of authorizers", () => {
    const run = frontEnds
      .filter((row) => row.server === server)
      .flatMap(({ root, subPath }) => [root, subPath]);
    expect([...run.map((mount) => mount.example), "authorizer.conf"]).toContain(example);
  });
});
