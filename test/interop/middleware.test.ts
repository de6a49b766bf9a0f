/** The basic middleware behind a real nginx: what it needs of a request arrives, what it adds to an answer leaves. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithServers, Stage } from "../support/nginx.ts";
import type { RunningProcess } from "../support/process.ts";

describeWithServers("middleware behind nginx", () => {
  const stage = new Stage();
  let host: RunningProcess;
  beforeAll(async () => {
    host = await stage.serve("test/interop/applications/middleware.ts", "unix:app.sock");
    await stage.startNginx("fastcgi-unix.conf");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const authorization = `Basic ${Buffer.from("ann:pass").toString("base64")}`;

  it("asks for a password, and lets in who has one", async () => {
    const refused = await stage.fetch("/one");
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="Restricted", charset="UTF-8"',
    ]);
    expect(await stage.json("/two", { headers: { authorization } })).toMatchObject({
      user: "ann",
      scheme: "http",
    });
    await host.printed("LOG 127.0.0.1 ann GET /two HTTP/1.1 200");
    expect(host.output).toContain("LOG 127.0.0.1 - GET /one HTTP/1.1 401 13 -");
  });

  it("keeps a session over requests", async () => {
    const first = await stage.fetch("/", { headers: { authorization } });
    expect(await first.json()).toMatchObject({ visits: 1 });
    const [cookie = ""] = first.headers.getSetCookie();
    expect(cookie).toMatch(/^sid=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
    const headers = { authorization, cookie: cookie.split(";")[0]! };
    expect(await stage.json("/", { headers })).toMatchObject({ visits: 2 });
    expect(await stage.json("/", { headers })).toMatchObject({ visits: 3 });
  });

  it("reads a form's method, and leaves the form to the application", async () => {
    const body = new URLSearchParams({ name: "a b", _method: "DELETE" });
    expect(await stage.json("/", { method: "POST", headers: { authorization }, body })).toMatchObject({
      method: "DELETE",
      original: "POST",
      body: "name=a+b&_method=DELETE",
    });
  });

  it("believes the proxy that stands in front, which here is the client itself", async () => {
    const headers = {
      authorization,
      "x-forwarded-for": "203.0.113.9, 198.51.100.7",
      "x-forwarded-proto": "https",
    };
    const answer = await stage.fetch("/", { headers });
    expect(await answer.json()).toMatchObject({ address: "198.51.100.7", scheme: "https" });
    expect(answer.headers.getSetCookie()[0]).toContain("; Secure");
  });

  it("answers for an application that fails, without its secrets, and logs both", async () => {
    const answer = await stage.fetch("/fails", { headers: { authorization, accept: "text/html" } });
    const text = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([500, "text/html; charset=utf-8"]);
    expect(text).toContain("<h1>Internal Server Error</h1>");
    expect(text).not.toContain("secret");
    await host.printed("LOG 127.0.0.1 ann GET /fails HTTP/1.1 500");
    expect(host.output).toContain("the application failed: Error: a secret of the application");
  });
});
