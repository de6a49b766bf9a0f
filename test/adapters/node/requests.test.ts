/** What a request of `fromNode` has in place of a connection: its target, its headers, its socket. */
import type { IncomingMessage, RequestListener } from "node:http";
import express from "express";
import { fastify } from "fastify";
import Koa from "koa";
import { describe, expect, expectTypeOf, it } from "vitest";
import { fromNode, toNode, type NodeListener } from "../../../src/adapters/index.ts";
import type { Application, Environ } from "../../../src/bridge/index.ts";
import { paramsWith } from "../../support/fastcgi-peer.ts";
import { startServing } from "../../support/serving.ts";

/** What `look` finds in a request with these variables; null takes one away. */
async function ask(
  look: (req: IncomingMessage) => unknown,
  variables: Readonly<Record<string, string>>,
  wrap: (application: Application) => Application = (application) => application,
): Promise<unknown> {
  const { connect } = await startServing(
    wrap(fromNode((req, res) => res.end(JSON.stringify(look(req) ?? null)))),
  );
  const peer = await connect();
  peer.request(1, paramsWith(variables));
  const { output } = await peer.answer(1);
  return JSON.parse(output.slice(output.indexOf("\r\n\r\n") + 4)) as unknown;
}

describe("req.url", () => {
  it.each<[string, Record<string, string>, string]>([
    ["as sent", { REQUEST_URI: "/a/b?c=d", PATH_INFO: "/a/b", QUERY_STRING: "c=d" }, "/a/b?c=d"],
    [
      "escapes survive",
      { REQUEST_URI: "/a%2Fb%c3%a9?x", PATH_INFO: "/a/b\u00c3\u00a9", QUERY_STRING: "x" },
      "/a%2Fb%c3%a9?x",
    ],
    [
      "below the mount",
      { SCRIPT_NAME: "/app", REQUEST_URI: "/app/x?y", PATH_INFO: "/x", QUERY_STRING: "y" },
      "/x?y",
    ],
    [
      "below an encoded mount",
      { SCRIPT_NAME: "/a b", REQUEST_URI: "/a%20b/x%20y", PATH_INFO: "/x y" },
      "/x%20y",
    ],
    [
      "at the mount itself",
      { SCRIPT_NAME: "/app", REQUEST_URI: "/app?q", PATH_INFO: "", QUERY_STRING: "q" },
      "/?q",
    ],
    ["an empty query", { REQUEST_URI: "/a?", PATH_INFO: "/a" }, "/a?"],
    [
      "a double slash is a path",
      { REQUEST_URI: "//evil.example/x", PATH_INFO: "//evil.example/x" },
      "//evil.example/x",
    ],
    ["an absolute target", { REQUEST_URI: "http://h/a?b", PATH_INFO: "/a", QUERY_STRING: "b" }, "/a?b"],
    ["*", { REQUEST_METHOD: "OPTIONS", REQUEST_URI: "*", PATH_INFO: "" }, "*"],
    ["no REQUEST_URI", { PATH_INFO: "/a b/\u00e9?", QUERY_STRING: "c" }, "/a%20b/%E9%3F?c"],
    [
      "a path that the web server rewrote",
      { REQUEST_URI: "/old?q", PATH_INFO: "/new page", QUERY_STRING: "q" },
      "/new%20page?q",
    ],
    ["a path that the web server normalised", { REQUEST_URI: "/x/../admin", PATH_INFO: "/admin" }, "/admin"],
    [
      "a query that was rewritten",
      { REQUEST_URI: "/a?old", PATH_INFO: "/a", QUERY_STRING: "new=1" },
      "/a?new=1",
    ],
  ])("%s", async (_, variables, url) => {
    expect(await ask((req) => req.url, variables)).toBe(url);
  });

  it("follows middleware that mounts", async () => {
    const mount =
      (application: Application): Application =>
      (environ, startResponse) => {
        environ.SCRIPT_NAME += "/blog";
        environ.PATH_INFO = environ.PATH_INFO.slice(5);
        return application(environ, startResponse);
      };
    const variables = { REQUEST_URI: "/blog/a%2Fb?c", PATH_INFO: "/blog/a/b", QUERY_STRING: "c" };
    expect(await ask((req) => req.url, variables, mount)).toBe("/a%2Fb?c");
  });
});

