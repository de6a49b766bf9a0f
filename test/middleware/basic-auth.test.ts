/** `basicAuth`: RFC 7617, and headers that are nothing of the kind. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import { basicAuth, type BasicAuthOptions } from "../../src/middleware/index.ts";
import { answering, get, octets, run, type Hosted, type LooseApplication } from "../bridge/hosted.ts";
import { around } from "./around.ts";

const users = { ann: "pass:word", "zo\u00eb": "caf\u00e9", empty: "", constructor: "own" };
const basic = (credentials: string | Uint8Array): string =>
  `Basic ${Buffer.from(credentials).toString("base64")}`;

const saysUser: LooseApplication = ({ REMOTE_USER, AUTH_TYPE }, startResponse) =>
  answering([octets(`${REMOTE_USER} ${AUTH_TYPE}`)])({}, startResponse);

function ask(
  header: string | undefined,
  options: BasicAuthOptions = { users },
  name = "HTTP_AUTHORIZATION",
): Promise<Hosted> {
  const params = header === undefined ? get : [...get, [name, header] as const];
  return run(around(basicAuth(options), saysUser), { params: [...params, ["REMOTE_USER", "mallory"]] });
}

describe("basicAuth", () => {
  it.each([
    ["a user", basic("ann:pass:word"), "ann Basic"],
    ["a user whose name and password are UTF-8", basic("zo\u00eb:caf\u00e9"), "zo\u00c3\u00ab Basic"],
    ["a name in another normal form", basic("zoe\u0308:cafe\u0301"), "zoe\u00cc\u0088 Basic"],
    ["an empty password", basic("empty:"), "empty Basic"],
    ["a name that objects inherit", basic("constructor:own"), "constructor Basic"],
    ["the scheme in any case, spaces around", `bASIC   ${basic("ann:pass:word").slice(6)} `, "ann Basic"],
    ["base64 without its padding", basic("zo\u00eb:caf\u00e9").replace(/=+$/, ""), "zo\u00c3\u00ab Basic"],
  ])("lets %s in", async (_name, header, said) => {
    const { sink } = await ask(header);
    expect([sink.status, sink.text]).toEqual([
      "200 OK",
      said.replaceAll(/[^\0-\x7f]/g, (c) => Buffer.from(c).toString("latin1")),
    ]);
  });

  it.each([
    ["no header", undefined],
    ["an empty header", ""],
    ["a wrong password", basic("ann:password")],
    ["a password that begins right", basic("ann:pass:wor")],
    ["an unknown user", basic("bob:pass:word")],
    ["an unknown user without a password", basic("bob:")],
    ["a user in other letters", basic("Ann:pass:word")],
    ["a name of Object.prototype", basic("toString:x")],
    ["__proto__", basic("__proto__:x")],
    ["no colon", basic("ann")],
    ["nothing in it", basic("")],
    ["the scheme alone", "Basic"],
    ["the scheme and a space", "Basic "],
    ["no scheme", basic("ann:pass:word").slice(6)],
    ["another scheme", `Bearer ${basic("ann:pass:word").slice(6)}`],
    ["two headers that were joined", `${basic("ann:pass:word")}, ${basic("ann:pass:word")}`],
    ["what is no base64", "Basic ann:pass:word"],
    ["base64 of the URL kind", `Basic ${Buffer.from("ann:\u00ff\u00ff").toString("base64url")}-_`],
    ["octets that are no UTF-8", basic(Uint8Array.from([0x61, 0x6e, 0x6e, 0x3a, 0xff]))],
    ["a NUL", basic("ann\0:pass:word")],
    ["a line end", basic("ann:pass:word\n")],
    ["a byte order mark", basic("\ufeffann:pass:word")],
  ])("answers 401 to %s", async (_name, header) => {
    const { sink, log } = await ask(header);
    expect([sink.status, sink.text, sink.header("www-authenticate"), log]).toEqual([
      "401 Unauthorized",
      "Unauthorized\n",
      'Basic realm="Restricted", charset="UTF-8"',
      [],
    ]);
  });

  it("answers 401 to any header whatever, and never fails", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `Basic ${text}`),
          fc.uint8Array().map(basic),
        ),
        async (header) => {
          const native = Buffer.from(header.replaceAll("\0", "")).toString("latin1");
          const { sink, log } = await ask(native);
          expect([sink.status, log]).toEqual(["401 Unauthorized", []]);
        },
      ),
    );
  });

  it("does not call the application without a right password", async () => {
    let called = false;
    await run(
      around(basicAuth({ users }), (_environ, startResponse) => {
        called = true;
        return answering([])({}, startResponse);
      }),
    );
    expect(called).toBe(false);
  });

  it.each([
    ["HTTP_AUTHORIZATION", false, "200 OK"],
    ["AUTHORIZATION", false, "200 OK"],
    ["REDIRECT_HTTP_AUTHORIZATION", false, "401 Unauthorized"],
    ["REDIRECT_HTTP_AUTHORIZATION", true, "200 OK"],
  ])("reads %s, acceptRedirected %s: %s", async (name, acceptRedirected, status) => {
    const { sink } = await ask(basic("ann:pass:word"), { users, acceptRedirected }, name);
    expect(sink.status).toBe(status);
  });

  it("keeps a realm one quoted string", async () => {
    const { sink } = await ask(undefined, { users, realm: 'a "b" \\c' });
    expect(sink.header("www-authenticate")).toBe('Basic realm="a \\"b\\" \\\\c", charset="UTF-8"');
  });

  it.each<[string, BasicAuthOptions["verify"], string]>([
    ["true", () => true, "200 OK"],
    ["false", () => false, "401 Unauthorized"],
    ["a promise of true", () => Promise.resolve(true), "200 OK"],
    ["a promise of false", () => Promise.resolve(false), "401 Unauthorized"],
    ["what is only true-like", () => ({ user: "ann" }) as never, "401 Unauthorized"],
    ["a promise of what is only true-like", () => Promise.resolve(1 as never), "401 Unauthorized"],
  ])("asks verify, which says %s", async (_name, verify, status) => {
    const { sink } = await ask(basic("ann:x"), { verify: verify! });
    expect(sink.status).toBe(status);
  });

  it("gives verify the decoded texts and the request", async () => {
    const seen: unknown[] = [];
    await ask(basic("zo\u00eb:caf\u00e9"), {
      verify: (user, password, environ: Environ) => {
        seen.push(user, password, environ.PATH_INFO);
        return false;
      },
    });
    expect(seen).toEqual(["zo\u00eb", "caf\u00e9", "/x"]);
  });

  it.each<[string, BasicAuthOptions["verify"]]>([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no database"))],
  ])("answers 500, not 200 or 401, when verify %s", async (_name, verify) => {
    const { sink, log } = await ask(basic("ann:x"), { verify: verify! });
    expect(sink.status).toBe("500 Internal Server Error");
    expect(log[0]?.message).toContain("no database");
  });

  it.each<[string, BasicAuthOptions, string]>([
    ["neither users nor verify", {}, "neither users nor verify is set"],
    ["both", { users, verify: () => true }, "both users and verify are set"],
    ["a colon in a name", { users: { "a:b": "x" } }, 'the user a string ("a:b")'],
    ["a password that is no string", { users: { a: 7 as never } }, 'the user a string ("a")'],
    ["a control character", { users: { a: "x\n" } }, 'the user a string ("a")'],
    ["a realm past ASCII", { users, realm: "caf\u00e9" }, "realm is a string"],
    ["a realm with a line end", { users, realm: "a\r\nb" }, "realm is a string"],
  ])("refuses %s when it is made", (_name, options, words) => {
    expect(() => basicAuth(options)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_OPTION",
        message: expect.stringContaining(words),
      }) as Error,
    );
  });
});
