/** Who may connect over TCP (security O2), through real sockets, and the list itself. */
import { connect } from "node:net";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Address } from "../../src/protocols/address.ts";
import { parsePeerList } from "../../src/server/peer-list.ts";
import type { ServeOptions } from "../../src/server/index.ts";
import { serve } from "../../src/server/index.ts";
import { FastcgiPeer } from "../support/fastcgi-peer.ts";
import { hello, startServing, temporaryDirectory } from "../support/serving.ts";

/** What a connection is answered; "" when it is closed unheard. */
async function answerAt(address: Address, host?: string): Promise<string> {
  if (address.kind !== "tcp") throw new Error("not over TCP");
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, host ?? address.host);
    let text = "";
    socket.setEncoding("latin1").on("data", (more: string) => {
      text += more;
    });
    // A reset is a refusal too: what was sent has not been read.
    socket.on("error", (error: NodeJS.ErrnoException) =>
      ["ECONNRESET", "EPIPE"].includes(error.code ?? "") ? resolve(text) : reject(error),
    );
    socket.on("close", () => resolve(text));
    // FastCGI: GET_VALUES without a name; HTTP: a bad request. Both are answered.
    socket.end("\x01\x09\x00\x00\x00\x00\x00\x00", "latin1");
  });
}

async function serving(options: ServeOptions): ReturnType<typeof startServing> {
  return startServing(hello, options);
}

describe("a list of peers", () => {
  it.each<[entry: string, inside: string[], outside: string[]]>([
    [
      "192.0.2.1",
      ["192.0.2.1", "::ffff:192.0.2.1"],
      ["192.0.2.10", "192.0.2.2", "::192.0.2.1", "2001:db8::1"],
    ],
    ["10.0.0.0/8", ["10.0.0.1", "10.255.255.255", "::ffff:10.1.2.3"], ["11.0.0.0", "9.255.255.255"]],
    ["10.1.2.3/8", ["10.9.9.9"], ["11.0.0.1"]],
    ["0.0.0.0/0", ["1.2.3.4", "::ffff:1.2.3.4"], ["::1", "fe80::1%eth0"]],
    ["::1", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "::ffff:0.0.0.1", "127.0.0.1"]],
    // PHP-FPM compared 12 of these 16 octets.
    ["2001:db8::1", ["2001:db8::1"], ["2001:db8::2", "2001:db8::ffff:ffff"]],
    ["fd00::/8", ["fd00::1", "fdff::"], ["fe00::", "fc00::1"]],
    ["fe80::/10", ["fe80::1%eth0"], ["fec0::1"]],
    ["::ffff:192.0.2.0/120", ["192.0.2.77", "::ffff:192.0.2.1"], ["192.0.3.1"]],
    ["::/0", ["::1", "2001:db8::1"], ["10.0.0.1"]],
  ])("O2 %s has %j and not %j", (entry, inside, outside) => {
    const list = parsePeerList([entry], "allow");
    expect(inside.filter((address) => !list(address))).toEqual([]);
    expect(outside.filter((address) => list(address))).toEqual([]);
  });

  it.each([
    "",
    "localhost",
    "127.1",
    "0x7f.0.0.1",
    "010.0.0.1",
    "::ffff:010.0.0.1",
    "::ffff:0xa.0.0.1",
    "::10.0.0.256",
    "1.2.3",
    "1.2.3.4/33",
    "::/129",
    "1.2.3.4/",
    "1.2.3.4/08",
    "fe80::1%eth0",
    "10.0.0.0/8/8",
    "1.2.3.4:80",
    "[::1]",
    "10.0.0.*",
    " 10.0.0.1",
  ])("refuses the entry %j", (entry) => {
    expect(() => parsePeerList([entry], "allow")).toThrow("expected an IP address or a network");
  });

  it("refuses to list nobody", () => {
    expect(() => parsePeerList([], "allow")).toThrow("lists nobody");
  });

  it("compares as many bits as it says, by arithmetic of its own", () => {
    const address = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
    const value = (octets: number[]): number => octets.reduce((sum, octet) => sum * 256 + octet, 0);
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (network, peer, bits) => {
        const size = 2 ** (32 - bits);
        const expected = Math.floor(value(network) / size) === Math.floor(value(peer) / size);
        const list = parsePeerList([`${network.join(".")}/${bits}`], "allow");
        expect(list(peer.join("."))).toBe(expected);
        expect(list(`::ffff:${peer.join(".")}`)).toBe(expected);
      }),
    );
  });

  it("has nobody in it who has no IP address", () => {
    const list = parsePeerList(["::/0", "0.0.0.0/0"], "allow");
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(list(`x${text}`)).toBe(false);
      }),
    );
  });
});