describe("req.headers", () => {
  it("has what the gateway has, in lower case, with Node's own spelling rules", async () => {
    const headers = await ask((req) => req.headers, {
      HTTP_HOST: "h",
      HTTP_X_FOO_BAR: "1",
      HTTP_COOKIE: "a=1; b=2",
      HTTP_ACCEPT: "x, y",
      CONTENT_TYPE: "text/plain",
      CONTENT_LENGTH: "0",
      HTTP_CONTENT_TYPE: "evil",
      HTTP_CONTENT_LENGTH: "99",
      REMOTE_USER: "ada",
    });
    expect(headers).toEqual({
      "content-type": "text/plain",
      "content-length": "0",
      host: "h",
      "x-foo-bar": "1",
      cookie: "a=1; b=2",
      accept: "x, y",
    });
  });

  it("takes __proto__ and constructor for names: H6", async () => {
    const look = (req: IncomingMessage): unknown => [
      Object.keys(req.headers).sort(),
      Object.getPrototypeOf(req.headers) === Object.prototype,
      req.headersDistinct["constructor"],
    ];
    const variables = { HTTP___PROTO__: "1", HTTP_CONSTRUCTOR: "2", HTTP_HASOWNPROPERTY: "3" };
    expect(await ask(look, variables)).toEqual([["--proto--", "constructor", "hasownproperty"], true, ["2"]]);
  });

  it("has both of a repeated header: H2", async () => {
    const { connect } = await startServing(fromNode((req, res) => res.end(JSON.stringify(req.headers))));
    const peer = await connect();
    peer.request(1, [
      ...paramsWith({ HTTP_COOKIE: "a=1", HTTP_X: "1" }),
      ["HTTP_COOKIE", "b=2"],
      ["HTTP_X", "2"],
    ]);
    const { output } = await peer.answer(1);
    expect(output).toContain('"cookie":"a=1; b=2","x":"1, 2"');
  });
});

describe("req.socket", () => {
  it("is the client's end as the web server saw it", async () => {
    const look = ({ socket }: IncomingMessage): unknown => [
      [socket.remoteAddress, socket.remotePort, socket.remoteFamily],
      [socket.localAddress, socket.localPort, socket.address()],
      (socket as { encrypted?: boolean }).encrypted,
    ];
    const variables = {
      REMOTE_ADDR: "2001:db8::1",
      REMOTE_PORT: "4711",
      SERVER_ADDR: "192.0.2.1",
      SERVER_PORT: "443",
      HTTPS: "on",
    };
    expect(await ask(look, variables)).toEqual([
      ["2001:db8::1", 4711, "IPv6"],
      ["192.0.2.1", 443, { address: "192.0.2.1", port: 443, family: "IPv4" }],
      true,
    ]);
  });

  it("has no address for a client on a UNIX socket", async () => {
    const look = ({ socket }: IncomingMessage): unknown => [socket.remoteAddress ?? "none", socket.address()];
    expect(await ask(look, { REMOTE_ADDR: "unix:", REMOTE_PORT: "" })).toEqual(["none", {}]);
  });
});

describe("types", () => {
  it("take every framework's handler without a cast", () => {
    expectTypeOf(express()).toExtend<NodeListener>();
    expectTypeOf(new Koa().callback()).toExtend<NodeListener>();
    expectTypeOf(fastify().routing).toExtend<NodeListener>();
    expectTypeOf<RequestListener>().toExtend<NodeListener>();
    expectTypeOf(toNode).returns.toExtend<RequestListener>();
    expectTypeOf(fromNode).returns.toEqualTypeOf<Application>();
    expectTypeOf<Parameters<NodeListener>[0]["environ"]>().toEqualTypeOf<Environ>();
  });
});
