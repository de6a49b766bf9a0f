/** `tsgi top` on a real terminal: it draws, draws again, and q gives the screen back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { serveStatus } from "../../src/status/index.ts";
import { projectRoot } from "../support/source-tree.ts";
import { exampleSnapshot } from "../status/example-snapshot.ts";

describe.skipIf(process.platform !== "linux")("tsgi top", () => {
  it("refreshes the screen until q", { timeout: 20_000 }, async () => {
    let looks = 0;
    const source = {
      snapshot: () => Promise.resolve({ ...exampleSnapshot, application: `look-${++looks}` }),
      isAvailable: () => true,
    };
    const server = await serveStatus(source, { kind: "tcp", host: "127.0.0.1", port: 0 });
    onTestFinished(() => server.close());
    const port = server.address.kind === "tcp" ? server.address.port : 0;
    const top = `stty rows 12 cols 60; '${process.execPath}' '${join(projectRoot, "dist/cli/main.js")}' top :${port} --interval 0.1`;
    // util-linux's script gives it a terminal.
    const child = spawn("script", ["-qec", top, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let screen = "";
    let asked = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
      if (asked || !screen.includes("look-3: ")) return;
      asked = true;
      child.stdin.write("q");
    });
    const [status] = (await once(child, "exit")) as [number];
    expect(status).toBe(0);
    expect(screen.endsWith("\x1b[?25h\x1b[?1049l")).toBe(true);
    const frame = screen.split("\x1b[H")[1] ?? "";
    // The terminal puts a carriage return of its own before each newline.
    const lines = frame.replaceAll("\x1b[K", "").replaceAll("\x1b[J", "").trimEnd().split(/\r+\n/);
    expect(lines[0]).toMatch(/^look-1: reloading, up 1 h 2 min/);
    expect(lines.length).toBeLessThanOrEqual(11);
    expect(Math.max(...lines.map((line) => line.length))).toBe(60);
  });
});
