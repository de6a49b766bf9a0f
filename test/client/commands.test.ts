import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { runProxy, runProxyCommand } from "../../src/cli/proxy-command.ts";
import { readBody, runRequest, runRequestCommand, type RequestRun } from "../../src/cli/request-command.ts";
import { formatGatewayTarget, parseGatewayTarget } from "../../src/client/index.ts";
import { coded, open } from "./harness.ts";
import { ScriptedApplication, type Script } from "./scripted-application.ts";

/** Answers with the variables and the body that came. */
const echo: Script = async (request) => {
  const { text: body } = await request.readAll();
  const lines = [...request.params].map(([name, value]) => `${name}=${value}\n`);
  await request.errors("noted\n");
  await request.answer(`Status: 404 Gone Fishing\nX-A: b\n\n${lines.join("")}\n${body}`);
};

async function run(
  script: Script,
  options: Omit<RequestRun, "to" | "stdout" | "stderr">,
): Promise<{ status: number; out: string; err: string }> {
  const application = await ScriptedApplication.start(script);
  open.push(application);
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const to = { protocol: "fastcgi", address: application.address } as const;
  const printed = Promise.all([text(stdout), text(stderr)]);
  const status = await runRequest({ ...options, to, stdout, stderr });
  stdout.end();
  stderr.end();
  const [out, err] = await printed;
  return { status, out, err };
}

describe("tsgi request", () => {
  test("prints the body, and FCGI_STDERR on standard error, and exits 0 whatever the status", async () => {
    const { status, out, err } = await run(echo, { path: "/a%20b?x=1" });
    expect([status, err]).toStrictEqual([0, "noted\n"]);
    for (const line of ["REQUEST_METHOD=GET", "PATH_INFO=/a b", "QUERY_STRING=x=1", "HTTP_HOST=localhost"]) {
      expect(out).toContain(`${line}\n`);
    }
    expect(out).not.toContain("CONTENT_");
  });

  test("-i prints the head first", async () => {
    const { out } = await run(echo, { path: "/", include: true });
    expect(out.startsWith("HTTP/1.1 404 Gone Fishing\r\nX-A: b\r\n\r\n")).toBe(true);
  });

  test("-d implies POST, a form's type and the length", async () => {
    const { out } = await run(echo, { path: "/", body: Buffer.from("a=1&b=2") });
    expect(out).toContain("REQUEST_METHOD=POST\n");
    expect(out).toContain("CONTENT_TYPE=application/x-www-form-urlencoded\n");
    expect(out).toContain("CONTENT_LENGTH=7\n");
    expect(out.endsWith("\na=1&b=2")).toBe(true);
  });

  test("-X and -H stand over what is implied; `Name:` takes a header away, `Name;` sends it empty", async () => {
    const headers = [
      "content-type: text/x",
      "X-Twice: 1",
      "X-Twice: 2",
      "Accept:",
      "X-Empty;",
      "Host: example.org",
    ];
    const { out } = await run(echo, { path: "/", method: "PUT", body: Buffer.from("x"), headers });
    expect(out).toContain("REQUEST_METHOD=PUT\n");
    expect(out).toContain("CONTENT_TYPE=text/x\n");
    expect(out).toContain("HTTP_X_TWICE=1, 2\n");
    expect(out).toContain("HTTP_X_EMPTY=\n");
    expect(out).toContain("SERVER_NAME=example.org\n");
    expect(out).not.toContain("HTTP_ACCEPT");
  });

  test.each([
    [
      "an application that closes",
      (request) => void request.connection.socket.destroy(),
      "before the END_REQUEST",
    ],
    ["an answer without a head", (request) => request.answer("nonsense\n\n"), "malformed response head"],
  ] satisfies [string, Script, string][])("exits 1 after one line for %s", async (_, script, message) => {
    const { status, out, err } = await run(script, { path: "/" });
    expect([status, out]).toStrictEqual([1, ""]);
    expect(err).toMatch(/^tsgi: [^\n]+\n$/);
    expect(err).toContain(message);
  });

  test("exits 1 when the application cannot be reached", async () => {
    const stderr = new PassThrough();
    const printed = text(stderr);
    const to = parseGatewayTarget("fastcgi:unix:/nowhere/at/all");
    expect(await runRequest({ to, path: "/", stdout: new PassThrough(), stderr })).toBe(1);
    stderr.end();
    expect(await printed).toBe(
      "tsgi: cannot connect to unix:/nowhere/at/all: ENOENT, there is no such socket; is the application running?\n",
    );
  });

  test("exits 0 when its reader has seen enough", async () => {
    const application = await ScriptedApplication.start((request) => request.write("A: b\n\nmore and more"));
    open.push(application);
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("broken pipe"), { code: "EPIPE" })),
    });
    const to = { protocol: "fastcgi", address: application.address } as const;
    expect(await runRequest({ to, path: "/", stdout, stderr: new PassThrough() })).toBe(0);
  });

  test.each([
    [{ path: "nowhere" }, /request target "nowhere" is no path/],
    [{ path: "/", method: "GET /" }, /the method "GET \/" is none/],
    [{ path: "/", headers: ["nonsense"] }, /the header "nonsense" is none/],
    [{ path: "/", headers: ["A: b\r\nC: d"] }, /is none; expected -H/],
    [{ path: "/", headers: ["Host: a b"] }, /the Host "a b" is none/],
  ])("refuses %j as wrong usage", async (options, message) => {
    await expect(run(echo, options)).rejects.toThrow(coded("ERR_CONFIG_OPTION", message));
  });

  test("-d takes text, a file or standard input, each octet as it is", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tsgi-request-"));
    const file = join(folder, "body");
    await writeFile(file, "a\r\nb\n");
    expect(Buffer.from(await readBody("é", Readable.from([]))).toString("hex")).toBe("c3a9");
    expect(Buffer.from(await readBody(`@${file}`, Readable.from([]))).toString()).toBe("a\r\nb\n");
    expect(Buffer.from(await readBody("@-", Readable.from([Buffer.from("in")]))).toString()).toBe("in");
    await rm(folder, { recursive: true });
    await expect(readBody(`@${file}`, Readable.from([]))).rejects.toThrow(
      coded("ERR_CONFIG_OPTION", /^-d cannot read ".*": ENOENT/),
    );
  });

  test.each(["", "unix:/x", "uwsgi:unix:/x", "FASTCGI::9000", "constructor:x", "fastcgi:fd:0", "fastcgi:"])(
    "refuses the gateway %j",
    async (to) => {
      await expect(runRequestCommand({ positionals: [to, "/"], values: {} })).rejects.toThrow(
        coded("ERR_CONFIG_ADDRESS"),
      );
    },
  );

  test.each(["fastcgi:unix:/run/app.sock", "fastcgi:[::1]:9000", "scgi:unix:/run/app.sock"])(
    "reads and writes the gateway %s",
    (to) => {
      expect(formatGatewayTarget(parseGatewayTarget(to))).toBe(to);
    },
  );
});

