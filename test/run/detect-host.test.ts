/** Who started a program, by descriptor 0 and the environment. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { createServer, connect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { detectHost } from "../../src/run/index.ts";
import { descriptorKind } from "../../src/run/listening-descriptor.ts";
import { temporaryDirectory } from "../support/serving.ts";

const cgi = { GATEWAY_INTERFACE: "CGI/1.1" };
const systemd = { LISTEN_PID: String(process.pid), LISTEN_FDS: "2", LISTEN_FDNAMES: "http:other" };

describe("detectHost()", () => {
  it.each([
    ["a listening socket", "listening", cgi, { kind: "fastcgi", certain: true }],
    ["FCGI_FORCE_CGI", "listening", { FCGI_FORCE_CGI: "Y" }, { kind: "cgi" }],
    ["a request", "other", cgi, { kind: "cgi" }],
    ["nothing", "other", {}, { kind: "http" }],
    ["a socket that nobody knows", "unknown", cgi, { kind: "fastcgi", certain: false }],
    ["sockets of another process", "other", { ...systemd, LISTEN_PID: "1" }, { kind: "http" }],
    ["a broken number of sockets", "other", { ...systemd, LISTEN_FDS: "x" }, { kind: "http" }],
    [
      "systemd's sockets",
      "other",
      { ...systemd, ...cgi },
      {
        kind: "systemd",
        sockets: [
          { descriptor: 3, protocol: "http" },
          { descriptor: 4, protocol: "fastcgi" },
        ],
      },
    ],
  ] as const)("%s", (_, kind, environment, host) => {
    expect(detectHost(environment, () => kind)).toEqual(host);
  });
});

function descriptorOf(handle: Server | Socket): number {
  return (handle as unknown as { _handle: { fd: number } })._handle.fd;
}

describe.runIf(process.platform === "linux")("descriptorKind() tells, without accepting,", () => {
  it.each(["unix", "127.0.0.1", "::1"])("a listening socket from its connections: %s", async (place) => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket));
    const path = join(temporaryDirectory(), "s");
    if (place === "unix") server.listen(path);
    else server.listen(0, place);
    await once(server, "listening");
    const address = server.address();
    const client = typeof address === "string" ? connect(path) : connect(address?.port ?? 0, place);
    onTestFinished(() => {
      client.destroy();
      for (const socket of accepted) socket.destroy();
      server.close();
    });
    await once(client, "connect");
    expect([descriptorKind(descriptorOf(server)), descriptorKind(descriptorOf(client))]).toEqual([
      "listening",
      "other",
    ]);
  });

  it("what is no socket, and what is not open", () => {
    const descriptor = openSync("/dev/null", "r");
    expect(descriptorKind(descriptor)).toBe("other");
    closeSync(descriptor);
    expect(descriptorKind(9_999)).toBe("other");
  });

  it("where there is no /proc/net: unknown", async () => {
    const server = createServer().listen(0);
    await once(server, "listening");
    onTestFinished(() => {
      server.close();
    });
    const missing = (): string => {
      throw new Error("ENOENT");
    };
    expect(descriptorKind(descriptorOf(server), missing)).toBe("unknown");
  });

  it("a socketpair, as mod_cgid and Node.js give it", async () => {
    const script = `import("${new URL("../../dist/run/index.js", import.meta.url).href}").then(({ detectHost }) => {
      process.stderr.write(detectHost().kind);
    });`;
    const child = spawn(process.execPath, ["-e", script], { env: { ...process.env, ...cgi } });
    let kind = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (kind += text));
    await once(child, "close");
    expect(kind).toBe("cgi");
  });
});
