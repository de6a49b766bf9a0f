/** The pid file: whole, replaced only when what it names has gone, removed by who it names. */
import { once } from "node:events";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { refusePidFile, removePidFile, writePidFile } from "../../src/process/index.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { fleets, startReady, startServe } from "./serving-process.ts";

const application = "examples/hello.ts";

/** Root is told to say who the application is to be. */
const asWhoItIs = process.geteuid?.() === 0 ? ["--user", "root"] : [];

/** A process that runs until the test ends. */
async function running(program: string, ...further: string[]): Promise<number> {
  const child = spawn(program, further, { stdio: "ignore" });
  await once(child, "spawn");
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child.pid ?? 0;
}

/** The number of a process that has gone. */
async function gone(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

/** The words of a server with a socket of its own and this pid file. */
function words(socket: string, file: string, ...further: readonly string[]): string[] {
  return [application, "--fastcgi", `unix:${socket}`, "--pid-file", file, ...further];
}

describe("--pid-file", () => {
  it.each(fleets)(
    "names %s while it runs, readable for all and writable for its owner",
    async (_name, fleet) => {
      const directory = temporaryDirectory();
      const file = join(directory, "pid");
      const child = await startReady(words(join(directory, "s"), file, "--umask", "000", ...fleet));
      expect(readFileSync(file, "utf8")).toBe(`${child.pid}\n`);
      expect(statSync(file).mode & 0o777).toBe(0o644);
      expect(readdirSync(directory).toSorted()).toEqual(["pid", "s"]);
      expect((await child.stop()).status).toBe(0);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it.each(fleets)(
    "keeps %s from starting beside one that runs, and from touching it",
    async (_name, fleet) => {
      const directory = temporaryDirectory();
      const file = join(directory, "pid");
      const first = await startReady(words(join(directory, "s"), file));
      const second = await startServe(words(join(directory, "t"), file, ...fleet));
      expect((await second.ended).status).toBe(2);
      expect(second.output).toBe(
        `tsgi: the pid file ${file} names process ${first.pid}, which is running: stop it first, or choose another pid file\n`,
      );
      expect(readFileSync(file, "utf8")).toBe(`${first.pid}\n`);
      expect(readdirSync(directory).toSorted()).toEqual(["pid", "s"]);
    },
  );

  it.each(fleets)("that is stale does not keep %s from starting", async (_name, fleet) => {
    const directory = temporaryDirectory();
    const file = join(directory, "pid");
    writeFileSync(file, `${await gone()}\n`);
    const child = await startReady(words(join(directory, "s"), file, ...fleet));
    expect(readFileSync(file, "utf8")).toBe(`${child.pid}\n`);
  });

  it.each(fleets)(
    "that cannot be written is wrong usage in one line, and nothing of %s is left",
    async (_name, fleet) => {
      const directory = temporaryDirectory();
      const file = join(directory, "missing", "pid");
      const child = await startServe(words(join(directory, "s"), file, ...asWhoItIs, ...fleet));
      expect((await child.ended).status).toBe(2);
      expect(child.output).toMatch(/^tsgi: cannot write the pid file [^\n]* \(ENOENT\)[^\n]*\n$/);
      expect(existsSync(join(directory, "s"))).toBe(false);
    },
  );
});

describe("a pid file", () => {
  it("is replaced when it is empty, ours, our predecessor's, or the number is now that of no Node.js", async () => {
    const file = join(temporaryDirectory(), "pid");
    const predecessor = await running(process.execPath, "-e", "setInterval(() => {}, 1000)");
    const other = await running("sleep", "1000");
    for (const content of [
      "",
      "\n",
      String(process.pid),
      `${predecessor}\n`,
      `${other}\n`,
      "99999999999999999999\n",
    ]) {
      writeFileSync(file, content);
      writePidFile(file, predecessor);
      expect(readFileSync(file, "utf8")).toBe(`${process.pid}\n`);
    }
    writeFileSync(file, `${predecessor}\n`);
    expect(() => writePidFile(file)).toThrow("which is running");
    expect(readFileSync(file, "utf8")).toBe(`${predecessor}\n`);
  });

  it.each(["precious", "12 13", "-1", "1.5", "1".repeat(25)])(
    "is not one when it has %j in it",
    (content) => {
      const file = join(temporaryDirectory(), "pid");
      writeFileSync(file, content);
      for (const attempt of [refusePidFile, writePidFile])
        expect(() => attempt(file)).toThrow(/is no pid file/);
      expect(readFileSync(file, "utf8")).toBe(content);
    },
  );

  it("takes the place of a link and is not written through it", () => {
    const directory = temporaryDirectory();
    const [file, target] = [join(directory, "pid"), join(directory, "target")];
    writeFileSync(target, "");
    symlinkSync(target, file);
    writePidFile(file);
    expect(readFileSync(target, "utf8")).toBe("");
    expect(readFileSync(file, "utf8")).toBe(`${process.pid}\n`);
  });

  it("is removed by who it names alone", () => {
    const file = join(temporaryDirectory(), "pid");
    writeFileSync(file, "1\n");
    removePidFile(file);
    expect(existsSync(file)).toBe(true);
    writeFileSync(file, `${process.pid}\n`);
    removePidFile(file);
    expect(existsSync(file)).toBe(false);
    removePidFile(file);
  });
});
