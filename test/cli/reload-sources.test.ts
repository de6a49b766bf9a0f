/** `tsgi serve --reload`: real files that change below a real server. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunningProcess } from "../support/process.ts";
import { printedTimes, projectWith, startIn } from "../support/settled-process.ts";

const application = (text: string): string =>
  `import { name } from "./name";
type Start = (status: string, headers: string[][]) => unknown;
export const application = (_environ: object, start: Start): Uint8Array[] => {
  start("200 OK", [["Content-Type", "text/plain"]]);
  return [new TextEncoder().encode(\`${text} \${name}\`)];
};
`;
const named = (name: string): string => `export const name: string = "${name}";\n`;

interface Server {
  readonly directory: string;
  readonly child: RunningProcess;
  write(name: string, text: string): void;
  ask(): Promise<string>;
}

async function startServer(...words: string[]): Promise<Server> {
  const directory = projectWith({ "app.ts": application("hello"), "name.ts": named("one") });
  mkdirSync(join(directory, "views"));
  const child = await startIn(directory, ["serve", "app.ts", "--http", "127.0.0.1:0", "--reload", ...words]);
  await child.printed(" ready at ");
  const [, port = ""] = / at http:127\.0\.0\.1:(\d+)/.exec(child.output) ?? [];
  return {
    directory,
    child,
    write: (name, text) => writeFileSync(join(directory, name), text),
    ask: async () => (await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: "close" } })).text(),
  };
}

describe("tsgi serve --reload", { timeout: 90_000 }, () => {
  it("loads the application anew when one of its files changes, and says which", async () => {
    const { child, write, ask } = await startServer();
    expect(child.output).toContain("1 worker)");
    expect(await ask()).toBe("hello one");
    write("app.ts", application("good morning"));
    await child.printed("reloaded: app.ts has changed\n");
    expect(await ask()).toBe("good morning one");
    write("name.ts", named("two"));
    await child.printed("reloaded: name.ts has changed\n");
    expect(await ask()).toBe("good morning two");
    // One line for each change, and nothing else; root is told to become somebody else.
    const lines = child.output.trimEnd().split("\n");
    expect(lines.filter((line) => !line.includes("the application runs as root"))).toHaveLength(3);
  });

  it("keeps the old code when the new does not load, and takes it once it is mended", async () => {
    const { child, write, ask, directory } = await startServer("--no-debug");
    write("name.ts", "export const name: string = ;\n");
    await child.printed("the reload failed (name.ts has changed): the workers that were there go on\n");
    expect(child.output).toContain("cannot load app.ts: it failed to load: SyntaxError");
    expect(await ask()).toBe("hello one");
    rmSync(join(directory, "name.ts"));
    await printedTimes(child, "the reload failed (name.ts has changed)", 2);
    expect(await ask()).toBe("hello one");
    write("name.ts", named("mended"));
    await child.printed("reloaded: name.ts has changed\n");
    expect(await ask()).toBe("hello mended");
  });

  it("sees files that take another's place, directories that are new, and several at once", async () => {
    const { child, write, ask, directory } = await startServer();
    // How many editors save.
    write("name.ts.tmp", named("renamed"));
    renameSync(join(directory, "name.ts.tmp"), join(directory, "name.ts"));
    await child.printed("reloaded: name.ts has changed\n");
    expect(await ask()).toBe("hello renamed");
    mkdirSync(join(directory, "lib/deep"), { recursive: true });
    write("lib/deep/name.ts", named("deep"));
    await child.printed("lib/deep/name.ts has changed\n");
    write("lib/deep/name.ts", named("deeper"));
    await printedTimes(child, "reloaded: lib/deep/name.ts has changed\n", 2);
    write("name.ts", 'export { name } from "./lib/deep/name";\n');
    write("app.ts", application("all"));
    await child.printed("have changed\n");
    expect(child.output).toMatch(/reloaded: (name\.ts, app\.ts|app\.ts, name\.ts) have changed\n/);
    expect(await ask()).toBe("all deeper");
  });

  it("does not look at what is no source, at packages, and at hidden directories", async () => {
    const { child, write, directory } = await startServer();
    mkdirSync(join(directory, "node_modules/package"));
    mkdirSync(join(directory, ".cache"));
    write("node_modules/package/index.js", "1;");
    write(".cache/index.js", "1;");
    write("notes.txt", "1");
    write("views/page.html", "<p>");
    write("views/data.json", "{}");
    await child.printed("reloaded: views/data.json has changed\n");
    expect(child.output.match(/reloaded: .*/g)).toHaveLength(1);
  });

  it("watches an application that is not below the working directory", async () => {
    const elsewhere = projectWith({ "app.ts": application("hello"), "name.ts": named("one") });
    const words = ["serve", join(elsewhere, "app.ts:application"), "--http", "127.0.0.1:0", "--reload"];
    const child = await startIn(projectWith({}), words);
    await child.printed(" ready at ");
    writeFileSync(join(elsewhere, "name.ts"), named("two"));
    await child.printed("name.ts has changed\n");
  });

  it("shows stacks to clients, unless it is told not to", async () => {
    const failing = 'export const application = () => { throw new Error("shown on purpose"); };\n';
    const { write, child, ask } = await startServer();
    write("app.ts", failing);
    await child.printed("reloaded: ");
    expect(await ask()).toContain("shown on purpose");
    const quiet = await startServer("--no-debug");
    quiet.write("app.ts", failing);
    await quiet.child.printed("reloaded: ");
    expect(await quiet.ask()).not.toContain("on purpose");
  });

  it("reads the config file anew as well", async () => {
    const { child, write } = await startServer();
    write("tsgi.config.ts", "export default { wrokers: 2 };\n");
    await child.printed("tsgi.config.ts: wrokers is no setting: did you mean workers?");
    write("tsgi.config.ts", "export default { workers: 2 };\n");
    await child.printed("reloaded: tsgi.config.ts has changed\n");
  });
});
