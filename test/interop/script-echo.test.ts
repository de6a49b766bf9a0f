/**
 * A script that answers an upload while it comes, behind the web servers that start scripts. Apache's mod_cgid sends the
 * whole body before it takes any of the answer.
 */
import { createHash } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { describeWithServers } from "../support/nginx.ts";
import { hostDirectory, startApache, startLighttpd, type ScriptHost } from "../support/script-hosts.ts";
import { projectRoot } from "../support/source-tree.ts";

const entry = new URL("dist/cgi.js", pathToFileURL(`${projectRoot}/`)).href;
const source = `#!/usr/bin/env node
import { runCgi } from "${entry}";
await runCgi((environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
  return environ["wsgi.input"].chunks();
});
`;

function writeEcho(): string {
  const path = join(hostDirectory(), "echo.mjs");
  writeFileSync(path, source);
  chmodSync(path, 0o755);
  return path;
}

const digest = (octets: Uint8Array): string => createHash("sha256").update(octets).digest("hex");

describeWithServers("a script that echoes more than a pipe holds", () => {
  it.each<[string, (script: string) => Promise<ScriptHost>]>([
    ["Apache mod_cgid", (script) => startApache(script, "cgid")],
    ["lighttpd mod_cgi", (script) => startLighttpd(script, "cgi")],
  ])("answers whole: %s", async (_name, start) => {
    const { origin } = await start(writeEcho());
    const body = Buffer.alloc(8_000_000, "0123456789abcdef!");
    const answer = await fetch(`${origin}/app`, { method: "POST", body });
    expect(answer.status).toBe(200);
    expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(digest(body));
  });
});