describe("serve({ allow })", () => {
  it("answers who is listed, and closes everybody else unheard, with one line for all", async () => {
    const { address, logged, server } = await serving({
      fastcgi: "127.0.0.1:0",
      allow: ["10.0.0.0/8", "::1"],
    });
    expect(await Promise.all([answerAt(address), answerAt(address), answerAt(address)])).toEqual([
      "",
      "",
      "",
    ]);
    const { message } = await logged("ERR_PEER_REFUSED");
    expect(message).toMatch(
      /^3 connection\(s\) closed unheard, the last of 127\.0\.0\.1 at 127\.0\.0\.1:\d+: /,
    );
    expect(server.connections).toBe(0);
    const open = await serving({ fastcgi: "127.0.0.1:0", allow: ["10.0.0.0/8", "127.0.0.1"] });
    expect(await answerAt(open.address)).not.toBe("");
  });

  it("knows an IPv4 peer of an IPv6 socket", async () => {
    const { address } = await serving({ fastcgi: "[::]:0", allow: ["127.0.0.1"] });
    expect(await answerAt(address, "127.0.0.1")).not.toBe("");
    expect(await answerAt(address, "::1")).toBe("");
  });

  it("holds for SCGI and HTTP", async () => {
    const { server, logged } = await serving({
      fastcgi: [],
      scgi: "127.0.0.1:0",
      http: "127.0.0.1:0",
      allow: ["::1"],
    });
    for (const { address } of server.addresses) expect(await answerAt(address)).toBe("");
    await logged("ERR_PEER_REFUSED");
    const open = await serving({ fastcgi: [], http: "127.0.0.1:0", allow: ["127.0.0.1"] });
    expect(await answerAt(open.address)).toContain("400");
  });

  it("leaves UNIX sockets to their mode", async () => {
    const { connect: connectPeer } = await serving({
      allow: ["192.0.2.1"],
      fastcgi: `unix:${join(temporaryDirectory(), "s")}`,
    });
    const peer = await connectPeer();
    peer.request(1);
    expect((await peer.answer(1)).output).toContain("hello");
  });

  it("refuses an entry that it does not understand, before it listens", async () => {
    await expect(serve(hello, { fastcgi: ":0", allow: ["10.0.0.0/99"] })).rejects.toMatchObject({
      code: "ERR_CONFIG_OPTION",
    });
  });
});

describe("FCGI_WEB_SERVER_ADDRS", () => {
  const set = (value: string): void => {
    vi.stubEnv("FCGI_WEB_SERVER_ADDRS", value);
    onTestFinished(() => void vi.unstubAllEnvs());
  };

  it("is the list of FastCGI listeners, and of no others", async () => {
    set("192.0.2.1, 192.0.2.2,");
    const { server, logged } = await serving({ fastcgi: "127.0.0.1:0", http: "127.0.0.1:0" });
    const [fastcgi, http] = server.addresses.map(({ address }) => answerAt(address));
    expect(await fastcgi).toBe("");
    expect(await http).toContain("400");
    await logged("ERR_PEER_REFUSED");
  });

  it("lets in whom it names, over IPv6 too, and UNIX sockets", async () => {
    set("127.0.0.1,::1");
    const { server } = await serving({
      fastcgi: ["127.0.0.1:0", "[::1]:0", `unix:${join(temporaryDirectory(), "s")}`],
    });
    for (const { address } of server.addresses) {
      const peer = await FastcgiPeer.connect(address);
      onTestFinished(() => void peer.socket.destroy());
      peer.request(1);
      expect((await peer.answer(1)).output).toContain("hello");
    }
  });

  it("gives way to allow", async () => {
    set("192.0.2.1");
    const { address } = await serving({ fastcgi: "127.0.0.1:0", allow: ["127.0.0.0/8"] });
    expect(await answerAt(address)).not.toBe("");
  });

  it("limits nobody when it is empty, and is refused when it is not understood", async () => {
    set(" ");
    const { address } = await serving({ fastcgi: "127.0.0.1:0" });
    expect(await answerAt(address)).not.toBe("");
    set("web.example");
    await expect(serve(hello, { fastcgi: ":0" })).rejects.toThrow('FCGI_WEB_SERVER_ADDRS has "web.example"');
  });
});
