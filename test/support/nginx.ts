/**
 * A real nginx that runs one of the shipped nginx-examples files, and the tsgi processes behind it.
 *
 * A machine without nginx fails these tests and says what to install. TSGI_SKIP_SERVERS=1 skips them, visibly, and
 * has no effect where CI is set.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { findNginx, prepareNginx } from "../../scripts/nginx-example.mjs";
import { freePort } from "./ports.ts";
import { startProcess, type ProcessOptions, type RunningProcess } from "./process.ts";

export const projectRoot: string = fileURLToPath(new URL("../../", import.meta.url));

/** `describe` for tests that need web servers. */
export const describeWithServers = describe.skipIf(
  process.env["TSGI_SKIP_SERVERS"] === "1" && process.env["CI"] === undefined,
);

/** @throws Error that names the remedy where nginx is not installed */
export function requireNginx(): string {
  const nginx = findNginx();
  if (nginx !== undefined) return nginx;
  throw new Error(
    "nginx is not installed, and these tests run against a real one: sudo apt-get install nginx-light " +
      "(or TSGI_SKIP_SERVERS=1 to leave them out)",
  );
}

/** The built command, as it ships. */
export function startTsgi(words: readonly string[], options: ProcessOptions = {}): Promise<RunningProcess> {
  const command = join(projectRoot, "dist", "cli", "main.js");
  return startProcess(process.execPath, [command, ...words], { cwd: projectRoot, ...options });
}

/** A temporary directory with an nginx and applications in it: one for each test file or example. */
export class Stage {
  /** Takes the place of /run/tsgi. Short, since the path of a UNIX socket may have about 100 octets. */
  readonly directory: string = mkdtempSync(join(tmpdir(), "tsgi-"));
  /** nginx's port. */
  port = 0;
  nginx: RunningProcess | undefined;
  readonly #processes: RunningProcess[] = [];

  /** Of the started nginx, without a closing slash. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.origin + path, init);
  }

  /** The answer's JSON, e.g. what the probe application's `/environ` gives. */
  async json(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
    const answer = await this.fetch(path, init);
    const text = await answer.text();
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw new Error(`${path} was answered ${answer.status}, not JSON: ${text.slice(0, 200)}`);
    }
  }

  /** What the probe application has recorded, once it has recorded `line`. */
  async record(line?: string): Promise<string[]> {
    const path = line === undefined ? "/record" : `/seen?line=${encodeURIComponent(line)}`;
    return (await (await this.fetch(path)).json()) as string[];
  }

  /** Starts `tsgi serve`; resolves when it is ready. `address`: `unix:NAME` is a socket in the stage's directory; `scgi:` before it. */
  async serve(application: string, address: string, ...words: string[]): Promise<RunningProcess> {
    const isScgi = address.startsWith("scgi:");
    const place = address.replace(/^scgi:/, "").replace(/^unix:/, `unix:${this.directory}/`);
    const host = await startTsgi(["serve", application, isScgi ? "--scgi" : "--fastcgi", place, ...words]);
    this.#processes.push(host);
    await host.printed(" ready at ");
    return host;
  }

  /** Starts nginx with a shipped file; resolves when it accepts connections. */
  async startNginx(
    example: string,
    upstreamPorts: readonly number[] = [],
    httpLines: readonly string[] = [],
  ): Promise<RunningProcess> {
    const program = requireNginx();
    this.port = await freePort();
    const { directory, port } = this;
    const words = prepareNginx({ example, directory, port, upstreamPorts, httpLines });
    const nginx = await startProcess(program, words);
    this.nginx = nginx;
    this.#processes.push(nginx);
    await accepting(this.port, nginx);
    return nginx;
  }

  /** Stops everything, the last started first, and removes the directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#processes.toReversed()) await running.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Resolves when the port accepts a connection; rejects, with its output, when the process ends before. */
export async function accepting(port: number, server: RunningProcess): Promise<void> {
  let gone = false;
  void server.ended.then(() => {
    gone = true;
  });
  for (;;) {
    if (await canConnect(port)) return;
    if (gone) throw new Error(`the server for port ${port} has ended:\n${server.output}`);
    // The only way to learn it: nginx says nothing when it has begun to listen.
    await delay(5);
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
