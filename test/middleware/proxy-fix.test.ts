/** `proxyFix`: what proxies say, and what anybody can say who is none (users.md 7, security H7, O2, O10). */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import { proxyFix, type ForwardingHeader, type ProxyFixOptions } from "../../src/middleware/index.ts";
import { answering, get, run, type LooseApplication } from "../bridge/hosted.ts";
import { around } from "./around.ts";

interface Seen {
  readonly environ: Environ;
  readonly errors: readonly string[];
  readonly outer: Environ;
}

async function see(options: ProxyFixOptions, params: Readonly<Record<string, string>>): Promise<Seen> {
  let environ: Environ | undefined;
  let outer: Environ | undefined;
  const inner = around(proxyFix(options), (given, startResponse) => {
    environ = given;
    return answering([])(given, startResponse);
  });
  const application: LooseApplication = (given, startResponse) => {
    outer = given;
    return inner(given, startResponse);
  };
  const base = get.filter(([name]) => !(name in params));
  const { errors, log } = await run(application, { params: [...base, ...Object.entries(params)] });
  if (environ === undefined || outer === undefined) throw new Error(`not called: ${JSON.stringify(log)}`);
  return { environ, errors, outer };
}

const trusted = ["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"];
const all: readonly ForwardingHeader[] = [
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
];

const proxied = { REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "4711" } as const;

async function clientOf(
  chain: string,
  peer = "192.0.2.1",
  options: Partial<ProxyFixOptions> = {},
): Promise<string> {
  const { environ } = await see({ trusted, ...options }, { REMOTE_ADDR: peer, HTTP_X_FORWARDED_FOR: chain });
  return `${environ.REMOTE_ADDR}${environ.REMOTE_PORT === undefined ? "" : ` ${environ.REMOTE_PORT}`}`;
}

