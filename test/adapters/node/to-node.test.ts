/** `toNode`: an application in Node's http server, in Express, and through `fromNode` again. */
import express from "express";
import { describe, expect, it } from "vitest";
import { fromNode, toNode } from "../../../src/adapters/index.ts";
import type { Application } from "../../../src/bridge/index.ts";
import { serve } from "../../../src/server/index.ts";
import { itConforms } from "../../support/embedded-site.ts";
import { RawConnection } from "../../support/http-client.ts";
import { gate, hello } from "../../support/serving.ts";
import { startNodeSite, startPlainSite } from "./sites.ts";

const showEnviron: Application = (environ, startResponse) => {
  const shown = Object.fromEntries(Object.entries(environ).filter(([, value]) => typeof value === "string"));
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return [Buffer.from(JSON.stringify(shown))];
};

const quiet = { log: () => {}, writeErrors: () => {} };

describe("toNode in Node's http server", () => {
  it("builds the environ that serve({ http }) builds", async () => {
    const plain = await startPlainSite(toNode(showEnviron));
    const headers = { "X-One": "1", Cookie: "a=1" };
    const http = await serve(showEnviron, { http: "127.0.0.1:0" });
    const { address } = http.addresses[0]!;
    if (address.kind !== "tcp") throw new Error("no port");
    const [expected, got] = await Promise.all(
      [address.port, plain.port].map(async (port) => {
        const answer = await fetch(`http://127.0.0.1:${port}/a%20b?c=d`, { headers });
        const environ = (await answer.json()) as Record<string, string>;
        for (const name of ["REMOTE_PORT", "SERVER_PORT", "HTTP_HOST"]) delete environ[name];
        return environ;
      }),
    );
    await http.close({ graceMs: 0 });
    expect(got).toEqual(expected);
    expect(got).toMatchObject({ PATH_INFO: "/a b", REQUEST_URI: "/a%20b?c=d", SCRIPT_NAME: "" });
  });

  it("takes a request body, and tells the application when the client goes", async () => {
    const gone = gate();
    const site = await startPlainSite(
      toNode(async (environ, startResponse) => {
        environ["tsgi.signal"].addEventListener("abort", () => gone.open());
        const body = await environ["wsgi.input"].read();
        startResponse("200 OK", []);
        return [body];
      }, quiet),
    );
    const answer = await site.fetch("/", { method: "POST", body: "posted" });
    expect(await answer.text()).toBe("posted");
    const client = await RawConnection.open(site.port);
    await client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
    client.abort();
    await gone.opened;
  });

  it("answers 500 and logs when the application fails", async () => {
    const lines: string[] = [];
    const site = await startPlainSite(
      toNode(
        () => {
          throw new Error("out of tea");
        },
        { log: ({ message }) => lines.push(message) },
      ),
    );
    expect((await site.fetch("/")).status).toBe(500);
    expect(lines.join()).toContain("out of tea");
  });

  it("keeps the limit of a body: 413", async () => {
    const site = await startPlainSite(toNode(hello, { ...quiet, maxBodyOctets: 3 }));
    expect((await site.fetch("/", { method: "POST", body: "four" })).status).toBe(413);
  });
});

describe("toNode in Express", () => {
  it("takes the mount for SCRIPT_NAME, and keeps headers that were set before", async () => {
    const app = express();
    app.use((_, res, next) => {
      res.append("Set-Cookie", "session=1");
      next();
    });
    app.use(
      "/wiki",
      toNode((environ, startResponse) => {
        startResponse("200 OK", [
          ["X-One", "a"],
          ["x-one", "b"],
        ]);
        return [Buffer.from([environ.SCRIPT_NAME, environ.PATH_INFO, environ.REQUEST_URI].join(" "))];
      }),
    );
    const site = await startPlainSite(app);
    const answer = await site.fetch("/wiki/a%20page?x=1");
    expect(await answer.text()).toBe("/wiki /a page /wiki/a%20page?x=1");
    expect(answer.headers.get("x-one")).toBe("a, b");
    expect(answer.headers.getSetCookie()).toEqual(["session=1"]);
  });

  it("behind fromNode keeps what the web server said", async () => {
    const app = express().use("/wiki", toNode(showEnviron));
    const params = { REMOTE_USER: "ada", REMOTE_ADDR: "192.0.2.1", HTTPS: "on" };
    const site = await startNodeSite(fromNode(app), { params, scriptName: "/app" });
    const environ = (await (await site.fetch("/app/wiki/x?y=1")).json()) as object;
    expect(environ).toMatchObject({
      ...params,
      SCRIPT_NAME: "/app/wiki",
      PATH_INFO: "/x",
      REQUEST_URI: "/app/wiki/x?y=1",
      "wsgi.url_scheme": "https",
    });
  });
});

describe.each([
  ["root", ""],
  ["sub-path", "/app"],
])("fromNode(toNode(application)) at the %s", (_, mount) => {
  itConforms((application) => fromNode(toNode(application, quiet)), { mount });
});
