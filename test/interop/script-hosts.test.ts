/** The same script file, started by every kind of host that starts programs itself. */
import { once } from "node:events";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { FastcgiPeer, getParams } from "../support/fastcgi-peer.ts";
import { accepting, describeWithServers } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { runScript, scriptVariables } from "../support/script.ts";
import {
  hostDirectory,
  requireProgram,
  searchPath,
  startApache,
  startHost,
  startLighttpd,
  type ScriptHost,
} from "../support/script-hosts.ts";
import { projectRoot } from "../support/source-tree.ts";

const scripts = ["hello.mjs", "hello.ts"];
const pathOf = (script: string): string => join(projectRoot, "examples", "cgi-bin", script);

async function proveSame({ origin, process: host }: ScriptHost, protocol: string): Promise<void> {
  const got = await fetch(`${origin}/app/caf%C3%A9?-s+two%20x`);
  expect(await got.text(), host.output).toBe(
    // A page in UTF-8 that repeats octets as Latin-1 shows them one by one.
    `hello over ${protocol}: GET /app|/caf\u00c3\u00a9?-s+two%20x, 0 octets\n`,
  );
  expect(got.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  const body = "x".repeat(300_000);
  const posted = await fetch(`${origin}/app/p`, { method: "POST", body });
  expect(await posted.text()).toBe(`hello over ${protocol}: POST /app|/p?, 300000 octets\n`);
}

describeWithServers.each(scripts)("examples/cgi-bin/%s, started by", (script) => {
  it("Apache mod_cgid: CGI", async () => proveSame(await startApache(pathOf(script), "cgid"), "cgi"));

  it("Apache mod_fcgid: FastCGI", async () =>
    proveSame(await startApache(pathOf(script), "fcgid"), "fastcgi"));

  it("lighttpd mod_cgi: CGI", async () => proveSame(await startLighttpd(pathOf(script), "cgi"), "cgi"));

  it("lighttpd bin-path: FastCGI", async () =>
    proveSame(await startLighttpd(pathOf(script), "bin-path"), "fastcgi"));

  it("spawn-fcgi: FastCGI, and cgi-fcgi relays to it", async () => {
    const directory = hostDirectory();
    const path = join(directory, "s");
    const words = ["-n", "-s", path, "--", pathOf(script)];
    const server = await startProcess(requireProgram("spawn-fcgi", "spawn-fcgi"), words, {
      cwd: directory,
      env: { PATH: searchPath(directory) },
    });
    onTestFinished(async () => {
      await server.stop();
    });
    await server.printed("ready at");
    const peer = await FastcgiPeer.connect({ kind: "unix", path });
    peer.request(1, getParams, "", false);
    expect((await peer.answer(1)).output).toContain("hello over fastcgi: GET ");
    const relay = spawn(requireProgram("cgi-fcgi", "libfcgi-bin"), ["-bind", "-connect", path], {
      env: scriptVariables,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let relayed = "";
    relay.stdout.on("data", (octets: Buffer) => (relayed += octets.toString("latin1")));
    await once(relay, "close");
    expect(relayed).toContain("hello over fastcgi: GET /cgi-bin/app.cgi|/p?, 0 octets\n");
    expect(await server.stop()).toEqual({ status: 0, signal: null });
  });

  it.each([
    ["fastcgi", []],
    ["http", ["--fdname=http"]],
  ])("systemd-socket-activate: %s", async (protocol, words) => {
    const directory = hostDirectory();
    const port = await freePort();
    const program = requireProgram("systemd-socket-activate", "systemd");
    const environment = ["PATH", "HOME"].map((name) => `--setenv=${name}`);
    const server = await startProcess(
      program,
      ["-l", `127.0.0.1:${port}`, ...words, ...environment, pathOf(script)],
      { cwd: directory, env: { PATH: searchPath(directory) } },
    );
    onTestFinished(async () => {
      await server.stop();
    });
    await server.printed("Listening on");
    if (protocol === "http") {
      const answer = await fetch(`http://127.0.0.1:${port}/p`);
      expect(await answer.text()).toBe("hello over http: GET |/p?, 0 octets\n");
      return;
    }
    const peer = await FastcgiPeer.connect({ kind: "tcp", host: "127.0.0.1", port });
    peer.request(1, getParams, "", false);
    expect((await peer.answer(1)).output).toContain("hello over fastcgi: GET ");
  });
});

it("from a shell: HTTP on the loopback", async () => {
  const directory = hostDirectory();
  const port = await freePort();
  const command = join(projectRoot, "dist", "cli", "tsgi.cjs");
  const words = [command, "run", pathOf("hello.ts"), "--http", `:${port}`];
  const host = await startHost(process.execPath, words, directory, port);
  await accepting(port, host.process);
  expect(await (await fetch(`${host.origin}/p`)).text()).toBe("hello over http: GET |/p?, 0 octets\n");
  expect(await host.process.stop()).toEqual({ status: 0, signal: null });
});

it("O7 ignores words that a web server took from the query", async () => {
  const command = join(projectRoot, "dist", "cli", "tsgi.cjs");
  const answer = await runScript([command, "cgi", pathOf("hello.ts")], {
    words: ["--debug", "-s", "--help"],
  });
  expect(answer.errors).toBe("");
  expect(answer.body).toBe("hello over cgi: GET /cgi-bin/app.cgi|/p?, 0 octets\n");
});

it("O9 answers 500 for an application that does not load: ERR_CONFIG_APPLICATION", async () => {
  const command = join(projectRoot, "dist", "cli", "tsgi.cjs");
  const throwing = join(projectRoot, "test", "cli", "applications", "throwing.ts");
  const answer = await runScript([command, "cgi", throwing]);
  expect(answer.head).toContain("Status: 500 Internal Server Error\r\n");
  expect(answer.body).toBe("Internal Server Error\n");
  expect(answer.errors).toContain("ERR_CONFIG_APPLICATION");
  expect(answer.status).toBe(4);
});