describe("proxyFix: who the client is", () => {
  it.each([
    ["one proxy", "198.51.100.7", "198.51.100.7"],
    ["two proxies", "198.51.100.7, 10.1.2.3", "198.51.100.7"],
    ["three, written closely", "198.51.100.7,10.1.2.3,2001:db8::5", "198.51.100.7"],
    ["a port", "198.51.100.7:5000", "198.51.100.7 5000"],
    ["IPv6", "2001:DB9:0:0::7", "2001:db9::7"],
    ["IPv6 in brackets", "[2001:db9::7]", "2001:db9::7"],
    ["IPv6 with a port", "[2001:db9::7]:5000", "2001:db9::7 5000"],
    ["IPv4 written as IPv6", "::ffff:198.51.100.7", "198.51.100.7"],
    ["IPv4 written as IPv6 in hexadecimal", "::ffff:c633:6407", "198.51.100.7"],
    ["a client inside of the trusted networks", "10.9.9.9, 10.1.2.3", "10.9.9.9"],
    ["empty parts", " , 198.51.100.7, ,", "198.51.100.7"],
  ])("%s: %s is %s", async (_name, chain, client) => {
    expect(await clientOf(chain)).toBe(client);
  });

  it.each([
    ["a client that names another", "203.0.113.9, 198.51.100.7", "198.51.100.7"],
    ["a client that names a proxy", "10.0.0.1, 198.51.100.7", "198.51.100.7"],
    ["a client that names a proxy and another before", "203.0.113.9, 10.0.0.1, 198.51.100.7", "198.51.100.7"],
    ["a client behind two proxies that names another", "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"],
    ["garbage in front of a client", "<script>, 198.51.100.7", "198.51.100.7"],
  ])("is not taken in by %s", async (_name, chain, client) => {
    expect(await clientOf(chain)).toBe(client);
  });

  it.each([
    ["a peer that is no proxy", "198.51.100.99"],
    ["an address next to a trusted one", "192.0.2.10"],
    ["an address that begins like a trusted one", "192.0.2.100"],
    ["an IPv6 address that ends like a trusted IPv4", "::192.0.2.1"],
    ["an IPv6 address whose octets begin like a trusted range", "0a00::1"],
    ["a trusted address in another notation", "192.0.2.01"],
    ["a peer on a UNIX socket", "unix:"],
    ["no address at all", ""],
  ])("believes nothing from %s", async (_name, peer) => {
    const params = {
      REMOTE_ADDR: peer,
      HTTP_X_FORWARDED_FOR: "203.0.113.9",
      HTTP_X_FORWARDED_PROTO: "https",
      HTTP_X_FORWARDED_HOST: "evil.example",
      HTTP_X_FORWARDED_PORT: "1",
      HTTP_X_FORWARDED_PREFIX: "/evil",
      HTTP_FORWARDED: "for=203.0.113.9;proto=https;host=evil.example",
    };
    for (const headers of [all, ["forwarded"] as const]) {
      const { environ, outer, errors } = await see({ trusted, headers }, params);
      expect(environ).toBe(outer);
      expect(environ).toMatchObject({ REMOTE_ADDR: peer, "wsgi.url_scheme": "http", SCRIPT_NAME: "/app" });
      expect(errors).toEqual([]);
    }
  });

  it.each(["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "10.255.0.1", "2001:DB8:ffff::1"])(
    "O2 knows a trusted peer in any notation: %s",
    async (peer) => {
      expect(await clientOf("198.51.100.7", peer)).toBe("198.51.100.7");
    },
  );

  it("takes a range of IPv4 that is written as IPv6", async () => {
    const options = { trusted: ["::ffff:10.0.0.0/104"] };
    expect(await clientOf("198.51.100.7", "10.4.5.6", options)).toBe("198.51.100.7");
    expect(await clientOf("198.51.100.7", "11.4.5.6", options)).toBe("11.4.5.6");
  });

  it.each([
    ["unknown", "unknown", "192.0.2.1", 0],
    ["a hidden one", "_hidden", "192.0.2.1", 0],
    ["a name", "localhost", "192.0.2.1", 1],
    ["half an address", "127.1", "192.0.2.1", 1],
    ["a hexadecimal address", "0x7f000001", "192.0.2.1", 1],
    ["a client that only looks like a proxy", "203.0.113.9, ::10.0.0.1", "::a00:1", 0],
    ["an address with a zone", "fe80::1%eth0", "192.0.2.1", 1],
    ["a port that is none", "198.51.100.7:99999", "192.0.2.1", 1],
    ["IPv4 in brackets", "[198.51.100.7]", "192.0.2.1", 1],
    ["a bracket", "[", "192.0.2.1", 1],
    ["nothing that is known behind a proxy", "203.0.113.9, what?, 10.1.2.3", "10.1.2.3", 1],
  ])("stops at what it does not know: %s", async (_name, chain, client, lines) => {
    const { environ, errors } = await see(
      { trusted },
      { REMOTE_ADDR: "192.0.2.1", HTTP_X_FORWARDED_FOR: chain },
    );
    expect([environ.REMOTE_ADDR, errors.length]).toEqual([client, lines]);
  });

  it("O5 names what it left out without its control characters", async () => {
    const { errors } = await see(
      { trusted },
      { ...proxied, HTTP_X_FORWARDED_FOR: `\u001b[2J${"x".repeat(500)}` },
    );
    expect(errors.join("")).toMatch(
      /^proxyFix: "[\x20-\x7e]{1,120}" in x-forwarded-for was left out of account\n$/,
    );
  });

  it.each(["", "unix:", "unix", "@", "/run/nginx.sock"])(
    "unix: true trusts a UNIX peer, REMOTE_ADDR %j",
    async (peer) => {
      const options = { trusted: [], unix: true };
      expect(await clientOf("198.51.100.7", peer, options)).toBe("198.51.100.7");
      expect(await clientOf("198.51.100.7, unix:", peer, options)).toBe("198.51.100.7");
      expect(await clientOf("198.51.100.7", "203.0.113.9", options)).toBe("203.0.113.9");
      expect(await clientOf("198.51.100.7", "unixy.example", options)).toBe("unixy.example");
    },
  );

  it("takes the peer's port and name away with its address, and keeps all three", async () => {
    const { environ } = await see(
      { trusted },
      { ...proxied, REMOTE_HOST: "proxy.example", HTTP_X_FORWARDED_FOR: "198.51.100.7" },
    );
    expect(environ).toMatchObject({ REMOTE_ADDR: "198.51.100.7" });
    expect("REMOTE_PORT" in environ || "REMOTE_HOST" in environ).toBe(false);
    expect(environ["tsgi.proxy_fix.original"]).toEqual({
      REMOTE_ADDR: "192.0.2.1",
      REMOTE_PORT: "4711",
      REMOTE_HOST: "proxy.example",
    });
  });
});

describe("proxyFix: what was asked for", () => {
  it("believes only X-Forwarded-For and -Proto unless told", async () => {
    const { environ } = await see(
      { trusted },
      {
        ...proxied,
        HTTP_HOST: "backend:8080",
        HTTP_X_FORWARDED_PROTO: "https",
        HTTP_X_FORWARDED_HOST: "evil.example",
        HTTP_X_FORWARDED_PORT: "1",
        HTTP_X_FORWARDED_PREFIX: "/evil",
        HTTP_FORWARDED: "for=203.0.113.9;host=evil.example",
      },
    );
    expect(environ).toMatchObject({
      REMOTE_ADDR: "192.0.2.1",
      HTTP_HOST: "backend:8080",
      SERVER_PORT: "443",
      SCRIPT_NAME: "/app",
      "wsgi.url_scheme": "https",
      HTTPS: "on",
      "tsgi.proxy_fix.original": { "wsgi.url_scheme": "http", SERVER_PORT: "80", HTTPS: undefined },
    });
  });

  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    [
      "https",
      { HTTP_X_FORWARDED_PROTO: "HTTPS" },
      { "wsgi.url_scheme": "https", HTTPS: "on", SERVER_PORT: "443" },
    ],
    [
      "http behind https",
      { HTTPS: "on", SERVER_PORT: "443", REQUEST_SCHEME: "https", HTTP_X_FORWARDED_PROTO: "http" },
      { "wsgi.url_scheme": "http", HTTPS: undefined, SERVER_PORT: "80", REQUEST_SCHEME: "http" },
    ],
    [
      "a scheme behind a port of its own",
      { SERVER_PORT: "8080", HTTP_X_FORWARDED_PROTO: "https" },
      { SERVER_PORT: "8080" },
    ],
    ["the last of several schemes", { HTTP_X_FORWARDED_PROTO: "https, http" }, { "wsgi.url_scheme": "http" }],
    [
      "a host",
      { HTTP_X_FORWARDED_HOST: "www.example.com" },
      { HTTP_HOST: "www.example.com", SERVER_NAME: "www.example.com", SERVER_PORT: "80" },
    ],
    [
      "a host with a port",
      { HTTP_X_FORWARDED_HOST: "evil.example, www.example.com:8443" },
      { HTTP_HOST: "www.example.com:8443", SERVER_NAME: "www.example.com", SERVER_PORT: "8443" },
    ],
    [
      "a host that is IPv6, under https",
      { HTTP_X_FORWARDED_HOST: "[2001:db8::1]", HTTP_X_FORWARDED_PROTO: "https" },
      { HTTP_HOST: "[2001:db8::1]", SERVER_NAME: "[2001:db8::1]", SERVER_PORT: "443" },
    ],
    [
      "a port",
      { HTTP_HOST: "example.com:80", HTTP_X_FORWARDED_PORT: "8443" },
      { HTTP_HOST: "example.com:8443", SERVER_PORT: "8443" },
    ],
    [
      "the scheme's own port",
      { HTTP_HOST: "example.com:8080", HTTP_X_FORWARDED_PORT: "443", HTTP_X_FORWARDED_PROTO: "https" },
      { HTTP_HOST: "example.com", SERVER_PORT: "443" },
    ],
    [
      "a port without a host",
      { HTTP_X_FORWARDED_PORT: "8443" },
      { HTTP_HOST: undefined, SERVER_PORT: "8443" },
    ],
    [
      "a prefix",
      { REQUEST_URI: "/app/x?y", HTTP_X_FORWARDED_PREFIX: "/outer/v1.2/" },
      { SCRIPT_NAME: "/outer/v1.2/app", PATH_INFO: "/x", REQUEST_URI: "/outer/v1.2/app/x?y" },
    ],
    ["the root as a prefix", { HTTP_X_FORWARDED_PREFIX: "/" }, { SCRIPT_NAME: "/app" }],
  ])("takes over %s", async (_name, params, expected) => {
    const { environ, errors } = await see({ trusted, headers: all }, { ...proxied, ...params });
    for (const [name, value] of Object.entries(expected))
      expect([name, environ[name]]).toEqual([name, value]);
    expect(errors).toEqual([]);
  });

  it.each([
    ["HTTP_X_FORWARDED_PROTO", "ftp"],
    ["HTTP_X_FORWARDED_PROTO", "https, javascript"],
    ["HTTP_X_FORWARDED_HOST", "a b"],
    ["HTTP_X_FORWARDED_HOST", "evil.example/path"],
    ["HTTP_X_FORWARDED_HOST", "user@evil.example"],
    ["HTTP_X_FORWARDED_HOST", "example.com:99999"],
    ["HTTP_X_FORWARDED_HOST", "example.com:"],
    ["HTTP_X_FORWARDED_HOST", "-"],
    ["HTTP_X_FORWARDED_HOST", "[::g]"],
    ["HTTP_X_FORWARDED_HOST", `${"a".repeat(300)}.example`],
    ["HTTP_X_FORWARDED_PORT", "0"],
    ["HTTP_X_FORWARDED_PORT", "65536"],
    ["HTTP_X_FORWARDED_PORT", "+80"],
    ["HTTP_X_FORWARDED_PREFIX", "outer"],
    ["HTTP_X_FORWARDED_PREFIX", "//evil.example"],
    ["HTTP_X_FORWARDED_PREFIX", "/a/../b"],
    ["HTTP_X_FORWARDED_PREFIX", "/a%2fb"],
    ["HTTP_X_FORWARDED_PREFIX", "/a?b"],
  ])("leaves %s %j, with a line on wsgi.errors", async (name, value) => {
    const { environ, outer, errors } = await see({ trusted, headers: all }, { ...proxied, [name]: value });
    expect(environ).toBe(outer);
    expect(errors.length).toBe(1);
  });
});

