/**
 * Each further nginx-examples file does what its header says, in a real nginx with real applications behind it.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCountingRelay, type CountingRelay } from "../support/counting-relay.ts";
import { RawConnection } from "../support/http-client.ts";
import { digestOfBlocks, postBlocks } from "../support/large-bodies.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";
import type { RunningProcess } from "../support/process.ts";

const probe = "test/interop/applications/probe.ts";

/** A stage for one describe block. */
function useStage(prepare: (stage: Stage) => Promise<unknown>): Stage {
  const stage = new Stage();
  beforeAll(() => prepare(stage));
  afterAll(() => stage[Symbol.asyncDispose]());
  return stage;
}

describeWithServers("nginx-examples", () => {
  describe("fastcgi-tcp.conf", () => {
    const stage = useStage(async (made) => {
      const [port = 0] = await freePorts(1);
      await made.serve(probe, `127.0.0.1:${port}`);
      await made.startNginx("fastcgi-tcp.conf", [port]);
    });

    it("serves the application at the root over TCP", async () => {
      expect(await stage.json("/a/environ")).toMatchObject({
        SCRIPT_NAME: "",
        PATH_INFO: "/a/environ",
      });
      expect(await postBlocks(`${stage.origin}/digest`, 1_000_000)).toMatchObject(digestOfBlocks(1_000_000));
    });
  });

  describe("keepalive.conf", () => {
    let relay: CountingRelay;
    const stage = useStage(async (made) => {
      await made.serve(probe, "unix:behind.sock");
      relay = await startCountingRelay(join(made.directory, "app.sock"), join(made.directory, "behind.sock"));
      await made.startNginx("keepalive.conf");
    });
    afterAll(() => relay[Symbol.asyncDispose]());

    it("W14 many requests go over one connection to the application", async () => {
      const connection = await RawConnection.open(stage.port);
      for (let n = 0; n < 60; n += 1) {
        await connection.request("GET /environ HTTP/1.1");
        const head = await connection.readHead();
        expect(head.status).toBe(200);
        await connection.readBody(head);
      }
      connection.abort();
      expect(relay.connections).toBe(1);
    });

    it("W12 an early answer to an upload leaves the next request unharmed", async () => {
      const refused = await RawConnection.open(stage.port);
      await refused.write("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
      await refused.write(Buffer.alloc(3_000_000));
      const head = await refused.readHead();
      expect([head.status, await refused.readBody(head)]).toEqual([413, "too large for me"]);
      refused.abort();
      for (let n = 0; n < 10; n += 1) {
        expect(await stage.json(`/environ?${n}`)).toMatchObject({ QUERY_STRING: String(n) });
      }
    });
  });

  describe("sub-path.conf", () => {
    const stage = useStage(async (made) => {
      await made.serve(probe, "unix:wiki.sock");
      await made.serve("examples/demo/app.ts", "unix:shop.sock", "--script-name", "/shop");
      await made.startNginx("sub-path.conf");
    });

    it.each([
      ["/wiki/environ", "/environ"],
      ["/wiki/a%20b/environ", "/a b/environ"],
      ["/wiki/", "/"],
      ["/wiki/a%0Ab/environ", "/a\nb/environ"],
      ["/wiki/wiki/environ", "/wiki/environ"],
    ])("nginx splits %s at /wiki", async (path, pathInfo) => {
      expect(await stage.json(path)).toMatchObject({ SCRIPT_NAME: "/wiki", PATH_INFO: pathInfo });
    });

    it("--script-name splits a whole path as the stock fastcgi_params sends it", async () => {
      const page = await (await stage.fetch("/shop/")).text();
      expect(page).toContain('<body data-home="/shop/">');
      expect(page).toMatch(/SCRIPT_NAME<\/th>\s*<td>\/shop<\/td>/);
      expect(await postBlocks(`${stage.origin}/shop/upload`, 1_000_000)).toMatchObject(
        digestOfBlocks(1_000_000),
      );
    });

    it("the path without its closing slash is redirected, and a longer name is not taken", async () => {
      const answer = await stage.fetch("/wiki", { redirect: "manual" });
      expect([answer.status, answer.headers.get("location")]).toEqual([301, `${stage.origin}/wiki/`]);
      expect((await stage.fetch("/wikipedia")).status).toBe(404);
    });
  });

  describe("several-applications.conf", () => {
    let api: RunningProcess;
    let site: RunningProcess;
    let admin: RunningProcess;
    const stage = useStage(async (made) => {
      site = await made.serve(probe, "unix:site.sock");
      api = await made.serve(probe, "unix:api.sock");
      admin = await made.serve(probe, "unix:admin.sock");
      await made.startNginx("several-applications.conf");
    });

    it("sends each path to its application, which learns its place", async () => {
      expect(await stage.json("/x/environ")).toMatchObject({
        pid: site.pid,
        SCRIPT_NAME: "",
        PATH_INFO: "/x/environ",
      });
      expect(await stage.json("/api/x")).toMatchObject({
        pid: api.pid,
        SCRIPT_NAME: "/api",
        PATH_INFO: "/x",
      });
      expect(await stage.json("/admin/x")).toMatchObject({
        pid: admin.pid,
        SCRIPT_NAME: "/admin",
        PATH_INFO: "/x",
      });
    });

    it("one that has stopped leaves the others as they were", async () => {
      expect(await api.stop()).toEqual({ status: 0, signal: null });
      expect((await stage.fetch("/api/x")).status).toBe(502);
      expect(await stage.json("/environ")).toMatchObject({ pid: site.pid });
    });
  });

  describe("several-hosts.conf", () => {
    let hosts: RunningProcess[];
    const stage = useStage(async (made) => {
      const ports = await freePorts(3);
      hosts = await Promise.all(ports.map((port) => made.serve(probe, `127.0.0.1:${port}`)));
      await made.startNginx("several-hosts.conf", ports);
    });
    const pidsOf = async (count: number, init: RequestInit = {}): Promise<Set<unknown>> => {
      const pids = new Set<unknown>();
      for (let n = 0; n < count; n += 1) pids.add((await stage.json("/environ", init))["pid"]);
      return pids;
    };

    it("spreads requests over the hosts, and spares the backup", async () => {
      const pids = await pidsOf(20);
      expect(pids).toEqual(new Set([hosts[0]?.pid, hosts[1]?.pid]));
    });

    it("a 503 sends a GET on to another host, and never a POST", async () => {
      expect((await stage.fetch("/busy", { method: "POST", body: "once" })).status).toBe(503);
      expect((await stage.fetch("/busy")).status).toBe(503);
      // A process prints in order: once the GET is there, so is the POST before it.
      await Promise.all(hosts.map((host) => host.printed("busy GET")));
      const printed = hosts.map((host) => host.output).join("");
      expect(printed.match(/busy POST/g)).toHaveLength(1);
    });

    it("hosts that have gone are left out without a failed request, and the backup is the last", async () => {
      await hosts[0]?.stop();
      expect(await pidsOf(10, { method: "POST", body: "x" })).toEqual(new Set([hosts[1]?.pid]));
      await hosts[1]?.stop();
      expect(await pidsOf(10, { method: "POST", body: "x" })).toEqual(new Set([hosts[2]?.pid]));
    });
  });

  describe("authorizer.conf", () => {
    const stage = useStage(async (made) => {
      await made.serve("test/interop/applications/authorizer.ts", "unix:authorizer.sock");
      await made.serve(probe, "unix:app.sock");
      await made.startNginx("authorizer.conf");
    });
    const good = { Authorization: "Bearer good" };

    it("lets a request pass, with what the authorizer's Variable- header says", async () => {
      const headers = { ...good, "Remote-User": "mallory", "Variable-REMOTE_USER": "mallory" };
      expect(await stage.json("/a%20b/environ", { headers })).toMatchObject({
        REMOTE_USER: "ada",
        PATH_INFO: "/a b/environ",
      });
    });

    it("gives the body to the application alone", async () => {
      expect(await postBlocks(`${stage.origin}/digest`, 300_000, good)).toMatchObject(
        digestOfBlocks(300_000),
      );
    });

    it("refuses with 401 and the challenge, or with 403", async () => {
      const unknown = await stage.fetch("/environ");
      expect([unknown.status, unknown.headers.get("www-authenticate")]).toEqual([
        401,
        'Bearer realm="interop"',
      ]);
      expect((await stage.fetch("/forbidden/x", { headers: good })).status).toBe(403);
      expect((await stage.fetch("/a/../forbidden/x", { headers: good })).status).toBe(403);
    });

    it("cannot be asked by a client", async () => {
      expect((await stage.fetch("/.authorizer", { headers: good })).status).toBe(404);
    });
  });

  describe("x-accel-redirect.conf", () => {
    const stage = useStage(async (made) => {
      mkdirSync(join(made.directory, "files"));
      writeFileSync(join(made.directory, "files", "a report.txt"), "what nginx sends");
      await made.serve(probe, "unix:app.sock");
      await made.startNginx("x-accel-redirect.conf");
    });

    it("nginx sends the file that the application names", async () => {
      const answer = await stage.fetch("/accel");
      expect(await answer.text()).toBe("what nginx sends");
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "content-type": "text/x-report",
        "content-disposition": 'attachment; filename="report.txt"',
        "content-length": "16",
      });
    });

    it("answers a range of it, and nobody who asks by its own name", async () => {
      const part = await stage.fetch("/accel", { headers: { Range: "bytes=5-9" } });
      expect([part.status, await part.text()]).toEqual([206, "nginx"]);
      expect((await stage.fetch("/protected/a%20report.txt")).status).toBe(404);
    });
  });
});
