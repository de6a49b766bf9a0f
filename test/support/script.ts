/** A script started as a web server starts one: with variables, standard input and standard output. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "./source-tree.ts";
import { temporaryDirectory } from "./serving.ts";

/** The variables that every CGI request has. */
export const scriptVariables: Readonly<Record<string, string>> = {
  GATEWAY_INTERFACE: "CGI/1.1",
  SERVER_PROTOCOL: "HTTP/1.1",
  SERVER_NAME: "www.example.com",
  SERVER_PORT: "80",
  REQUEST_METHOD: "GET",
  SCRIPT_NAME: "/cgi-bin/app.cgi",
  PATH_INFO: "/p",
  QUERY_STRING: "",
};

export interface ScriptAnswer {
  /** Native strings: an octet a code point. */
  readonly head: string;
  readonly body: string;
  readonly errors: string;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ScriptRequest {
  /** Over the variables every request has. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** False leaves standard input open. */
  readonly endsInput?: boolean;
  readonly words?: readonly string[];
  /** Another Node.js than this one. */
  readonly node?: string;
}

/** Writes a script that has `runCgi`, and an entry of dist as `tsgi`. */
export function writeScript(source: string, name = "app.mjs", from = "cgi"): string {
  const path = join(temporaryDirectory(), name);
  const entry = new URL(`dist/${from}.js`, pathToFileURL(`${projectRoot}/`)).href;
  writeFileSync(
    path,
    `#!/usr/bin/env node\nimport * as tsgi from "${entry}";\nconst { runCgi } = tsgi;\n${source}\n`,
    {
      mode: 0o755,
    },
  );
  return path;
}

/** Runs a program as a script; resolves when its output and itself have ended. */
export async function runScript(
  words: readonly string[],
  request: ScriptRequest = {},
): Promise<ScriptAnswer> {
  const child = spawn(request.node ?? process.execPath, [...words, ...(request.words ?? [])], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...scriptVariables, ...request.variables },
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (octets: Buffer) => output.push(octets));
  child.stderr.on("data", (octets: Buffer) => errors.push(octets));
  // A script may end without having read all of it.
  child.stdin.on("error", () => {});
  child.stdin.write(request.body ?? "");
  if (request.endsInput !== false) child.stdin.end();
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  const text = Buffer.concat(output).toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  return {
    head: end === -1 ? "" : text.slice(0, end + 2),
    body: end === -1 ? text : text.slice(end + 4),
    errors: Buffer.concat(errors).toString("utf8"),
    status,
    signal,
  };
}
