/**
 * FastCGI Authorizers behind Apache (mod_authnz_fcgi) and lighttpd, with the shipped authorizer.conf of each.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { ExampleStage } from "../support/example-stage.ts";
import { describeWithServers } from "../support/nginx.ts";

const basic = (user: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${btoa(`${user}:${password}`)}`,
});

describeWithServers("apache-examples/authorizer.conf", () => {
  const stage = new ExampleStage();
  const heard: Array<Record<string, unknown>> = [];

  /** Apache takes the password out of the header and gives it as a variable of its own. */
  const guard: Application = (environ, startResponse) => {
    const { REMOTE_USER, REMOTE_PASSWD, REQUEST_URI } = environ;
    heard.push({ role: environ["tsgi.role"], REMOTE_USER, REQUEST_URI });
    const known = REMOTE_USER === "ada" && REMOTE_PASSWD === "lovelace";
    startResponse(known ? "200 OK" : "401 Unauthorized", []);
    return [];
  };

  beforeAll(async () => {
    mkdirSync(join(stage.directory, "files"));
    writeFileSync(join(stage.directory, "files", "report.txt"), "the report");
    await stage.host(guard, "127.0.0.1:9000");
    await stage.start("apache", "authorizer.conf");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("W15 lets a request pass that the application answers 200, without a body to wait for", async () => {
    const answer = await fetch(`${stage.origin}/files/report.txt`, { headers: basic("ada", "lovelace") });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("the report");
    expect(heard).toContainEqual({
      role: "authorizer",
      REMOTE_USER: "ada",
      REQUEST_URI: "/files/report.txt",
    });
  });

  it("refuses what the application refuses", async () => {
    const answer = await fetch(`${stage.origin}/files/report.txt`, { headers: basic("ada", "guess") });
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain("the report");
  });

  it("asks for credentials itself where none came", async () => {
    const answer = await fetch(`${stage.origin}/files/report.txt`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Basic realm="files"');
  });
});

describeWithServers("lighttpd-examples/authorizer.conf", () => {
  const stage = new ExampleStage();

  const guard: Application = (environ, startResponse) => {
    if (environ.HTTP_AUTHORIZATION === "Bearer good") {
      startResponse("200 OK", [
        ["Variable-REMOTE_USER", "ada"],
        ["Variable-GUARD_ROLE", environ["tsgi.role"]],
      ]);
      return [];
    }
    startResponse("403 Forbidden", [["Content-Type", "text/plain"]]);
    return [Buffer.from("not for you")];
  };
  const behind: Application = async (environ, startResponse) => {
    const body = Buffer.from(await environ["wsgi.input"].read()).toString();
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return [
      Buffer.from(`${environ.REMOTE_USER} ${String(environ["GUARD_ROLE"])} ${environ.PATH_INFO} ${body}`),
    ];
  };

  beforeAll(async () => {
    await stage.host(guard, "127.0.0.1:9000");
    await stage.host(behind, "unix:/run/tsgi/app.sock");
    await stage.start("lighttpd", "authorizer.conf");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each([
    ["GET", undefined, "ada authorizer /page "],
    ["POST", "the body", "ada authorizer /page the body"],
  ])("W15 %s passes, and Variable-* become the application's variables", async (method, body, expected) => {
    const headers = { Authorization: "Bearer good" };
    const answer = await fetch(`${stage.origin}/page`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    expect(await answer.text()).toBe(expected);
    expect(answer.status).toBe(200);
  });

  it("sends the authorizer's refusal, body included", async () => {
    const answer = await fetch(`${stage.origin}/page`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toBe("not for you");
  });
});
