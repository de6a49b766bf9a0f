/**
 * U3 through a real nginx: a fetch handler and a Node listener see the path that nginx's locations were matched with,
 * however the client wrote it. The rewrites stand in servers of their own, beside the one of fastcgi-unix.conf.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RawConnection } from "../support/http-client.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";

const stage = new Stage();
const interfaces = ["fetch", "node"] as const;
let ports: readonly number[] = [];

describeWithServers("the path behind nginx", () => {
  beforeAll(async () => {
    for (const name of interfaces) {
      await stage.serve(`test/interop/applications/url-${name}.ts`, `unix:${name}.sock`);
    }
    ports = await freePorts(interfaces.length);
    const servers = interfaces.map((name, n) =>
      [
        `server { listen 127.0.0.1:${ports[n]};`,
        "rewrite ^/old/(.*)$ /new/$1 last;",
        "rewrite ^/gone$ /here?why=moved last;",
        "location /deny/ { return 403; }",
        `location / { fastcgi_pass unix:${join(stage.directory, `${name}.sock`)}; } }`,
      ].join(" "),
    );
    await stage.startNginx("fastcgi-unix.conf", [], servers);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each([
    ["as sent", "/a/b?c=d", "/a/b?c=d"],
    ["slashes that nginx merges", "/a//b", "/a/b"],
    ["slashes at the start", "//a/b", "/a/b"],
    ["dot segments", "/a/../b", "/b"],
    ["one dot", "/a/./b", "/a/b"],
    ["dot segments with escapes", "/a/%2e%2e/b", "/b"],
    ["a dot segment at the end", "/a/%2e%2e/", "/"],
    ["an escaped slash, kept", "/a%2Fb", "/a%2Fb"],
    ["an escaped slash in what nginx normalises", "/x//a%2Fb", "/x/a/b"],
    ["dot segments behind escaped slashes", "/a%2F..%2Fb", "/b"],
    ["needless escapes, kept", "/%61?%61", "/%61?%61"],
    ["UTF-8", "/x//caf%C3%A9", "/x/caf%C3%A9"],
    ["an escaped question mark", "/x//a%3Fb?c", "/x/a%3Fb?c"],
    ["a rewrite", "/old/a%20b?c=d", "/new/a%20b?c=d"],
    ["a rewrite that adds to the query", "/gone?x=1", "/here?why=moved&x=1"],
    ["a fragment, which nginx leaves out", "/a#b", "/a"],
    ["a whole URL as the target", "http://evil.example/a//b", "/a/b"],
  ])("U3 %s: %s", async (_what, target, expected) => {
    for (const port of ports) {
      const { status, body } = await raw(port, target);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ seen: expected });
    }
  });

  it.each(["/deny/x", "//deny/x", "/a/../deny/x", "/%64eny/x", "/a/%2e%2e%2Fdeny%2Fx", "/old/../deny/x"])(
    "U3 what nginx denies is never asked for: %s",
    async (target) => {
      for (const port of ports) expect((await raw(port, target)).status).toBe(403);
    },
  );
});

async function raw(port: number, target: string): Promise<{ status: number; body: string }> {
  const connection = await RawConnection.open(port);
  await connection.request(`GET ${target} HTTP/1.1`, "Connection: close");
  const { status } = await connection.readHead();
  return { status, body: await connection.readToEnd() };
}
