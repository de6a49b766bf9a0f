/**
 * The preload that puts the gateway under http.createServer(), as the runner of frameworks' suites uses it: a program
 * sees the same with it and without, but for the socket that shows which way its requests came. It also ends by itself.
 */
import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("programs/servers.mjs", import.meta.url));
const preload = pathToFileURL(
  fileURLToPath(new URL("../../scripts/compat/preload.mjs", import.meta.url)),
).href;

async function run(...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [...words, program], { timeout: 20_000 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("http.createServer() with the gateway under it", () => {
  it("listens, answers, closes and fails as Node's own, with requests that come through the gateway", async () => {
    const [own, through] = await Promise.all([run(), run(`--import=${preload}`)]);
    expect(own).toEqual({
      isServer: true,
      required: true,
      answer: [200, "Socket", "echoed"],
      own: "Answer true",
      requests: ["PUT /late?q=1"],
      byHand: ["by hand"],
      events: [
        "server close",
        "server closed well",
        "late close",
        "late closed well",
        "own close",
        "own closed well",
      ],
      error: "EADDRINUSE",
    });
    expect(through).toEqual({ ...own, answer: [200, "GatewaySocket", "echoed"] });
  });
});
