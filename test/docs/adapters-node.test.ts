/** docs/adapters-node.md: each of its programs runs as it stands there; only paths and ports are put in. */
import { transformSync } from "oxc-transform";
import { describe, expect, it, onTestFinished } from "vitest";
import { askGateway } from "../support/gateway-request.ts";
import { accepting } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { projectWith } from "../support/settled-process.ts";
import { readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/adapters-node.md");

/** Starts a program of the page in a directory of its own. */
async function start(file: string, put: readonly [from: string, to: string]): Promise<RunningProcess> {
  const [, code] = new RegExp(`^\`\`\`ts\\n(// ${file}\\n[\\s\\S]*?)^\`\`\`$`, "m").exec(page) ?? [];
  if (code?.includes(put[0]) !== true) throw new Error(`the page has no program ${file} with ${put[0]}`);
  const script = transformSync(file, code.replace(...put)).code;
  const directory = projectWith({ "program.mjs": script }, ["express"]);
  const running = await startProcess(process.execPath, ["program.mjs"], { cwd: directory });
  onTestFinished(async () => void (await running.stop()));
  return running;
}

describe("docs/adapters-node.md", () => {
  it("server.ts serves Express, which knows the client", async () => {
    const port = await freePort();
    await accepting(port, await start("server.ts", ["unix:/run/app.sock", `127.0.0.1:${port}`]));
    const answer = await askGateway({ kind: "tcp", host: "127.0.0.1", port });
    expect(answer).toEqual({ status: 200, text: "hello 192.0.2.1" });
  });

  it("wiki.ts hosts an application in Node's own server", async () => {
    const port = await freePort();
    await accepting(port, await start("wiki.ts", ["listen(8000)", `listen(${port}, "127.0.0.1")`]));
    expect(await (await fetch(`http://127.0.0.1:${port}/start`)).text()).toBe("page /start\n");
  });
});
