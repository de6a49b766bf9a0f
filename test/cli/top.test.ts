/** `tsgi top` on a real terminal: it draws, draws again, and q gives the screen back. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { serveStatus } from "../../src/status/index.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";
import { exampleSnapshot } from "../status/example-snapshot.ts";

interface Terminal {
  /** Everything drawn so far. */
  readonly screen: string;
  /** Resolves once the screen has `text`. */
  drawn(text: string): Promise<void>;
  type(key: string): void;
  readonly ended: Promise<number>;
}

/** `tsgi top` on a terminal of 60 columns; `look-1`, `look-2` and so on is what it has asked for. */
async function startTop(interval: number, before = ""): Promise<Terminal> {
  let looks = 0;
  const source = {
    snapshot: () => Promise.resolve({ ...exampleSnapshot, application: `look-${++looks}` }),
    isAvailable: () => true,
  };
  const server = await serveStatus(source, { kind: "tcp", host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const port = server.address.kind === "tcp" ? server.address.port : 0;
  const program = join(projectRoot, "dist/cli/main.js");
  const top = `${before} stty rows 12 cols 60; '${process.execPath}' '${program}' top :${port} --interval ${interval}`;
  // util-linux's script gives it a terminal.
  const child = spawn("script", ["-qec", top, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let screen = "";
  let look = (): void => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    look();
  });
  return {
    get screen() {
      return screen;
    },
    drawn: (text) =>
      new Promise((resolve) => {
        look = () => {
          if (screen.includes(text)) resolve();
        };
        look();
      }),
    type: (key) => void child.stdin.write(key),
    ended: once(child, "exit").then(([status]) => status as number),
  };
}

/** The lines of the last picture that is whole. */
function lastFrame(screen: string): string[] {
  const frame = screen.split("\x1b[H").findLast((each) => each.includes("\x1b[J")) ?? "";
  // The terminal puts a carriage return of its own before each newline.
  const shown = frame.slice(0, frame.indexOf("\x1b[J"));
  return shown.replaceAll("\x1b[K", "").trimEnd().split(/\r+\n/);
}

describe.skipIf(process.platform !== "linux")("tsgi top", () => {
  it("refreshes the screen until q", { timeout: 20_000 }, async () => {
    const terminal = await startTop(0.1);
    await terminal.drawn("look-3: ");
    terminal.type("q");
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen.endsWith("\x1b[?25h\x1b[?1049l")).toBe(true);
    const lines = lastFrame(terminal.screen);
    expect(lines[0]).toMatch(/^look-\d+: reloading, up 1 h 2 min/);
    expect(lines.length).toBeLessThanOrEqual(11);
    expect(Math.max(...lines.map((line) => line.length))).toBe(60);
  });

  it(
    "draws anew when the terminal changes its size, without asking for more",
    { timeout: 20_000 },
    async () => {
      const fifo = join(temporaryDirectory(), "fifo");
      execFileSync("mkfifo", [fifo]);
      const terminal = await startTop(600, `(read line < '${fifo}'; stty cols 33 < /dev/tty) &`);
      await terminal.drawn("\x1b[J");
      const before = terminal.screen.length;
      writeFileSync(fifo, "now\n");
      await terminal.drawn(`${terminal.screen.slice(0, before)}\x1b[Hlook-1: `);
      terminal.type("q");
      expect(await terminal.ended).toBe(0);
      const lines = lastFrame(terminal.screen);
      expect(lines[0]).toMatch(/^look-1: /);
      expect(Math.max(...lines.map((line) => line.length))).toBe(33);
    },
  );
});
