/** docs/adapters.md: each of its programs is run as it stands there, by the command that stands there. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { GatewayClient } from "../../src/client/index.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { startProcess } from "../support/process.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";

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
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(projectRoot, join(directory, "node_modules/tsgi"));
  symlinkSync(join(projectRoot, "node_modules/hono"), join(directory, "node_modules/hono"));
  writeFileSync(join(directory, file), program(file));
  const path = join(directory, "s");
  const words = ["serve", file, "--fastcgi", `unix:${path}`];
  const server = await startProcess(process.execPath, [join(projectRoot, "dist/cli/tsgi.cjs"), ...words], {
    cwd: directory,
  });
  onTestFinished(async () => void (await server.stop()));
  await server.printed("ready");
  const client = new GatewayClient({ protocol: "fastcgi", address: { kind: "unix", path } });
  onTestFinished(() => client.close());
  const answer = await client.request({
    params: Object.entries({
      REQUEST_METHOD: method,
      REQUEST_URI: target,
      SCRIPT_NAME: "",
      SERVER_NAME: "h",
      SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.1",
      REMOTE_ADDR: "192.0.2.1",
      CONTENT_LENGTH: String(body.length),
    }),
    body: Buffer.from(body),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  await server.stop();
  return [answer.status, Buffer.concat(chunks).toString(), server.output];
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
