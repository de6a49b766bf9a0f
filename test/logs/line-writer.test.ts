/** Lines reach their file whole and in order, whatever happens to the file, and memory stays bounded. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LineWriter } from "../../src/logs/line-writer.ts";
import { projectRoot } from "../support/source-tree.ts";
import { temporaryDirectory } from "../support/serving.ts";

interface Writing {
  readonly lines: LineWriter;
  readonly complaints: string[];
  /** Resolves once a complaint has `text`. */
  complained(text: string): Promise<string>;
}

function open(place: string | number, gatherMs = 0): Writing {
  const complaints: string[] = [];
  const watchers: Array<() => void> = [];
  const lines = new LineWriter({
    place,
    what: "test log",
    gatherMs,
    complain: (message) => {
      complaints.push(message);
      for (const watch of watchers.splice(0)) watch();
    },
  });
  return {
    lines,
    complaints,
    complained: async (text) => {
      for (;;) {
        const found = complaints.find((each) => each.includes(text));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => watchers.push(resolve));
      }
    },
  };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `line ${n}`);

describe("LineWriter", () => {
  it.each([0, 100])("writes every line in order, gathered for %i ms", async (gatherMs) => {
    const path = join(temporaryDirectory(), "log");
    const { lines, complaints } = open(path, gatherMs);
    for (const line of numbered(20_000)) lines.write(line);
    await lines.close();
    expect(readFileSync(path, "utf8")).toBe(`${numbered(20_000).join("\n")}\n`);
    expect(complaints).toEqual([]);
  });

  it("goes on in a new file once the old one has been moved away, and loses nothing", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "log");
    const { lines } = open(path);
    const all = numbered(5_000);
    for (const [n, line] of all.entries()) {
      lines.write(line);
      if (n % 1_000 !== 999) continue;
      renameSync(path, `${path}.${n}`);
      lines.reopen();
      // So that some of it is written before, and some after.
      await new Promise(setImmediate);
    }
    await lines.close();
    const files = [999, 1_999, 2_999, 3_999, 4_999].map((n) => readFileSync(`${path}.${n}`, "utf8"));
    expect(files.join("") + readFileSync(path, "utf8")).toBe(`${all.join("\n")}\n`);
  });

  it("writes on to the old file when the new one cannot be opened", async () => {
    const directory = join(temporaryDirectory(), "logs");
    mkdirSync(directory);
    const { lines, complaints } = open(join(directory, "log"));
    const kept = openSync(join(directory, "log"), "r");
    rmSync(directory, { recursive: true });
    lines.reopen();
    lines.write("still here");
    await lines.close();
    const text = Buffer.alloc(100);
    expect(text.toString("utf8", 0, readSync(kept, text))).toBe("still here\n");
    closeSync(kept);
    expect(complaints).toEqual([expect.stringContaining("cannot be opened again (ENOENT")]);
  });

  it("says once that the disk is full, holds a bounded number of lines, and counts what it drops", async () => {
    const { lines, complaints, complained } = open("/dev/full");
    lines.write("first");
    expect(await complained("cannot be written")).toContain("ENOSPC");
    const line = "x".repeat(1_000);
    for (let n = 0; n < 3_000; n++) lines.write(line);
    await complained("lines are dropped");
    await lines.close();
    expect(complaints).toHaveLength(3);
    expect(complaints[2]).toMatch(/has lost 3001 lines$/);
  });

  it("waits for the reader of a full pipe, and loses nothing", async () => {
    const directory = temporaryDirectory();
    const fifo = join(directory, "fifo");
    execFileSync("mkfifo", [fifo]);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const { lines, complaints } = open(fifo);
    // A pipe holds 65,536 octets: the rest waits for the reader.
    const all = Array.from({ length: 2_000 }, (_, n) => `${n} ${"y".repeat(100)}`);
    for (const line of all) lines.write(line);
    const expected = `${all.join("\n")}\n`;
    let text = "";
    const buffer = Buffer.alloc(65_536);
    while (text.length < expected.length) {
      try {
        text += buffer.toString("utf8", 0, readSync(reader, buffer));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("EAGAIN");
      }
      await new Promise(setImmediate);
    }
    expect(text).toBe(expected);
    await lines.close();
    closeSync(reader);
    expect(complaints).toEqual([]);
  });

  it("does not hold up the end of a process whose standard output nobody reads", async () => {
    const script = `
      const { LineWriter } = await import(${JSON.stringify(join(projectRoot, "dist/logs/line-writer.js"))});
      const lines = new LineWriter({ place: 1, what: "test log", gatherMs: 0, complain: (text) => console.error(text) });
      for (let n = 0; n < 900; n++) lines.write("x".repeat(1000));
      await lines.close();
      process.exit(0);`;
    // A real pipe: child_process makes socket pairs. The reader reads nothing until the other has ended.
    const pipeline = `(node --input-type=module -e "$1"; echo "ended $?" >&2; echo > go) | (read line < go)`;
    const shell = spawn("sh", ["-c", `mkfifo go; ${pipeline}`, "sh", script], {
      cwd: temporaryDirectory(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    shell.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    await once(shell, "close");
    expect(said).toMatch(/^the test log standard output has lost \d+ lines\nended 0\n/);
  });

  it("refuses a file that cannot be opened, and a pipe that nobody reads, at once", () => {
    const directory = temporaryDirectory();
    expect(() => open(join(directory, "none", "log"))).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION", message: expect.stringContaining("ENOENT") }),
    );
    execFileSync("mkfifo", [join(directory, "fifo")]);
    expect(() => open(join(directory, "fifo"))).toThrow(/ENXIO/);
    expect(existsSync(join(directory, "fifo"))).toBe(true);
  });

  it.each(["process.exit(0)", "setImmediate(() => { throw new Error('crash'); })"])(
    "has written all when the process ends by %s",
    async (end) => {
      const path = join(temporaryDirectory(), "log");
      const script = `
        const { LineWriter } = await import(${JSON.stringify(join(projectRoot, "dist/logs/line-writer.js"))});
        const options = { place: ${JSON.stringify(path)}, what: "test log", complain() {} };
        const now = new LineWriter({ ...options, gatherMs: 0 });
        const later = new LineWriter({ ...options, gatherMs: 100 });
        for (let n = 0; n < 3000; n++) { now.write("now " + n); later.write("later " + n); }
        ${end};`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
      await once(child, "exit");
      const written = readFileSync(path, "utf8").trimEnd().split("\n");
      for (const kind of ["now", "later"]) {
        expect(written.filter((line) => line.startsWith(`${kind} `))).toEqual(
          Array.from({ length: 3_000 }, (_, n) => `${kind} ${n}`),
        );
      }
    },
  );

  it("keeps lines of several processes whole in one file", async () => {
    const path = join(temporaryDirectory(), "log");
    const script = `
      const { LineWriter } = await import(${JSON.stringify(join(projectRoot, "dist/logs/line-writer.js"))});
      const lines = new LineWriter({ place: ${JSON.stringify(path)}, what: "test log", gatherMs: 0, complain() {} });
      for (let n = 0; n < 4000; n++) {
        lines.write(process.argv[1] + " " + n + " " + process.argv[1].repeat(100));
        if (n % 50 === 0) await new Promise(setImmediate);
      }
      await lines.close();`;
    const children = ["a", "b", "c"].map((name) =>
      spawn(process.execPath, ["--input-type=module", "-e", script, name], { stdio: "inherit" }),
    );
    await Promise.all(children.map((child) => once(child, "exit")));
    const written = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(written).toHaveLength(12_000);
    expect(written.filter((line) => !/^([abc]) \d+ \1{100}$/.test(line))).toEqual([]);
  });
});
