/** Which transport carries a connection: the handle below net.Socket where it works, a net.Socket everywhere else. */
import { createServer, connect, type Server } from "node:net";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished } from "vitest";
import { check, switchVariable, usableNativeStreams } from "../../src/server/handle-check.ts";
import type { ServeOptions } from "../../src/server/index.ts";
import { hello, startServing } from "../support/serving.ts";
import { findNativeStreams, takeHandles, type NativeStreams } from "../../src/server/native-handles.ts";

const here = findNativeStreams();
const isSwitchedOff = process.env[switchVariable] === "0";

function listening(onSocket: () => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    onSocket();
    socket.destroy();
  });
  onTestFinished(() => void server.close());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address !== null ? address.port : 0 });
    });
  });
}

describe("finding the native module", () => {
  it("succeeds on the Node.js that runs this test", () => {
    expect(here).toBeDefined();
  });

  it.each(["18.20.0", "21.1.0", "99.0.0"])(
    "does not trust version %s, which no test has run on",
    (version) => {
      expect(findNativeStreams(version)).toBeUndefined();
    },
  );

  it.each<[what: string, binding: ((name: string) => unknown) | undefined]>([
    ["there is no process.binding", undefined],
    [
      "the permission model forbids it",
      () => {
        throw new Error("ERR_ACCESS_DENIED");
      },
    ],
    ["the module is empty", () => ({})],
    ["a constructor is missing", () => ({ ...here, WriteWrap: undefined })],
    ["the state is no array", () => ({ ...here, streamBaseState: {} })],
    ["an index is missing", () => ({ ...here, kLastWriteWasAsync: undefined })],
    ["an index is past the state's end", () => ({ ...here, kReadBytesOrError: 1_000 })],
  ])("gives up when %s", (_what, binding) => {
    // A default would stand in for undefined.
    expect(findNativeStreams("20.19.0", binding ?? ((): unknown => undefined))).toBeUndefined();
  });
});

describe("checking that it works", () => {
  it("passes the module on when an echo comes back", async () => {
    expect(await check(here)).toBe(here);
  });

  it("refuses one that reports nonsense", async () => {
    const broken: NativeStreams = { ...here!, streamBaseState: new Int32Array(here!.streamBaseState.length) };
    expect(await check(broken)).toBeUndefined();
  });

  it("stays with net.Socket where there is none", async () => {
    expect(await check(undefined)).toBeUndefined();
  });

  it("is used unless it is switched off", async () => {
    expect(await usableNativeStreams()).toBe(isSwitchedOff ? undefined : here);
  });
});

describe("a server", () => {
  /** Node.js tells of each net.Socket that a server makes. */
  async function socketsMadeBy(options: Partial<ServeOptions>): Promise<number> {
    let made = 0;
    const count = (): void => {
      made += 1;
    };
    const { connect: connectPeer } = await startServing(hello, options);
    subscribe("net.server.socket", count);
    onTestFinished(() => void unsubscribe("net.server.socket", count));
    const peer = await connectPeer();
    peer.request(1);
    expect((await peer.answer(1)).output).toContain("hello GET /");
    return made;
  }

  it("makes no net.Socket, unless handles are switched off", async () => {
    expect(await socketsMadeBy({})).toBe(isSwitchedOff ? 1 : 0);
  });

  it("makes net.Sockets with rawHandles: false", async () => {
    expect(await socketsMadeBy({ rawHandles: false })).toBe(1);
  });
});

describe("taking handles", () => {
  it("leaves a handle that lacks a method to Node.js", async () => {
    let sockets = 0;
    const { server, port } = await listening(() => {
      sockets += 1;
    });
    const inner = (
      server as unknown as { _handle: { onconnection: (status: number, handle?: object) => void } }
    )._handle;
    const taken: unknown[] = [];
    expect(takeHandles(server, (handle) => taken.push(handle))).toBe(true);
    const ours = inner.onconnection;
    inner.onconnection = function (status, handle) {
      Object.defineProperty(handle, "writev", { value: undefined });
      ours.call(this, status, handle);
    };
    await new Promise((resolve) => connect(port, "127.0.0.1").on("close", resolve).resume());
    expect({ sockets, taken }).toEqual({ sockets: 1, taken: [] });
  });

  it("says no to a server that is not listening", () => {
    expect(takeHandles(createServer(), () => {})).toBe(false);
  });
});
