/** SCGI connections: answers, back-pressure, aborts, early and cut answers, hostile peers. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { headers, latin1, netstring, request } from "../support/scgi-wire.ts";
import { getPairs, pairsWith, ScgiPeer, startScgi, type ScgiServing } from "../support/scgi-peer.ts";
import { gate, hello, startServing, temporaryDirectory } from "../support/serving.ts";

const tcp = { scgi: "127.0.0.1:0" } as const;

describe("an SCGI request", () => {
  it.each([
    ["unix", {}],
    ["tcp", tcp],
  ])(
    "is answered in one write, Status last in the head (W1), and the connection closed (%s)",
    async (_, options) => {
      const { connect, log } = await startScgi(hello, options);
      const peer = await connect();
      expect(await peer.ask(pairsWith({ REQUEST_URI: "/a" }))).toBe(
        "Content-Type: text/plain\r\nContent-Length: 12\r\nStatus: 200 OK\r\n\r\nhello GET /a",
      );
      expect(peer.sizes).toHaveLength(1);
      expect(await peer.closed).toBe("end");
      expect(log).toEqual([]);
    },
  );

  it("comes beside FastCGI at addresses of its own, and the environ says which it is", async () => {
    const application: Application = (environ, startResponse) => {
      startResponse("200 OK", []);
      return [Buffer.from(`over ${environ["tsgi.protocol"]} as ${environ["tsgi.role"]}`)];
    };
    const scgi = [`unix:${join(temporaryDirectory(), "s")}`, "127.0.0.1:0"];
    const { server, connect } = await startServing(application, { scgi });
    expect(server.addresses.map(({ protocol }) => protocol)).toEqual(["fastcgi", "scgi", "scgi"]);
    for (const { address } of server.addresses.slice(1)) {
      expect(await (await ScgiPeer.connect(address)).ask()).toContain("over scgi as responder");
    }
    const fastcgi = await connect();
    fastcgi.request(1);
    expect((await fastcgi.answer(1)).output).toContain("over fastcgi as responder");
  });

  it("has the body that CONTENT_LENGTH says, however it is cut; P11 what follows is not a request", async () => {
    let calls = 0;
    const { connect } = await startScgi(async (environ, startResponse) => {
      calls++;
      const body = Buffer.from(await environ["wsgi.input"].read()).toString();
      startResponse("200 OK", []);
      return [Buffer.from(body)];
    });
    const octets = Buffer.concat([request(getPairs, "body"), request(getPairs)]);
    for (const at of [0, 1, 5, octets.length - 20, octets.indexOf("body") + 1]) {
      const peer = await connect();
      peer.socket.write(octets.subarray(0, at));
      peer.socket.write(octets.subarray(at));
      await peer.closed;
      expect(peer.output).toMatch(/\r\n\r\nbody$/);
    }
    expect(calls).toBe(5);
  });

  it("W17 reads all that unbuffered nginx sends, though CONTENT_LENGTH is less", async () => {
    const { connect } = await startScgi(async (environ, startResponse) => {
      const { length } = await environ["wsgi.input"].read();
      startResponse("200 OK", []);
      return [Buffer.from(`${environ.CONTENT_LENGTH} ${length}`)];
    });
    const peer = await connect();
    const pairs = [
      ["CONTENT_LENGTH", "0"],
      ["SCGI", "1"],
      ...getPairs,
      ["HTTP_CONTENT_LENGTH", "204800"],
    ] as const;
    peer.socket.write(netstring(headers(pairs)));
    peer.socket.write(Buffer.alloc(204_800));
    await peer.closed;
    expect(peer.output).toMatch(/204800 204800$/);
  });

  it.each(["+5", "", "-1", "1_0"])(
    "H5 with CONTENT_LENGTH %j is answered 400 and said why",
    async (value) => {
      const { connect, logged } = await startScgi(hello);
      const peer = await connect();
      peer.socket.write(netstring(headers([["CONTENT_LENGTH", value], ["SCGI", "1"], ...getPairs])));
      await peer.closed;
      expect(peer.output).toContain("Status: 400 Bad Request\r\n");
      expect((await logged("ERR_REQUEST_CONTENT_LENGTH")).message).toContain(JSON.stringify(value));
    },
  );

  it("gives wsgi.errors to the log, since SCGI has no stream for it", async () => {
    const { connect, errors } = await startScgi((environ, startResponse) => {
      environ["wsgi.errors"].write("a word\n");
      return hello(environ, startResponse);
    });
    expect(await (await connect()).ask()).not.toContain("a word");
    expect(errors.join("")).toContain("a word\n");
  });

  it("still answers a UNIX peer that has shut down writing", async () => {
    const go = gate();
    const { connect } = await startScgi(async (environ, startResponse) => {
      await go.opened;
      return hello(environ, startResponse);
    });
    const peer = await connect();
    peer.socket.end(request(getPairs));
    await new Promise<void>((resolve) => peer.socket.once("finish", resolve));
    go.open();
    await peer.closed;
    expect(peer.output).toContain("hello");
  });
});

describe("back-pressure over SCGI", () => {
  it("P9 stops reading a body that nobody reads, and reads on when it is read", async () => {
    const read = gate();
    const size = 32 * 1024 * 1024;
    const { connect } = await startScgi(async (environ, startResponse) => {
      await read.opened;
      const hash = createHash("sha256");
      for await (const chunk of environ["wsgi.input"].chunks()) hash.update(chunk);
      startResponse("200 OK", []);
      return [Buffer.from(hash.digest("hex"))];
    });
    const peer = await connect();
    peer.socket.write(netstring(headers([["CONTENT_LENGTH", String(size)], ["SCGI", "1"], ...getPairs])));
    const piece = Buffer.alloc(1024 * 1024, "x");
    const hash = createHash("sha256");
    let sent = 0;
    let stuck = 0;
    while (stuck < 20 && sent < size) {
      if (peer.socket.writableLength < piece.length) {
        peer.socket.write(piece);
        sent += piece.length;
        stuck = 0;
      } else stuck++;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(size / 2);
    read.open();
    for (; sent < size; sent += piece.length) peer.socket.write(piece);
    for (let at = 0; at < size; at += piece.length) hash.update(piece);
    await peer.closed;
    expect(peer.output).toContain(hash.digest("hex"));
  });

  it("asks the application for no more than the web server reads", async () => {
    let made = 0;
    const limit = 32;
    const { connect } = await startScgi((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* (): AsyncGenerator<Uint8Array> {
        for (; made < limit; made++) yield Buffer.alloc(1024 * 1024, "y");
      })();
    });
    const peer = await connect();
    peer.socket.pause();
    peer.socket.write(request(getPairs));
    let before = -1;
    let still = 0;
    while (still < 50) {
      still = made === before ? still + 1 : 0;
      before = made;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(made).toBeLessThan(8);
    peer.socket.resume();
    expect(await peer.closed).toBe("end");
    expect(peer.output.length).toBeGreaterThan(limit * 1024 * 1024);
  });
});

describe("an SCGI request that ends early", () => {
  it.each([
    ["unix", {}],
    ["tcp", { ...tcp, halfCloseMs: 20 }],
  ])("fires the signal when the web server closes the connection (%s)", async (_, options) => {
    const aborted = gate<unknown>();
    const started = gate();
    const { connect } = await startScgi(async (environ) => {
      const signal = environ["tsgi.signal"];
      signal.addEventListener("abort", () => aborted.open(signal.reason));
      started.open();
      return new Promise<never>(() => {});
    }, options);
    const peer = await connect();
    peer.socket.write(request(getPairs));
    await started.opened;
    peer.socket.destroy();
    expect(await aborted.opened).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
  });

  it("fails reads of an upload that was cut, and never calls it complete", async () => {
    const outcome = gate<unknown>();
    const { connect } = await startScgi(async (environ, startResponse) => {
      await environ["wsgi.input"].read().then(() => outcome.open("complete"), outcome.open);
      startResponse("200 OK", []);
      return [];
    });
    const peer = await connect();
    peer.socket.end(request(getPairs, "0123456789").subarray(0, -5));
    expect(await outcome.opened).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
  });

  it.each([
    ["unix", {}],
    ["tcp", tcp],
  ])(
    "P10 W12 answers before an upload has been read, and drains it before closing (%s)",
    async (_, options) => {
      const { connect } = await startScgi((_environ, startResponse) => {
        startResponse("413 Content Too Large", [["Content-Type", "text/plain"]]);
        return [Buffer.from("too large")];
      }, options);
      const peer = await connect();
      // All of it is written before anything is read, as Apache's mod_proxy_scgi does.
      peer.socket.pause();
      peer.socket.write(request(getPairs, "x".repeat(8 * 1024 * 1024)));
      await new Promise<void>((resolve) => peer.socket.once("drain", resolve));
      peer.socket.resume();
      expect(await peer.closed).toBe("end");
      expect(peer.output).toMatch(/Status: 413 Content Too Large\r\n\r\ntoo large$/);
    },
  );

  it("W12 ends an early answer when the upload stays silent", async () => {
    const { connect } = await startScgi(hello, { discardIdleMs: 20 });
    const peer = await connect();
    peer.socket.write(request(getPairs, "0123456789").subarray(0, -5));
    await peer.closed;
    expect(peer.output).toContain("hello");
  });

  const broken: Application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    return (function* (): Generator<Uint8Array> {
      yield Buffer.from("half");
      throw new Error("broken");
    })();
  };

  it("makes an answer that failed after its head visible on TCP: what there is, then a reset", async () => {
    const { connect, log } = await startScgi(broken, tcp);
    const peer = await connect();
    expect(await peer.ask()).toMatch(/\r\n\r\nhalf$/);
    expect(await peer.closed).toBe("reset");
    expect(log.some((entry) => entry.level === "error" && entry.message.includes("GET /"))).toBe(true);
  });

  it("closes a UNIX socket after an answer that failed: it has no reset, so Content-Length has to tell", async () => {
    const { connect } = await startScgi((environ, startResponse) =>
      broken(environ, (status) => startResponse(status, [["Content-Length", "8"]])),
    );
    const peer = await connect();
    expect(await peer.ask()).toMatch(/Content-Length: 8\r\n[^]*\r\n\r\nhalf$/);
  });

  it("makes an answer visible as cut when the server stops in the midst of it", async () => {
    const { connect, server } = await startScgi((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from("half");
        await new Promise(() => {});
      })();
    }, tcp);
    const peer = await connect();
    peer.socket.write(request(getPairs));
    await peer.until(() => peer.output.endsWith("half"));
    await server.close({ graceMs: 1 });
    expect(await peer.closed).toBe("reset");
  });
});

describe("a hostile SCGI peer", () => {
  /** Sends raw octets and waits until the server closes the connection. */
  async function throwAt(serving: ScgiServing, ...pieces: Uint8Array[]): Promise<string> {
    const peer = await serving.connect();
    for (const piece of pieces) peer.socket.write(piece);
    await peer.closed;
    return peer.output;
  }

  async function stillAnswers(serving: ScgiServing): Promise<void> {
    expect(await (await serving.connect()).ask()).toContain("hello");
  }

  const good = headers([
    ["CONTENT_LENGTH", "0"],
    ["SCGI", "1"],
  ]);

  it.each([
    ["an HTTP request", "ERR_SCGI_NETSTRING", latin1("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    [
      "a FastCGI request",
      "ERR_SCGI_NETSTRING",
      Buffer.from([1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]),
    ],
    ["leading zeros", "ERR_SCGI_NETSTRING", latin1(`024:${good},`)],
    ["no comma", "ERR_SCGI_NETSTRING", latin1(`24:${good};`)],
    ["a huge length", "ERR_LIMIT_PARAMS", latin1(`99999999999999:${good},`)],
    ["a length that never ends", "ERR_LIMIT_PARAMS", latin1("9".repeat(1_000_000))],
    ["a missing CONTENT_LENGTH", "ERR_SCGI_HEADERS", netstring(headers([["SCGI", "1"]]))],
    [
      "a late CONTENT_LENGTH",
      "ERR_SCGI_HEADERS",
      netstring(
        headers([
          ["SCGI", "1"],
          ["CONTENT_LENGTH", "0"],
        ]),
      ),
    ],
    ["no SCGI", "ERR_SCGI_HEADERS", netstring(headers([["CONTENT_LENGTH", "0"]]))],
    ["duplicate names", "ERR_SCGI_HEADERS", netstring(`${good}A\0b\0A\0c\0`)],
    ["no terminator", "ERR_SCGI_HEADERS", netstring(good.slice(0, -1))],
    ["a name without a value", "ERR_SCGI_HEADERS", netstring(`${good}A\0`)],
  ])(
    "%s is one log line (%s), a closed connection, and the next request is answered",
    async (_, code, octets) => {
      const serving = await startScgi(hello);
      expect(await throwAt(serving, octets)).toBe("");
      const entry = await serving.logged(code);
      expect(entry.message).toMatch(/^scgi unix:\S+: got |^scgi unix:\S+: malformed /);
      expect(entry.message).not.toContain("\n");
      expect(serving.log).toHaveLength(1);
      await stillAnswers(serving);
    },
  );

  it("that stops in the midst of its headers is closed when it stays silent", async () => {
    const serving = await startScgi(hello, { paramsTimeoutMs: 40 });
    // A process that stands still for 40 ms has read nothing, and closes without a word: then again.
    while (serving.log.length === 0) await throwAt(serving, latin1("24:CONTENT"));
    expect((await serving.logged("ERR_LIMIT_TIME")).message).toContain("paramsTimeoutMs");
  });

  it("that stops in the midst of its headers is closed when it goes", async () => {
    const serving = await startScgi(hello);
    const peer = await serving.connect();
    peer.socket.end(latin1("24:CONTENT"));
    await peer.closed;
    expect((await serving.logged("ERR_SCGI_TRUNCATED")).message).toContain("after 7 of the 24 octets");
    await stillAnswers(serving);
  });

  it("P7 that says nothing at all is closed without a word", async () => {
    const serving = await startScgi(hello, { paramsTimeoutMs: 40 });
    expect(await throwAt(serving)).toBe("");
    await stillAnswers(serving);
    expect(serving.log).toEqual([]);
  });

  it("that says nothing and goes is not worth a word", async () => {
    const serving = await startScgi(hello);
    const peer = await serving.connect();
    peer.socket.end();
    await peer.closed;
    await stillAnswers(serving);
    expect(serving.log).toEqual([]);
  });

  it("P7 whose upload never ends is closed", async () => {
    const serving = await startScgi(
      async (environ, startResponse) => {
        await environ["wsgi.input"].read();
        return hello(environ, startResponse);
      },
      { bodyTimeoutMs: 40 },
    );
    await throwAt(serving, request(getPairs, "0123456789").subarray(0, -1));
    expect((await serving.logged("ERR_LIMIT_TIME")).message).toContain("bodyTimeoutMs");
  });

  it("survives seeded random octets, whole and piece by piece", async () => {
    const serving = await startScgi(hello, { paramsTimeoutMs: 40, discardIdleMs: 10 });
    let seed = 54_321;
    const random = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 16;
    for (let round = 0; round < 60; round++) {
      const octets = Buffer.from(Array.from({ length: 1 + (random() % 500) }, () => random() & 255));
      // Most octets are refused at the first digit; so most rounds look like a request.
      if (round % 4 !== 0) request(getPairs).copy(octets, 0, 0, random() % 80);
      const cut = random() % octets.length;
      await throwAt(serving, octets.subarray(0, cut), octets.subarray(cut));
    }
    await stillAnswers(serving);
  });

  it("P2 is answered 503 past maxConnections", async () => {
    const go = gate();
    const serving = await startScgi(
      async (environ, startResponse) => {
        await go.opened;
        return hello(environ, startResponse);
      },
      { maxConnections: 1 },
    );
    const first = await serving.connect();
    first.socket.write(request(getPairs));
    expect(await (await serving.connect()).ask()).toContain("Status: 503 Service Unavailable");
    expect((await serving.logged("ERR_LIMIT_CONNECTIONS")).message).toContain("maxConnections is 1");
    go.open();
    await first.closed;
    expect(first.output).toContain("hello");
  });
});
