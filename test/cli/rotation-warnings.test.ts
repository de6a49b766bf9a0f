/** Log files that one process under another user could not make anew: it says so at its start. */
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startTsgi } from "../support/nginx.ts";
import { describeAsRoot, nobody } from "../support/root.ts";
import { temporaryDirectory } from "../support/serving.ts";

const commands = [
  ["serve", ["serve", "--http", "127.0.0.1:0"]],
  ["run", ["run", "--http", "127.0.0.1:0"]],
  ["serve --workers", ["serve", "--http", "127.0.0.1:0", "--workers", "1"]],
] as const;

/** Starts and stops it with an access log in root's directory or in nobody's; gives what it printed. */
async function outputOf(words: readonly string[], isOwned: boolean): Promise<string> {
  const directory = temporaryDirectory();
  const logs = join(directory, "logs");
  mkdirSync(logs, { mode: 0o755 });
  chmodSync(directory, 0o755);
  if (isOwned) chownSync(logs, nobody.uid, nobody.gid);
  const files = ["--access-log", join(logs, "access.log")];
  const child = await startTsgi([...words, "examples/hello.ts", "--user", "nobody", ...files]);
  onTestFinished(() => child.kill("SIGKILL"));
  await child.printed(" ready at ");
  if (!isOwned && !words.includes("--workers")) await child.printed("--access-log");
  expect(await child.stop()).toEqual({ status: 0, signal: null });
  return child.output.replaceAll(logs, "LOGS");
}

describeAsRoot("--user with a log in a directory of root's", () => {
  it.each(commands)("tsgi %s", async (name, words) => {
    const text =
      "--access-log cannot be opened anew after a rotation, because nobody may not create files in LOGS: " +
      "give the directory to nobody, let logrotate create the file, or add --workers\n";
    const output = await outputOf(words, false);
    // A master stays root and makes the file.
    if (name.endsWith("--workers")) expect(output).not.toContain("warning");
    else expect(output).toContain(`warning: ${text}`);
  });

  it.each(commands)("tsgi %s has nothing to say where it is that user's", async (_, words) => {
    expect(await outputOf(words, true)).not.toContain("warning");
  });
});
