/** Starts a server for a test, on a fresh UNIX socket unless told otherwise, and stops it at the test's end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Application, LogEntry } from "../../src/bridge/index.ts";
import type { Address } from "../../src/protocols/address.ts";
import { serve, type GatewayServer, type ServeOptions } from "../../src/server/index.ts";
import { FastcgiPeer } from "./fastcgi-peer.ts";

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tsgi-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface Serving {
  readonly server: GatewayServer;
  readonly address: Address;
  readonly log: LogEntry[];
  /** Everything that `wsgi.errors` wrote. */
  readonly errors: string[];
  /** Resolves once a log entry of that code has come. */
  logged(code: string): Promise<LogEntry>;
  connect(): Promise<FastcgiPeer>;
}

export async function startServing(
  application: Application,
  options: Partial<ServeOptions> = {},
): Promise<Serving> {
  const log: LogEntry[] = [];
  const errors: string[] = [];
  const watchers: Array<() => void> = [];
  const server = await serve(application, {
    fastcgi: `unix:${join(temporaryDirectory(), "s")}`,
    log: (entry) => {
      log.push(entry);
      for (const watch of watchers.splice(0)) watch();
    },
    writeErrors: (text) => errors.push(text),
    ...options,
  });
  onTestFinished(() => server.close({ graceMs: 0 }));
  const address = server.addresses[0]?.address;
  if (address === undefined) throw new Error("the server listens nowhere");
  return {
    server,
    address,
    log,
    errors,
    logged: async (code) => {
      for (;;) {
        const found = log.find((entry) => entry.code === code);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => watchers.push(resolve));
      }
    },
    connect: async () => {
      const peer = await FastcgiPeer.connect(address);
      onTestFinished(() => {
        peer.socket.destroy();
      });
      return peer;
    },
  };
}

/** A promise and its resolver: how a test and an application it hosts wait for each other. */
export function gate<Value = void>(): { readonly opened: Promise<Value>; open(value: Value): void } {
  let open: (value: Value) => void = () => {};
  const opened = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Says hello, with what it was asked. */
export const hello: Application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [Buffer.from(`hello ${environ.REQUEST_METHOD} ${environ.PATH_INFO}`)];
};
