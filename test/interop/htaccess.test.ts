/** What shared hosting allows: a script and two lines of .htaccess in a directory of one's own. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ExampleStage } from "../support/example-stage.ts";
import { describeWithServers } from "../support/nginx.ts";
import { readProjectFile } from "../support/source-tree.ts";

describeWithServers("apache-examples/cgi.conf with a .htaccess", () => {
  it("runs a script in the directory, with the lines that the file names", async () => {
    await using stage = new ExampleStage();
    const htdocs = join(stage.directory, "htdocs");
    mkdirSync(htdocs);
    chmodSync(htdocs, 0o755);
    const lines = readProjectFile("apache-examples/cgi.conf")
      .split("\n")
      .filter((line) => /^# {5}(Options|AddHandler) /.test(line))
      .map((line) => line.slice(6));
    expect(lines).toHaveLength(2);
    writeFileSync(join(htdocs, ".htaccess"), `${lines.join("\n")}\n`);
    for (const name of ["app.cgi", "wiki.cgi", "htdocs/hello.cgi"]) {
      stage.writeScript(name, "examples/hello.ts", "cgi");
    }
    await stage.start("apache", "cgi.conf");
    const answer = await fetch(`${stage.origin}/files/hello.cgi/there?a=b`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("Hello from TypeScript! You asked for /there\n");
    // Nobody reads how the directory is set up.
    expect((await fetch(`${stage.origin}/files/.htaccess`)).status).toBe(403);
  });
});
