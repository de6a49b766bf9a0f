/** Addresses, socket files, inherited sockets, the graceful end. */
import { spawn } from "node:child_process";
import { existsSync, lstatSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import type { Address } from "../../src/protocols/address.ts";
import { serve, type ServeOptions } from "../../src/server/index.ts";
import { inheritedDescriptor } from "../../src/server/inherited-sockets.ts";
import { FastcgiPeer, getParams } from "../support/fastcgi-peer.ts";
import { gate, hello, startServing, temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

async function refusal(options: ServeOptions): Promise<ConfigurationError> {
  const error: unknown = await serve(hello, options).then(
    async (server) => {
      await server.close();
      return new Error("it listened");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  return error as ConfigurationError;
}

async function answersAt(address: Address): Promise<string> {
  const peer = await FastcgiPeer.connect(address);
  onTestFinished(() => {
    peer.socket.destroy();
  });
  peer.request(1, getParams, "", false);
  return (await peer.answer(1)).output;
}

describe("serve() listens", () => {
  it("at several addresses of every kind at once", async () => {
    const path = join(temporaryDirectory(), "a.sock");
    const abstract = `unix:@tsgi-test-${process.pid}`;
    const { server } = await startServing(hello, {
      fastcgi: [`unix:${path}`, "127.0.0.1:0", "[::1]:0", ":0", abstract],
    });
    expect(server.addresses.map(({ address }) => address.kind)).toEqual([
      "unix",
      "tcp",
      "tcp",
      "tcp",
      "unix",
    ]);
    for (const { address, protocol } of server.addresses) {
      expect(protocol).toBe("fastcgi");
      expect(await answersAt(address)).toContain("hello GET /");
    }
    expect(server.addresses[3]?.address).toMatchObject({ host: "127.0.0.1" });
  });

  it("O1 on a socket of mode 0660, or the one asked for, and removes it at the end", async () => {
    const directory = temporaryDirectory();
    for (const [name, mode] of [
      ["default", undefined],
      ["open", 0o666],
    ] as const) {
      const path = join(directory, name);
      const server = await serve(hello, {
        fastcgi: `unix:${path}`,
        ...(mode === undefined ? {} : { socketMode: mode }),
      });
      expect(statSync(path).mode & 0o777).toBe(mode ?? 0o660);
      await server.close();
      expect(existsSync(path)).toBe(false);
    }
  });

  it("O1 in place of a stale socket, but of nothing else", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "s");
    // A server that vanished without removing its socket: renamed away from under Node.js, which unlinks by name.
    const gone = createServer().listen(join(directory, "gone"));
    await new Promise((resolve) => gone.once("listening", resolve));
    renameSync(join(directory, "gone"), path);
    await new Promise((resolve) => gone.close(resolve));
    expect(lstatSync(path).isSocket()).toBe(true);
    const server = await serve(hello, { fastcgi: `unix:${path}` });
    expect(await answersAt({ kind: "unix", path })).toContain("hello");
    expect((await refusal({ fastcgi: `unix:${path}` })).message).toContain("another server listens there");
    await server.close();
    writeFileSync(path, "precious");
    expect((await refusal({ fastcgi: `unix:${path}` })).message).toContain("not a socket");
    expect(existsSync(path)).toBe(true);
  });

  it("O1 and leaves a path alone that has become another server's", async () => {
    const path = join(temporaryDirectory(), "s");
    const first = await serve(hello, { fastcgi: `unix:${path}` });
    const second = await serve(hello, { fastcgi: `unix:${path}.new` });
    onTestFinished(() => second.close());
    renameSync(`${path}.new`, path);
    await first.close();
    expect(await answersAt({ kind: "unix", path })).toContain("hello");
  });

  it.each([
    [{ fastcgi: "unix:/nonexistent/dir/s" }, "ERR_CONFIG_LISTEN", "directory does not exist"],
    [{ fastcgi: `unix:/tmp/${"x".repeat(120)}` }, "ERR_CONFIG_ADDRESS", "107"],
    [{ fastcgi: "192.0.2.1:9000" }, "ERR_CONFIG_LISTEN", "no interface"],
    [{ fastcgi: "fd:99" }, "ERR_CONFIG_LISTEN", "fd:99"],
    [{ fastcgi: "systemd:web" }, "ERR_CONFIG_LISTEN", 'no socket named "web"'],
    [{ fastcgi: "somewhere" }, "ERR_CONFIG_ADDRESS", "somewhere"],
    [{}, "ERR_CONFIG_OPTION", "no address"],
    [{ fastcgi: ":0", scriptName: "app" }, "ERR_CONFIG_OPTION", "app"],
    [{ fastcgi: ":0", environ: { A: "\u0100" } }, "ERR_CONFIG_OPTION", "A"],
    [{ fastcgi: ":0", maxConnections: 0 }, "ERR_CONFIG_OPTION", "maxConnections is 0"],
    [{ fastcgi: ":0", maxBodyOctets: Number.NaN }, "ERR_CONFIG_OPTION", "maxBodyOctets is NaN"],
  ] as Array<[ServeOptions, string, string]>)("or refuses %j with %s", async (options, code, text) => {
    const error = await refusal(options);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it("or gives back what it has opened when one address of several cannot be had", async () => {
    const path = join(temporaryDirectory(), "s");
    await refusal({ fastcgi: [`unix:${path}`, "192.0.2.1:9000"] });
    expect(existsSync(path)).toBe(false);
  });

  it("finds systemd's sockets by name", () => {
    const environment = { LISTEN_FDS: "2", LISTEN_FDNAMES: "http:web", LISTEN_PID: String(process.pid) };
    expect(inheritedDescriptor({ kind: "systemd", name: "web" }, environment)).toBe(4);
    expect(() =>
      inheritedDescriptor({ kind: "systemd", name: "web" }, { ...environment, LISTEN_PID: "1" }),
    ).toThrow("none");
  });

  it("on an inherited fd 0, as spawn-fcgi and mod_fcgid pass it", async () => {
    const path = join(temporaryDirectory(), "s");
    const listener = createServer().listen(path);
    await new Promise((resolve) => listener.once("listening", resolve));
    const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
    const child = spawn(
      process.execPath,
      ["dist/cli/main.js", "serve", "examples/hello.ts", "--fastcgi", "fd:0"],
      {
        cwd: projectRoot,
        stdio: [fd, "ignore", "pipe"],
      },
    );
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await new Promise<void>((resolve) => child.stderr?.once("data", () => resolve()));
    // Only the child may accept; renamed first, since closing a listener unlinks its path.
    renameSync(path, `${path}2`);
    await new Promise((resolve) => listener.close(resolve));
    expect(await answersAt({ kind: "unix", path: `${path}2` })).toContain("Status: 200 OK");
  });
});

describe("close()", () => {
  it("does not wait for idle kept connections", async () => {
    const { connect, server } = await startServing(hello);
    const peer = await connect();
    peer.request(1);
    await peer.answer(1);
    await server.close({ graceMs: 60_000 });
    await peer.closed;
  });

  it("lets a running request finish, then closes its connection even under KEEP_CONN", async () => {
    const go = gate();
    const started = gate();
    const { connect, server } = await startServing(async (environ, startResponse) => {
      started.open();
      await go.opened;
      return hello(environ, startResponse);
    });
    const peer = await connect();
    peer.request(1);
    await started.opened;
    const closing = server.close({ graceMs: 60_000 });
    go.open();
    expect((await peer.answer(1)).output).toContain("hello");
    await closing;
    await peer.closed;
  });

  it("waits for the close() of a body whose answer has ended", async () => {
    const closing = gate();
    const release = gate();
    let closed = false;
    const { connect, server } = await startServing((_environ, startResponse) => {
      startResponse("200 OK", []);
      return {
        *[Symbol.iterator](): Generator<Uint8Array> {},
        close: async () => {
          closing.open();
          await release.opened;
          closed = true;
        },
      };
    });
    const peer = await connect();
    peer.request(1);
    await peer.answer(1);
    await closing.opened;
    const stopped = server.close({ graceMs: 60_000 });
    await peer.closed;
    expect(closed).toBe(false);
    release.open();
    await stopped;
    expect(closed).toBe(true);
  });

  it("aborts what is left after graceMs", async () => {
    const aborted = gate<unknown>();
    const started = gate();
    const { connect, server } = await startServing((environ) => {
      environ["tsgi.signal"].addEventListener("abort", () => aborted.open(environ["tsgi.signal"].reason));
      started.open();
      return new Promise(() => {});
    });
    const peer = await connect();
    peer.request(1);
    await started.opened;
    await server.close({ graceMs: 1 });
    expect(await aborted.opened).toMatchObject({ message: "the server is stopping" });
    expect(server.connections).toBe(0);
  });

  it("may be called twice", async () => {
    const { server } = await startServing(hello);
    await Promise.all([server.close(), server.close()]);
  });
});
