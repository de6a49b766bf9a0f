/** Every command line of docs/sockets.md works as it is written, in a directory and at a port of its own. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { commands } from "../../src/cli/settings.ts";
import { describeAsRoot } from "../support/root.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { readProjectFile } from "../support/source-tree.ts";
import { startReady } from "../process/serving-process.ts";

const page = readProjectFile("docs/sockets.md");
const lines = [...page.matchAll(/^```console\n[#$] tsgi serve app\.ts (.*)\n```$/gm)].map(
  ([, words = ""]) => words,
);

describeAsRoot("docs/sockets.md", () => {
  it("has command lines", () => {
    expect(lines).toHaveLength(3);
  });

  it.each(lines)("tsgi serve app.ts %s", async (line) => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const here = line
      .replace("/run/tsgi/app.sock", join(directory, "app.sock"))
      .replace("0.0.0.0:9000", "0.0.0.0:0")
      .replace("--user app", "--user nobody");
    const child = await startReady(["examples/hello.ts", ...here.split(" ")]);
    expect((await child.stop()).status).toBe(0);
  });

  it("names options that there are", () => {
    const known = commands.flatMap(({ settings }) => settings.map(({ name }) => `--${name}`));
    const named = [...page.matchAll(/--[a-z]+(?:-[a-z]+)*/g)].map(([option]) => option);
    expect(named.filter((option) => !known.includes(option))).toEqual([]);
  });
});