describe("proxyFix: Forwarded (RFC 7239)", () => {
  const forwarded = (header: string): Promise<Seen> =>
    see({ trusted, headers: ["forwarded"] }, { ...proxied, HTTP_FORWARDED: header });

  it.each<[string, Record<string, unknown>]>([
    ["for=198.51.100.7", { REMOTE_ADDR: "198.51.100.7" }],
    ['For="198.51.100.7:5000"', { REMOTE_ADDR: "198.51.100.7", REMOTE_PORT: "5000" }],
    ['for="198.51.100.7:_hidden"', { REMOTE_ADDR: "198.51.100.7", REMOTE_PORT: undefined }],
    ['for="[2001:db9:cafe::17]:4711"', { REMOTE_ADDR: "2001:db9:cafe::17", REMOTE_PORT: "4711" }],
    [
      "for=198.51.100.7;proto=https;host=example.com;by=203.0.113.43",
      {
        REMOTE_ADDR: "198.51.100.7",
        "wsgi.url_scheme": "https",
        HTTP_HOST: "example.com",
        SERVER_PORT: "443",
      },
    ],
    ['for=198.51.100.7; proto="https" ; host="ex\\ample.com:8443"', { HTTP_HOST: "example.com:8443" }],
    // The proxy that the client spoke to knows the scheme; the inner one speaks plain http.
    [
      "for=198.51.100.7;proto=https;host=example.com, for=10.0.0.9;proto=http;host=inner",
      { REMOTE_ADDR: "198.51.100.7", "wsgi.url_scheme": "https", HTTP_HOST: "example.com" },
    ],
    // What stands left of the client is the client's own.
    [
      "for=10.0.0.1;proto=https;host=evil.example, for=198.51.100.7;proto=http;host=example.com",
      { REMOTE_ADDR: "198.51.100.7", "wsgi.url_scheme": "http", HTTP_HOST: "example.com" },
    ],
    ["for=unknown;proto=https", { REMOTE_ADDR: "192.0.2.1", "wsgi.url_scheme": "https" }],
    ["for=_secret, for=10.1.1.1", { REMOTE_ADDR: "10.1.1.1" }],
    ["proto=https", { REMOTE_ADDR: "192.0.2.1", "wsgi.url_scheme": "https" }],
    [" ,for=198.51.100.7 ,, ", { REMOTE_ADDR: "198.51.100.7" }],
    ['for="198.51.100.7";ext="a,b;c=\\"d"', { REMOTE_ADDR: "198.51.100.7" }],
  ])("%s", async (header, expected) => {
    const { environ, errors } = await forwarded(header);
    for (const [name, value] of Object.entries(expected))
      expect([name, environ[name]]).toEqual([name, value]);
    expect(errors).toEqual([]);
  });

  it.each([
    'for="198.51.100.7',
    "for=198.51.100.7 proto=https",
    "for 198.51.100.7",
    "=198.51.100.7",
    "for=198.51.100.7;for=203.0.113.9",
    "for=2001:db9::7 x",
    'for="198.51.100.7"x',
  ])("does nothing with one that is not well formed: %s", async (header) => {
    const { environ, outer, errors } = await forwarded(header);
    expect(environ).toBe(outer);
    expect(errors.length).toBe(1);
  });

  it("O10 reads a long one in linear time", async () => {
    const pieces = ["for=10.0.0.1,", " ", "for=", '"', '\\"', ";", "=", "a", "[", ":", "/", "."];
    for (const piece of pieces) {
      const header = `${piece.repeat(60_000 / piece.length)}(`;
      const params = {
        ...proxied,
        HTTP_FORWARDED: header,
        HTTP_X_FORWARDED_FOR: header,
        HTTP_X_FORWARDED_HOST: header,
        HTTP_X_FORWARDED_PREFIX: header,
      };
      const before = process.cpuUsage().user;
      await see({ trusted, headers: ["forwarded", "x-forwarded-prefix", "x-forwarded-port"] }, params);
      await see({ trusted, headers: all }, params);
      // Quadratic would be a minute.
      expect(process.cpuUsage(undefined).user - before, piece).toBeLessThan(3_000_000);
    }
  });
});

