/**
 * A real web server that runs one of the shipped example files, and gateways of this very process behind it.
 *
 * Unlike nginx.ts, where applications are processes of their own: here a test sees a gateway's log, and hundreds of
 * requests need no start of Node.js.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  exampleServers,
  findServer,
  prepareExample,
  type ExampleServer,
} from "../../scripts/example-servers.mjs";
import type { Application, LogEntry } from "../../src/bridge/index.ts";
import { serve, type GatewayServer, type ServeOptions } from "../../src/server/index.ts";
import type { GatewayProtocol } from "./front-ends.ts";
import { accepting, projectRoot } from "./nginx.ts";
import { freePort, freePorts } from "./ports.ts";
import { startProcess, type RunningProcess } from "./process.ts";

/** @throws Error that names the remedy where the server is not installed */
export function requireServer(server: ExampleServer): string {
  const path = findServer(server);
  if (path !== undefined) return path;
  throw new Error(
    `${server} is not installed, and these tests run against a real one: sudo apt-get install ` +
      `${exampleServers[server].package} (or TSGI_SKIP_SERVERS=1 to leave them out)`,
  );
}

export class ExampleStage {
  /** Takes the place of /run/tsgi and /srv/tsgi. Short, as a UNIX socket's path has to be. */
  readonly directory: string = mkdtempSync(join(tmpdir(), "tsgi-"));
  readonly log: LogEntry[] = [];
  /** What the applications wrote to wsgi.errors. */
  readonly errors: string[] = [];
  port = 0;
  webServer: RunningProcess | undefined;
  readonly #gateways: GatewayServer[] = [];
  #upstreamPorts: readonly number[] = [];

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Takes the place of 9000 or 9001 in the example. */
  async upstreamPort(n: number): Promise<number> {
    if (this.#upstreamPorts.length === 0) this.#upstreamPorts = await freePorts(2);
    return this.#upstreamPorts[n] ?? 0;
  }

  /** Hosts an application at an address as the example has it: `unix:/run/tsgi/app.sock`, `127.0.0.1:9000`. */
  async host(
    application: Application,
    address: string,
    options: Partial<ServeOptions> = {},
    protocol: GatewayProtocol = "fastcgi",
  ): Promise<GatewayServer> {
    const [, n] = /^127\.0\.0\.1:900(\d)$/.exec(address) ?? [];
    const place =
      n === undefined
        ? address.replace("/run/tsgi/", `${this.directory}/`)
        : `127.0.0.1:${await this.upstreamPort(Number(n))}`;
    const gateway = await serve(application, {
      [protocol]: place,
      // Apache's workers are another user where the tests run as root.
      socketMode: 0o666,
      log: (entry) => this.log.push(entry),
      writeErrors: (text) => this.errors.push(text),
      ...options,
    });
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Writes what a web server starts as a gateway of its own: `tsgi COMMAND APPLICATION WORDS`. */
  writeScript(name: string, application: string, command: string, ...words: readonly string[]): void {
    const whole = [
      process.execPath,
      join(projectRoot, "dist", "cli", "main.js"),
      command,
      join(projectRoot, application),
      ...words,
    ];
    const line = whole.map((word) => `'${word}'`).join(" ");
    writeFileSync(join(this.directory, name), `#!/bin/sh\nexec ${line}\n`, { mode: 0o755 });
  }

  /** Writes what a web server starts for each request: cgi-fcgi, connected to a socket as the example has it. */
  writeBridge(name: string, address: string): void {
    const socket = address.replace("unix:/run/tsgi/", `${this.directory}/`);
    const text = `#!/bin/sh\nexec cgi-fcgi -bind -connect ${socket}\n`;
    writeFileSync(join(this.directory, name), text, { mode: 0o755 });
  }

  /** Starts the web server with a shipped file, and more words for its command; resolves when it accepts connections. */
  async start(
    server: ExampleServer,
    example: string,
    moreWords: readonly string[] = [],
  ): Promise<RunningProcess> {
    const program = requireServer(server);
    this.port = await freePort();
    const upstreamPorts = [await this.upstreamPort(0), await this.upstreamPort(1)];
    mkdirSync(join(this.directory, "files"), { recursive: true });
    const { words, environment } = prepareExample({
      server,
      example,
      directory: this.directory,
      port: this.port,
      upstreamPorts,
    });
    const running = await startProcess(program, [...words, ...moreWords], { env: environment });
    this.webServer = running;
    await accepting(this.port, running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.webServer?.stop();
    await Promise.all(this.#gateways.map((gateway) => gateway.close({ graceMs: 0 })));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
