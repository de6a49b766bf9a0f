/** docs/configuration.md does what it says: its config file and its commands are taken from it and run. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../support/ports.ts";
import { projectWith, runIn, startIn } from "../support/settled-process.ts";
import { readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/configuration.md");

const application =
  'export const application = (environ, start) => { start("200 OK", []); return [Buffer.from("hello")]; };\n';

/** The page's config file, with a socket that a test may have. */
function configFile(): string {
  const [, text] = /^```ts\n\/\/ tsgi\.config\.ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
  if (text === undefined) throw new Error("the page has no tsgi.config.ts");
  return text.replace("unix:/run/app.sock", "unix:app.sock");
}

/** The words behind `npx tsgi` of the command that begins so. */
function words(start: string): string[] {
  const line = page.split("\n").find((each) => each.startsWith(`$ npx tsgi ${start}`));
  if (line === undefined) throw new Error(`the page has no command ${start}`);
  return line.slice("$ npx tsgi ".length).split(" ");
}

describe("docs/configuration.md", () => {
  it("has a config file that is checked and served by its commands", async () => {
    const directory = projectWith({ "app.ts": application, "tsgi.config.ts": configFile() });
    const check = await runIn(directory, words("serve --check"));
    expect(check.status).toBe(0);
    expect(check.output).toMatch(/^max-body +10485760 +tsgi\.config\.ts: maxBody$/m);
    const server = await startIn(directory, words("serve"));
    await server.printed(" ready at fastcgi:unix:app.sock");
    expect(server.output).toContain("4 workers");
    expect((await runIn(directory, ["request", "fastcgi:unix:app.sock", "/"])).output).toBe("hello");
  });

  it("shows the message that its mistakes get", async () => {
    const directory = projectWith({
      "app.ts": application,
      "tsgi.config.ts": configFile().replace('"10M"', '"10MB"'),
    });
    const { output, status } = await runIn(directory, ["serve"], { TSGI_WROKERS: "2" });
    expect(status).toBe(2);
    expect(page).toContain(`\`\`\`\n${output}\`\`\``);
  });

  it("has a development server that reloads", async () => {
    const directory = projectWith({ "app.ts": application });
    const port = await freePort();
    const command = words("serve app.ts --http").map((word) => (word === ":8000" ? `:${port}` : word));
    const server = await startIn(directory, command);
    await server.printed(" ready at ");
    writeFileSync(join(directory, "app.ts"), application.replace("hello", "changed"));
    await server.printed("reloaded: app.ts has changed");
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("changed");
  });
});