it("proxyFix never fails, and never makes an address of what is none", async () => {
  const bits = fc.constantFrom(
    "for=",
    "10.0.0.1",
    "198.51.100.7",
    "[",
    "]",
    "::",
    ":80",
    ",",
    ";",
    '"',
    "\\",
    " ",
    "proto=https",
    "host=",
    "_x",
    "\u00ff",
  );
  const header = fc.array(bits, { maxLength: 12 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(header, fc.boolean(), async (text, isForwarded) => {
      const { environ } = await see(
        { trusted, headers: isForwarded ? ["forwarded"] : all },
        { ...proxied, HTTP_FORWARDED: text, HTTP_X_FORWARDED_FOR: text, HTTP_X_FORWARDED_HOST: text },
      );
      expect(environ.REMOTE_ADDR).toMatch(
        /^(?:192\.0\.2\.1|10\.0\.0\.1|198\.51\.100\.7|[0-9a-f:]+(?:10\.0\.0\.1|198\.51\.100\.7)?)$/,
      );
    }),
  );
});

describe("proxyFix refuses when it is made", () => {
  it.each<[string, unknown, string]>([
    ["no options", undefined, "trusted is undefined"],
    ["no trusted", {}, "trusted is undefined"],
    ["an empty list", { trusted: [] }, "trusted is empty"],
    ["a string", { trusted: "10.0.0.0/8" }, "trusted is a string"],
    ["a name", { trusted: ["proxy.example"] }, 'a string ("proxy.example")'],
    ["everybody by a star", { trusted: ["*"] }, 'a string ("*")'],
    ["a prefix that is too long", { trusted: ["10.0.0.0/33"] }, 'a string ("10.0.0.0/33")'],
    ["a prefix of IPv6 that is too short for IPv4", { trusted: ["::ffff:10.0.0.0/8"] }, "a string"],
    ["a mask", { trusted: ["10.0.0.0/255.0.0.0"] }, "a string"],
    ["half an address", { trusted: ["10.1"] }, "a string"],
    ["a number", { trusted: [10] }, "a number (10)"],
    ["an unknown header", { trusted, headers: ["x-real-ip"] }, 'headers has a string ("x-real-ip")'],
    [
      "both kinds of headers",
      { trusted, headers: ["forwarded", "x-forwarded-for"] },
      "both forwarded and x-forwarded-for",
    ],
  ])("%s", (_name, options, words) => {
    expect(() => proxyFix(options as ProxyFixOptions)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_OPTION",
        message: expect.stringContaining(words),
      }) as Error,
    );
  });
});
