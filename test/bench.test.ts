/**
 * That the benchmark works, not how fast anything is: no figure is compared with anything here.
 * The load needs wrk and nginx; without them only what the benchmark says about that is tested.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../bench/run.mjs", import.meta.url));

function isInstalled(program: string): boolean {
  const places = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return places.some((place) => existsSync(join(place, program)));
}

function bench(words: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
  return spawnSync(process.execPath, [script, ...words], { encoding: "utf8", env: environment });
}

/** The cells of each row of the Markdown tables, without their heads. */
function rowsOf(report: string): string[][] {
  return report
    .split("\n")
    .filter((line) => /^\| \w/.test(line) && !/\| (back end|program|connections) /.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
}

describe("the command line of the benchmark", () => {
  it("exits 2 and says which packages to install where nginx and wrk are missing", () => {
    const { status, stderr } = bench(["--quick"], { ...process.env, PATH: "" });
    expect(stderr).toMatch(/nginx and wrk not found: sudo apt-get install .*nginx-light wrk/);
    expect(status).toBe(2);
  });

  it.each([
    [["--rounds", "0"], "--rounds is 0"],
    [["--only", "nothing"], "--only nothing"],
    [["--also", "x"], "--also x"],
    [["--unknown"], "--unknown"],
  ])("exits 2 and shows the usage for %j", (words, message) => {
    const { status, stderr } = bench(words);
    expect(stderr).toContain(message);
    expect(stderr).toContain("usage: npm run bench");
    expect(status).toBe(2);
  });
});

describe.skipIf(process.platform !== "linux" || !isInstalled("wrk") || !isInstalled("nginx"))(
  "the benchmark",
  () => {
    it("measures every work on every back end, and leaves nothing behind", async () => {
      const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
      const child = spawn(process.execPath, [script, "--quick", "--seconds", "0.1"], {
        env: { ...process.env, TMPDIR: directory },
      });
      let report = "";
      let complaints = "";
      child.stdout.on("data", (piece: Buffer) => (report += piece.toString()));
      child.stderr.on("data", (piece: Buffer) => (complaints += piece.toString()));
      const [status] = (await once(child, "close")) as [number | null];
      expect(status, complaints).toBe(0);

      const rows = rowsOf(report);
      const backEnds = ["node-http", "tsgi", "node-fastcgi"];
      const works = [
        "hello",
        "mixed",
        "many",
        "fetch",
        "hono",
        "node",
        "express",
        "pieces",
        "closed",
        "stream",
        "chunks",
        "large",
        "upload",
        "idle",
        "down",
        "up",
      ];
      const scripts = rows.filter(([work]) => work === "cgi");
      expect(scripts.map(([, program]) => program)).toEqual(
        expect.arrayContaining(["node -e 0", "tsgi cgi app.mjs", "tsgi cgi app.ts, cached"]),
      );
      for (const [, , ms, ratio] of scripts) {
        expect(Number(ms)).toBeGreaterThan(0);
        expect(Number(ratio)).toBeGreaterThan(0);
      }
      const fleets = rows.filter(([work]) => work === "workers");
      expect(fleets.map(([, way]) => way)).toEqual(["kept", "closed"]);
      for (const [, , one, two, growth] of fleets)
        for (const figure of [one, two, growth])
          expect(Number(figure?.replaceAll(",", ""))).toBeGreaterThan(0);
      // node-fastcgi keeps no connection, so there is nothing to measure of an idle one.
      const without = ["idle node-fastcgi", "node node-fastcgi", "express node-fastcgi"];
      const wanted = works.flatMap((work) => backEnds.map((backEnd) => `${work} ${backEnd}`));
      const loads = rows.filter(([work]) => work !== "cgi" && work !== "workers");
      expect(loads.map(([work, backEnd]) => `${work} ${backEnd}`)).toEqual(
        wanted.filter((row) => !without.includes(row)),
      );
      for (const [work, backEnd, ...cells] of loads) {
        const figures = cells
          .slice(0, cells.length > 5 ? 5 : 1)
          .map((cell) => Number.parseFloat(cell.replaceAll(",", "")));
        for (const figure of figures)
          expect(Number.isFinite(figure), `${work} ${backEnd}: ${cells.join(" ")}`).toBe(true);
      }
      // Fails where anything was left in it.
      rmdirSync(directory);
    }, 120_000);

    it("leaves nothing behind when it is interrupted", async () => {
      const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
      const child = spawn(process.execPath, [script, "--only", "hello", "--seconds", "600"], {
        env: { ...process.env, TMPDIR: directory },
      });
      const exited = once(child, "exit");
      let said = "";
      child.stderr.on("data", (piece: Buffer) => {
        said += piece.toString();
        if (said.includes("round 1")) child.kill("SIGINT");
      });
      const [status] = (await exited) as [number | null];
      expect(status, said).toBe(130);
      rmdirSync(directory);
    }, 120_000);
  },
);
