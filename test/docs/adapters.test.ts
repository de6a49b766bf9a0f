/** docs/adapters.md: each of its programs is run as it stands there, by the command that stands there. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { askGateway } from "../support/gateway-request.ts";
import { projectWith, startIn } from "../support/settled-process.ts";
import { readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/adapters.md");

function program(file: string): string {
  const [, code] = new RegExp(`^\`\`\`ts\\n(// ${file}\\n[\\s\\S]*?)^\`\`\`$`, "m").exec(page) ?? [];
  if (code === undefined) throw new Error(`docs/adapters.md has no program ${file}`);
  return code;
}

/** Serves a program and asks it once. */
async function ask(
  file: string,
  method: string,
  target: string,
  body = "",
): Promise<[number, string, string]> {
  const directory = projectWith({ [file]: program(file) }, ["hono"]);
  const server = await startIn(directory, ["serve", file, "--fastcgi", "unix:s"]);
  await server.printed(" ready at ");
  const { status, text } = await askGateway(
    { kind: "unix", path: join(directory, "s") },
    { method, target, body },
  );
  await server.stop();
  return [status, text, server.output];
}

describe("docs/adapters.md", () => {
  it.each<[string, string, string, string, number, string]>([
    ["hono.ts", "GET", "/hello/you", "", 200, "hello you at 192.0.2.1\n"],
    ["handler.ts", "GET", "/a", "", 200, "hello from /a\n"],
    ["handler.ts", "POST", "/upload", "12345", 201, '{"octets":5}'],
    ["untouched.ts", "GET", "/", "", 200, "hello\n"],
    ["mounted.ts", "GET", "/inner/x", "", 200, "/x below /inner for 192.0.2.1\n"],
  ])("%s answers %s %s", async (file, method, target, body, status, text) => {
    const [gotStatus, gotText, output] = await ask(file, method, target, body);
    expect([gotStatus, gotText]).toEqual([status, text]);
    if (target === "/a") expect(output).toContain("served /a");
  });

  it("serves what it says by the command that it says", () => {
    expect(page).toContain("$ npx tsgi serve hono.ts --fastcgi ");
  });
});