describe("tsgi proxy", () => {
  test("serves until it is told to stop and says where", async () => {
    const application = await ScriptedApplication.start(async (request) => {
      if (request.params.get("PATH_INFO") === "/broken") return void request.connection.socket.destroy();
      if (request.params.get("PATH_INFO") === "/rude")
        await request.errors("one\ttwo \u001b[2J\u00c2\u009b\nthree\n");
      return echo(request);
    });
    open.push(application);
    const stop = new AbortController();
    const stderr = new PassThrough({ encoding: "utf8" });
    let err = "";
    const ready = new Promise<string>((resolve) => {
      stderr.on("data", (part: string) => {
        err += part;
        const address = /ready at (http:\/\/\S+) for fastcgi:unix:\S+ \(pid \d+\)\n/.exec(err)?.[1];
        if (address !== undefined) resolve(address);
      });
    });
    const stopped = runProxy({
      http: { kind: "tcp", host: "127.0.0.1", port: 0 },
      to: { protocol: "fastcgi", address: application.address },
      signal: stop.signal,
      stderr,
    });
    const address = await ready;
    const answer = await fetch(`${address}/path?query`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("PATH_INFO=/path\n");
    expect((await fetch(`${address}/broken`)).status).toBe(502);
    expect((await fetch(`${address}/rude`)).status).toBe(404);
    stop.abort();
    expect(await stopped).toBe(0);
    expect(err).toContain("one\ttwo \\x1b[2J\\x9b\nthree\n");
    expect(err).toMatch(/noted\n/);
    expect(err).toMatch(/tsgi: "GET \/broken" failed: [^\n]+\n/);
    await expect(fetch(address)).rejects.toThrow();
  });

  test.each([{}, { http: { kind: "tcp", host: "127.0.0.1", port: 0 } as const }, { to: "fastcgi::9000" }])(
    "needs both addresses, not only %j",
    async (values) => {
      await expect(runProxyCommand({ positionals: [], values })).rejects.toThrow(coded("ERR_CONFIG_OPTION"));
    },
  );
});
