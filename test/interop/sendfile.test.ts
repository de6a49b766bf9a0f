/**
 * staticFiles with `sendfile`: real web servers send the file in the application's place, with ranges and conditions of
 * their own, names with spaces, percent signs and other scripts included.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { staticFiles, type StaticFilesOptions } from "../../src/middleware/index.ts";
import { serve } from "../../src/server/index.ts";
import { ExampleStage } from "../support/example-stage.ts";
import { describeWithServers } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";
import { hostDirectory, requireProgram, startHost } from "../support/script-hosts.ts";

const oddName = "a b/100% #1?.ü€.txt";
const oddPath = `/${oddName.split("/").map(encodeURIComponent).join("/")}`;
/** Large enough that an answer which the application had sent would be told apart by its Content-Length. */
const content = "0123456789".repeat(10_000);

const application: Application = (_environ, startResponse) => {
  startResponse("404 Not Found", [["Content-Type", "text/plain"]]);
  return [Buffer.from("the application")];
};

function putFiles(root: string): void {
  for (const name of ["plain.css", "c dü.txt", oddName]) {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

const sending = (root: string, sendfile: NonNullable<StaticFilesOptions["sendfile"]>): Application =>
  staticFiles({ root, sendfile, types: { css: "text/x-own" }, maxAge: 60 })(application);

/** Asks for the whole, a part, and the same again. */
async function expectSent(origin: string, path: string): Promise<Response> {
  const whole = await fetch(origin + path);
  const text = await whole.text();
  expect([whole.status, text.length, text === content]).toEqual([200, content.length, true]);
  for (const name of ["x-sendfile", "x-accel-redirect", "x-lighttpd-send-file"]) {
    expect(whole.headers.get(name)).toBeNull();
  }
  return whole;
}

async function expectRangesAndConditions(origin: string, whole: Response): Promise<void> {
  const part = await fetch(`${origin}/plain.css`, { headers: { Range: "bytes=10-14" } });
  expect([part.status, await part.text()]).toEqual([206, "01234"]);
  const etag = whole.headers.get("etag") ?? "";
  const again = await fetch(`${origin}/plain.css`, { headers: { "If-None-Match": etag } });
  expect([etag === "", again.status]).toEqual([false, 304]);
}

async function expectOthersLeft(origin: string): Promise<void> {
  const none = await fetch(`${origin}/none.css`);
  expect([none.status, await none.text()]).toEqual([404, "the application"]);
}

describeWithServers("sendfile behind nginx: x-accel-redirect.conf", () => {
  const stage = new ExampleStage();
  beforeAll(async () => {
    const root = join(stage.directory, "files");
    putFiles(root);
    const mapped = sending(root, { header: "x-accel-redirect", mapping: "/protected/" });
    await stage.host(mapped, "unix:/run/tsgi/app.sock");
    await stage.start("nginx", "x-accel-redirect.conf");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("sends the file, with the application's type and Cache-Control", async () => {
    const whole = await expectSent(stage.origin, "/plain.css");
    expect([whole.headers.get("content-type"), whole.headers.get("cache-control")]).toEqual([
      "text/x-own",
      "public, max-age=60",
    ]);
    await expectRangesAndConditions(stage.origin, whole);
  });

  it("finds names of every kind, and leaves the rest to the application", async () => {
    await expectSent(stage.origin, oddPath);
    await expectOthersLeft(stage.origin);
    expect((await fetch(`${stage.origin}/protected/plain.css`)).status).toBe(404);
  });
});

describeWithServers("sendfile behind lighttpd", () => {
  it.each(["x-sendfile", "x-lighttpd-send-file"] as const)("%s", async (header) => {
    const directory = hostDirectory();
    const root = join(directory, "files");
    putFiles(root);
    const [port = 0] = await freePorts(1);
    const gateway = await serve(sending(root, { header }), { fastcgi: `unix:${directory}/s`, log: () => {} });
    onTestFinished(() => gateway.close({ graceMs: 0 }));
    const file = join(directory, "lighttpd.conf");
    writeFileSync(
      file,
      `server.modules = ("mod_fastcgi")
server.document-root = "${directory}"
server.bind = "127.0.0.1"
server.port = ${port}
fastcgi.server = ("/" => ((
  "socket" => "${directory}/s", "check-local" => "disable", "fix-root-scriptname" => "enable",
  "x-sendfile" => "enable", "x-sendfile-docroot" => ("${root}")
)))
`,
    );
    const { origin } = await startHost(
      requireProgram("lighttpd", "lighttpd"),
      ["-D", "-f", file],
      directory,
      port,
    );
    const whole = await expectSent(origin, "/plain.css");
    expect(whole.headers.get("cache-control")).toBe("public, max-age=60");
    await expectRangesAndConditions(origin, whole);
    // Percent-decoded by lighttpd in either header.
    if (header === "x-lighttpd-send-file") await expectSent(origin, oddPath);
    await expectSent(origin, "/c%20d%C3%BC.txt");
    await expectOthersLeft(origin);
  });
});

const apacheModules = "/usr/lib/apache2/modules";
const xsendfile = process.env["TSGI_MOD_XSENDFILE"] ?? join(apacheModules, "mod_xsendfile.so");

describeWithServers("sendfile behind Apache", () => {
  /** Apache with an application at the root, and the directives that have files sent. */
  async function start(
    address: (port: number) => string,
    protocol: "fastcgi" | "scgi",
    directives: (root: string) => string,
  ): Promise<string> {
    const directory = hostDirectory();
    const root = join(directory, "files");
    putFiles(root);
    const [port = 0, upstream = 0] = await freePorts(2);
    const gateway = await serve(sending(root, { header: "x-sendfile" }), {
      [protocol]: `127.0.0.1:${upstream}`,
      scriptName: "",
      log: () => {},
    });
    onTestFinished(() => gateway.close({ graceMs: 0 }));
    const load = (name: string): string => `LoadModule ${name}_module ${apacheModules}/mod_${name}.so\n`;
    const file = join(directory, "httpd.conf");
    writeFileSync(
      file,
      `ServerName localhost
ServerRoot ${directory}
PidFile ${directory}/pid
DefaultRuntimeDir ${directory}
Listen 127.0.0.1:${port}
ErrorLog "|$cat >&2"
${["mpm_event", "authz_core", "proxy", `proxy_${protocol === "scgi" ? "scgi" : "fcgi"}`].map(load).join("")}
User www-data
Group www-data
${directives(root)}
ProxyPass / ${address(upstream)}
<Directory ${root}>
  Require all granted
</Directory>
`,
    );
    return (
      await startHost(requireProgram("apache2", "apache2"), ["-DFOREGROUND", "-f", file], directory, port)
    ).origin;
  }

  it("mod_proxy_scgi with ProxySCGISendfile On", async () => {
    const origin = await start(
      (port) => `scgi://127.0.0.1:${port}/`,
      "scgi",
      () => "ProxySCGISendfile On",
    );
    await expectSent(origin, "/plain.css");
    await expectSent(origin, "/c%20d%C3%BC.txt");
    await expectOthersLeft(origin);
  });

  it.skipIf(!existsSync(xsendfile))("mod_xsendfile", async () => {
    const origin = await start(
      (port) => `fcgi://127.0.0.1:${port}/`,
      "fastcgi",
      (root) => `LoadModule xsendfile_module ${xsendfile}\nXSendFile On\nXSendFilePath ${root}`,
    );
    const whole = await expectSent(origin, "/plain.css");
    await expectRangesAndConditions(origin, whole);
    await expectSent(origin, oddPath);
    await expectOthersLeft(origin);
  });
});
