/** The status page in a real browser: it draws, refreshes itself, breaks none of its own rules, and fits narrow windows. */
import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { htmlPage } from "../../src/status/html-page.ts";
import type { StatusSnapshot } from "../../src/status/snapshot.ts";
import { serveStatus } from "../../src/status/status-server.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { exampleSnapshot } from "./example-snapshot.ts";

const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

/** The n-th look at the service is `snapshots[n]`, and the last one from then on. */
async function pageOf(...snapshots: readonly StatusSnapshot[]): Promise<{ url: string; looks(): number }> {
  let looks = 0;
  const source = {
    snapshot: () => Promise.resolve(snapshots[Math.min(looks++, snapshots.length - 1)] ?? exampleSnapshot),
    isAvailable: () => true,
  };
  const server = await serveStatus(source, { kind: "tcp", host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const port = server.address.kind === "tcp" ? server.address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, looks: () => looks };
}

async function browse(url: string, ...words: string[]): Promise<{ dom: string; log: string }> {
  const { stdout, stderr } = await promisify(execFile)(
    chromium ?? "chromium",
    [
      "--headless",
      // As root it has no sandbox; the page is ours.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--enable-logging=stderr",
      `--user-data-dir=${temporaryDirectory()}`,
      ...words,
      url,
    ],
    { timeout: 50_000, maxBuffer: 2 ** 24 },
  );
  return {
    dom: stdout,
    log: stderr
      .split("\n")
      .filter((line) => line.includes("CONSOLE"))
      .join("\n"),
  };
}

// Without it a machine of one's own can still run the other tests; scripts/setup.mjs installs it.
describe.skipIf(chromium === undefined && process.env["CI"] === undefined)(
  "in Chromium",
  { timeout: 60_000 },
  () => {
    it("takes over what has changed, without a word on the console", async () => {
      const [, ...others] = exampleSnapshot.workers.list;
      const later: StatusSnapshot = {
        ...exampleSnapshot,
        state: "stopping",
        workers: { ...exampleSnapshot.workers, list: others },
      };
      const { url, looks } = await pageOf(exampleSnapshot, later);
      const { dom, log } = await browse(url, "--virtual-time-budget=5000", "--dump-dom");
      expect(log).toBe("");
      expect(looks()).toBeGreaterThan(1);
      expect(dom).toContain('<span class="badge stopping">stopping</span>');
      expect(dom).toContain("<title>app.ts: stopping</title>");
      expect(dom.match(/<tr>/g)).toHaveLength(1 + others.length);
      expect(dom.match(/<svg [^>]*role="img"/g)).toHaveLength(6);
      expect(dom).toMatch(/<path class="first" d="M[^"]+"/);
    });

    it("runs nothing that a client has named its request", async () => {
      const { dom, log } = await browse((await pageOf(exampleSnapshot)).url, "--dump-dom");
      expect(log).toBe("");
      expect(dom).toContain('GET /&lt;script&gt;alert("1")&lt;/script&gt;&amp;\'');
    });

    it.each([320, 1_000, 1_210])("needs no scrolling sideways at %i pixels", async (width) => {
      const measure = "document.title = [document.documentElement.scrollWidth, innerWidth].join(' in ')";
      const page = htmlPage(exampleSnapshot).replace("</body>", `<script>${measure}</script></body>`);
      // Without the policy of the real server, which allows no such script.
      const server = createServer((_request, response) => {
        response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page);
      }).listen(0, "127.0.0.1");
      onTestFinished(() => void server.close());
      await once(server, "listening");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const { dom } = await browse(url, `--window-size=${width},1200`, "--dump-dom");
      const [, needed, there] = /<title>(\d+) in (\d+)<\/title>/.exec(dom) ?? [];
      expect(Number(there)).toBeGreaterThan(0);
      expect(Number(needed)).toBeLessThanOrEqual(Number(there));
    });

    it.each([
      ["wide", 1_280],
      ["narrow", 400],
    ])("draws a %s window", async (_name, width) => {
      const file = join(temporaryDirectory(), "page.png");
      const { url } = await pageOf(exampleSnapshot);
      await browse(url, `--window-size=${width},1200`, `--screenshot=${file}`);
      // IHDR: the width stands behind the signature and the chunk's head.
      expect(readFileSync(file).readUInt32BE(16)).toBe(width);
      // An empty page of this size takes a tenth of it.
      expect(statSync(file).size).toBeGreaterThan(30_000);
    });
  },
);
