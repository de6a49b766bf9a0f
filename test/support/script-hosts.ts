/** The web servers and launchers that start a program themselves, each with a configuration made for one test. */
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { accepting } from "./nginx.ts";
import { freePort } from "./ports.ts";
import { startProcess, type RunningProcess } from "./process.ts";
import { temporaryDirectory } from "./serving.ts";
import { projectRoot } from "./source-tree.ts";

/** @throws Error that names the remedy where the program is not installed */
export function requireProgram(name: string, debianPackage: string): string {
  const path = `${process.env["PATH"] ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`;
  const directory = path.split(delimiter).find((each) => existsSync(join(each, name)));
  if (directory !== undefined) return join(directory, name);
  throw new Error(`${name} is not installed: sudo apt-get install ${debianPackage}`);
}

/** A directory that a web server which is not root can read, and in it a `tsgi` for first lines of scripts. */
export function hostDirectory(): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  const command = join(projectRoot, "dist", "cli", "tsgi.cjs");
  writeFileSync(join(directory, "tsgi"), `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`, {
    mode: 0o755,
  });
  return directory;
}

/** PATH for a server whose scripts begin with `#!/usr/bin/env node` or `-S tsgi`. */
export function searchPath(directory: string): string {
  return [dirname(process.execPath), directory, process.env["PATH"] ?? ""].join(delimiter);
}

export interface ScriptHost {
  readonly origin: string;
  readonly process: RunningProcess;
}

/** Starts a program that will listen at `port`. */
export async function startHost(
  program: string,
  words: readonly string[],
  directory: string,
  port: number,
): Promise<ScriptHost> {
  const running = await startProcess(program, words, {
    cwd: directory,
    env: { PATH: searchPath(directory) },
  });
  onTestFinished(async () => {
    await running.stop();
  });
  await accepting(port, running);
  return { origin: `http://127.0.0.1:${port}`, process: running };
}

/** Apache with a script at /app. `fcgid`: started by mod_fcgid and kept; else by mod_cgid for each request. */
export async function startApache(script: string, how: "cgid" | "fcgid"): Promise<ScriptHost> {
  const program = requireProgram("apache2", "apache2");
  const directory = hostDirectory();
  const port = await freePort();
  const modules = existsSync("/usr/lib/apache2/modules") ? "/usr/lib/apache2/modules" : "modules";
  const load = (name: string): string => `LoadModule ${name}_module ${modules}/mod_${name}.so`;
  const config = [
    "ServerName localhost",
    `ServerRoot ${directory}`,
    `PidFile ${directory}/pid`,
    `DefaultRuntimeDir ${directory}`,
    `Listen 127.0.0.1:${port}`,
    // Standard error is a socket here, which Apache cannot open by name.
    `ErrorLog "|$cat >&2"`,
    ...["mpm_event", "authz_core", "alias", how].map(load),
    // Built in on Debian.
    "<IfModule !unixd_module>",
    load("unixd"),
    "</IfModule>",
    "User www-data",
    "Group www-data",
    ...(how === "cgid"
      ? [`ScriptSock ${directory}/cgid`, `ScriptAlias /app ${script}`]
      : [
          "FcgidMaxRequestLen 1000000000",
          `FcgidIPCDir ${directory}`,
          `FcgidProcessTableFile ${directory}/fcgid`,
          `FcgidInitialEnv PATH ${searchPath(directory)}`,
          `Alias /app ${script}`,
        ]),
    `<Directory ${dirname(script)}>`,
    "  Options +ExecCGI",
    "  Require all granted",
    ...(how === "fcgid" ? ["  SetHandler fcgid-script"] : []),
    "</Directory>",
    "",
  ];
  const file = join(directory, "httpd.conf");
  writeFileSync(file, config.join("\n"));
  if (how === "fcgid") chmodSync(directory, 0o777);
  return startHost(program, ["-DFOREGROUND", "-f", file], directory, port);
}

/** lighttpd with a script at /app: started for each request (mod_cgi), or kept on a socket (mod_fastcgi's bin-path). */
export async function startLighttpd(script: string, how: "cgi" | "bin-path"): Promise<ScriptHost> {
  const program = requireProgram("lighttpd", "lighttpd");
  const directory = hostDirectory();
  const port = await freePort();
  const config =
    how === "cgi"
      ? `server.modules = ("mod_alias", "mod_cgi", "mod_setenv")
setenv.set-environment = ("PATH" => "${searchPath(directory)}")
alias.url = ("/app" => "${script}")
$HTTP["url"] =~ "^/app" { cgi.assign = ("" => "") }
`
      : `server.modules = ("mod_fastcgi")
fastcgi.server = ("/app" => ((
  "bin-path" => "${script}", "socket" => "${directory}/s", "max-procs" => 1, "check-local" => "disable",
  "bin-copy-environment" => ("PATH", "HOME")
)))
`;
  const file = join(directory, "lighttpd.conf");
  writeFileSync(
    file,
    `server.document-root = "${directory}"\nserver.bind = "127.0.0.1"\nserver.port = ${port}\n${config}`,
  );
  return startHost(program, ["-D", "-f", file], directory, port);
}
