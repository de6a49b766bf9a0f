/** A real process 1, in a namespace of its own: it has signals, and says what it cannot collect. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunningProcess } from "../support/process.ts";
import { hasNamespaces, startProcessOne } from "../support/process-one.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";
import { bodyAt, fleets } from "./serving-process.ts";

/** Starts a program that ends before the one that it has started. */
const application = `import { spawnSync } from "node:child_process";
export const application = (environ, startResponse) => {
  spawnSync("/bin/sh", ["-c", "sleep 0.2 > /dev/null 2>&1 &"]);
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [Buffer.from(String(process.ppid))];
};
`;

async function startAsProcessOne(path: string, words: readonly string[]): Promise<RunningProcess> {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "app.mjs"), application);
  const command = [process.execPath, join(projectRoot, "dist/cli/main.js"), "serve", "app.mjs"];
  const child = await startProcessOne([...command, "--fastcgi", `unix:${path}`, ...words], {
    cwd: directory,
    // Whom sockets are passed to makes no room for an init, on a Node.js that could.
    env: { LISTEN_FDS: "0" },
  });
  await child.printed(" ready at ");
  return child;
}

describe("process 1", () => {
  it.each(fleets)("as %s says that it cannot collect orphans, once", async (_name, words) => {
    if (!hasNamespaces()) return;
    const path = join(temporaryDirectory(), "s");
    const child = await startAsProcessOne(path, words);
    expect(child.output).toContain("(pid 1");
    for (let count = 0; count < 3; count++) expect(await bodyAt(`unix:${path}`)).toMatch(/^[01]$/);
    await child.printed("run the container with an init");
    expect(child.output).toMatch(
      / [123] process\(es\) .* have ended, .* cannot collect them \(sleep, \d+\):/,
    );
  });
});
