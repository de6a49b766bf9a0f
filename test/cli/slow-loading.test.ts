/** An application that does not come to the end of its loading: after ten seconds there is a line that names it. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/serving.ts";
import { startServe } from "../process/serving-process.ts";

const application = "test/cli/applications/never-loaded.mjs";

/** Gives the line once it has been printed. */
async function lineOf(words: readonly string[], start: string): Promise<string | undefined> {
  const socket = `unix:${join(temporaryDirectory(), "s")}`;
  const child = await startServe([application, "--fastcgi", socket, ...words]);
  await child.printed(start);
  expect(await child.stop()).toEqual({ status: 0, signal: null });
  return child.output.split("\n").find((line) => line.startsWith(start));
}

it("says what takes long to load, and what comes of it", async () => {
  const [alone, worker] = await Promise.all([
    lineOf([], `tsgi: warning: ${application}`),
    lineOf(["--workers", "1"], "tsgi: worker 1 has been loading"),
  ]);
  expect(alone).toContain(" has been loading for 10 s and goes on: see what its top level awaits");
  expect(worker).toBe(
    `tsgi: worker 1 has been loading ${application} for 10 s and goes on: it is killed after 120 s`,
  );
});
