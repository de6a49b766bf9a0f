/** One connection, its requests: answers, keep-alive, roles, back-pressure, aborts. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { ProtocolStatus } from "../../src/protocols/fastcgi/index.ts";
import { getParams, paramsWith } from "../support/fastcgi-peer.ts";
import { gate, hello, startServing } from "../support/serving.ts";

const encoder = new TextEncoder();

describe("a request", () => {
  it("is answered, head first, Status last in the head (W1)", async () => {
    const { connect } = await startServing(hello);
    const peer = await connect();
    peer.request(1, paramsWith({ PATH_INFO: "/a" }));
    const answer = await peer.answer(1);
    expect(answer.output).toBe(
      "Content-Type: text/plain\r\nContent-Length: 12\r\nStatus: 200 OK\r\n\r\nhello GET /a",
    );
    expect(answer).toMatchObject({
      appStatus: 0,
      protocolStatus: ProtocolStatus.requestComplete,
      errors: "",
    });
  });

  it("leaves a small answer in one write, END_REQUEST included (W4)", async () => {
    const { connect } = await startServing(hello);
    const peer = await connect();
    const sizes: number[] = [];
    peer.socket.on("data", (octets) => sizes.push(octets.length));
    peer.request(1);
    await peer.answer(1);
    expect(sizes).toHaveLength(1);
  });

  it("keeps the connection under KEEP_CONN and shows nothing of one request in the next (P8)", async () => {
    const seen: string[] = [];
    const { connect } = await startServing(async (environ, startResponse) => {
      const body = Buffer.from(await environ["wsgi.input"].read()).toString();
      seen.push(`${environ.HTTP_X ?? "-"} ${body}`);
      startResponse("200 OK", []);
      return [encoder.encode(body)];
    });
    const peer = await connect();
    peer.request(1, paramsWith({ HTTP_X: "one", CONTENT_LENGTH: "5" }), "first");
    await peer.answer(1);
    peer.request(1, paramsWith({ CONTENT_LENGTH: "" }), "");
    await peer.answer(1);
    expect(seen).toEqual(["one first", "- "]);
  });

  it("closes at once after END_REQUEST without KEEP_CONN (W11)", async () => {
    const { connect } = await startServing(hello);
    const peer = await connect();
    peer.request(1, getParams, "", false);
    await peer.answer(1);
    await peer.closed;
  });

  it("answers requests that were sent back to back, in order", async () => {
    const { connect } = await startServing(hello);
    const peer = await connect();
    for (let round = 0; round < 3; round++) {
      peer.request(1, paramsWith({ PATH_INFO: `/${round}` }));
      expect((await peer.answer(1)).output).toContain(`hello GET /${round}`);
    }
  });

  it("W14 takes a BEGIN on an answered id for a new request", async () => {
    const { connect } = await startServing(hello);
    const peer = await connect();
    peer.request(7);
    await peer.answer(7);
    peer.request(7, paramsWith({ PATH_INFO: "/again" }));
    expect((await peer.answer(7)).output).toContain("/again");
  });

  it("runs Authorizers at the end of PARAMS (W15) and tells them their role", async () => {
    const { connect } = await startServing((environ, startResponse) => {
      startResponse("200 OK", [["Variable-ROLE", environ["tsgi.role"]]]);
      return [];
    });
    const peer = await connect();
    peer.send({ type: "request", id: 1, role: "authorizer", keepConnection: true, params: getParams });
    expect((await peer.answer(1)).output).toContain("Variable-ROLE: authorizer");
  });

  it("gives a Filter its file", async () => {
    const { connect } = await startServing(async (environ, startResponse) => {
      const file = await environ["tsgi.data"]?.read();
      const body = await environ["wsgi.input"].read();
      startResponse("200 OK", []);
      return [Buffer.concat([Buffer.from(body), Buffer.from("|"), Buffer.from(file ?? [])])];
    });
    const peer = await connect();
    peer.send(
      { type: "request", id: 1, role: "filter", keepConnection: true, params: getParams },
      { type: "body", id: 1, octets: encoder.encode("stdin") },
      { type: "body-end", id: 1 },
      { type: "data", id: 1, octets: encoder.encode("the file") },
      { type: "data-end", id: 1 },
    );
    expect((await peer.answer(1)).output).toMatch(/\r\n\r\nstdin\|the file$/);
  });

  it("refuses roles that are switched off with UNKNOWN_ROLE", async () => {
    const { connect } = await startServing(hello, { roles: ["responder"] });
    const peer = await connect();
    peer.send({ type: "request", id: 1, role: "authorizer", keepConnection: true, params: getParams });
    expect((await peer.answer(1)).protocolStatus).toBe(ProtocolStatus.unknownRole);
  });

  it("refuses a second request on a connection with CANT_MPX_CONN, and goes on with the first", async () => {
    const go = gate();
    const { connect } = await startServing(async (environ, startResponse) => {
      await go.opened;
      return hello(environ, startResponse);
    });
    const peer = await connect();
    peer.request(1);
    peer.request(2);
    expect((await peer.answer(2)).protocolStatus).toBe(ProtocolStatus.cantMultiplex);
    go.open();
    expect((await peer.answer(1)).output).toContain("hello");
  });

  it("multiplexes when switched on, and says so to GET_VALUES", async () => {
    const first = gate();
    const { connect } = await startServing(
      async (environ, startResponse) => {
        if (environ.PATH_INFO === "/slow") await first.opened;
        return hello(environ, startResponse);
      },
      { maxRequestsPerConnection: 10 },
    );
    const peer = await connect();
    peer.request(1, paramsWith({ PATH_INFO: "/slow" }));
    peer.request(2, paramsWith({ PATH_INFO: "/fast" }));
    expect((await peer.answer(2)).output).toContain("/fast");
    first.open();
    expect((await peer.answer(1)).output).toContain("/slow");
  });
});

describe("back-pressure", () => {
  it("P9 stops reading a body that nobody reads, and reads on when it is read", async () => {
    const read = gate();
    const size = 32 * 1024 * 1024;
    const { connect } = await startServing(async (environ, startResponse) => {
      await read.opened;
      const hash = createHash("sha256");
      for await (const chunk of environ["wsgi.input"].chunks()) hash.update(chunk);
      startResponse("200 OK", []);
      return [encoder.encode(hash.digest("hex"))];
    });
    const peer = await connect();
    peer.send({
      type: "request",
      id: 1,
      role: "responder",
      keepConnection: true,
      params: paramsWith({ REQUEST_METHOD: "POST", CONTENT_LENGTH: String(size) }),
    });
    const piece = Buffer.alloc(1024 * 1024, "x");
    const hash = createHash("sha256");
    // Filled until the kernel takes no more: then the server has stopped reading.
    let sent = 0;
    let stuck = 0;
    while (stuck < 20 && sent < size) {
      if (peer.socket.writableLength < piece.length) {
        peer.send({ type: "body", id: 1, octets: piece });
        hash.update(piece);
        sent += piece.length;
        stuck = 0;
      } else stuck++;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(size / 2);
    read.open();
    while (sent < size) {
      if (peer.socket.writableLength > piece.length)
        await new Promise((resolve) => peer.socket.once("drain", resolve));
      peer.send({ type: "body", id: 1, octets: piece });
      hash.update(piece);
      sent += piece.length;
    }
    peer.send({ type: "body-end", id: 1 });
    expect((await peer.answer(1)).output).toContain(hash.digest("hex"));
  });

  it("asks the application for no more than the web server reads", async () => {
    let made = 0;
    const limit = 64;
    const { connect } = await startServing((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* (): AsyncGenerator<Uint8Array> {
        for (; made < limit; made++) yield Buffer.alloc(1024 * 1024, "y");
      })();
    });
    const peer = await connect();
    peer.socket.pause();
    peer.request(1);
    let before = -1;
    let still = 0;
    while (still < 50) {
      still = made === before ? still + 1 : 0;
      before = made;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(made).toBeLessThan(8);
    peer.socket.resume();
    const { output } = await peer.answer(1);
    expect(output.length).toBeGreaterThan(limit * 1024 * 1024);
  });

  it("sends a single chunk far above the high-water mark whole, piece by piece", async () => {
    const big = Buffer.alloc(5_000_000, "z");
    const { connect } = await startServing((_environ, startResponse) => {
      startResponse("200 OK", []);
      return [big];
    });
    const peer = await connect();
    peer.request(1);
    const { output } = await peer.answer(1);
    expect(output.slice(-big.length)).toBe(big.toString("latin1"));
    expect(output).toContain("Content-Length: 5000000\r\n");
  });
});

describe("a request that ends early", () => {
  /** An application that waits for its signal and reports what it saw. */
  function waiting(): {
    application: Application;
    aborted: Promise<unknown>;
    closed: Promise<void>;
    started: Promise<void>;
  } {
    const aborted = gate<unknown>();
    const closed = gate();
    const started = gate();
    const application: Application = (environ, startResponse) => {
      const signal = environ["tsgi.signal"];
      signal.addEventListener("abort", () => aborted.open(signal.reason));
      startResponse("200 OK", []);
      started.open();
      return {
        async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
          await new Promise(() => {});
          yield new Uint8Array(1);
        },
        close: () => closed.open(),
      };
    };
    return { application, aborted: aborted.opened, closed: closed.opened, started: started.opened };
  }

  it("fires the signal and calls close() on ABORT_REQUEST, answers END_REQUEST, and the connection lives on", async () => {
    const { application, aborted, closed, started } = waiting();
    const { connect } = await startServing((environ, startResponse) =>
      environ.PATH_INFO === "/wait" ? application(environ, startResponse) : hello(environ, startResponse),
    );
    const peer = await connect();
    peer.request(1, paramsWith({ PATH_INFO: "/wait" }));
    await started;
    peer.send({ type: "abort", id: 1 });
    await peer.answer(1);
    expect(await aborted).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
    await closed;
    peer.request(1);
    expect((await peer.answer(1)).output).toContain("hello");
  });

  it.each([
    ["unix", {}],
    ["tcp", { fastcgi: "127.0.0.1:0", halfCloseMs: 20 }],
  ])(
    "fires the signal and calls close() when the web server closes the connection (%s)",
    async (_kind, options) => {
      const { application, aborted, closed, started } = waiting();
      const { connect } = await startServing(application, options);
      const peer = await connect();
      peer.request(1);
      await started;
      peer.socket.destroy();
      expect(await aborted).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
      await closed;
    },
  );

  it("never fires the signal after a normal end", async () => {
    let signal: AbortSignal | undefined;
    const { connect, server } = await startServing((environ, startResponse) => {
      signal = environ["tsgi.signal"];
      return hello(environ, startResponse);
    });
    const peer = await connect();
    peer.request(1, getParams, "", false);
    await peer.answer(1);
    await peer.closed;
    await server.close();
    expect(signal?.aborted).toBe(false);
  });

  it("fails reads of an upload that was cut (W17) and never calls it complete", async () => {
    const outcome = gate<unknown>();
    const { connect } = await startServing(async (environ, startResponse) => {
      try {
        await environ["wsgi.input"].read();
        outcome.open("complete");
      } catch (error) {
        outcome.open(error);
      }
      startResponse("200 OK", []);
      return [];
    });
    const peer = await connect();
    peer.send(
      {
        type: "request",
        id: 1,
        role: "responder",
        keepConnection: true,
        params: paramsWith({ CONTENT_LENGTH: "10" }),
      },
      { type: "body", id: 1, octets: encoder.encode("12345") },
    );
    peer.socket.end();
    expect(await outcome.opened).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
  });

  it("still answers a UNIX peer that has only shut down writing", async () => {
    const go = gate();
    const { connect } = await startServing(async (environ, startResponse) => {
      await go.opened;
      expect(environ["tsgi.signal"].aborted).toBe(false);
      return hello(environ, startResponse);
    });
    const peer = await connect();
    peer.request(1, getParams, "", false);
    peer.socket.end();
    await new Promise<void>((resolve) => peer.socket.once("finish", resolve));
    go.open();
    expect((await peer.answer(1)).output).toContain("hello");
  });

  it("P10 W12 answers before a large upload has been read, drains it, then ends", async () => {
    const { connect } = await startServing((_environ, startResponse) => {
      startResponse("413 Content Too Large", [["Content-Type", "text/plain"]]);
      return [encoder.encode("too large")];
    });
    const peer = await connect();
    peer.send({ type: "request", id: 1, role: "responder", keepConnection: true, params: getParams });
    for (let i = 0; i < 16; i++) peer.send({ type: "body", id: 1, octets: Buffer.alloc(1024 * 1024) });
    await peer.until(() => peer.partial(1).output.includes("too large"));
    peer.send({ type: "body-end", id: 1 });
    expect((await peer.answer(1)).output).toContain("Status: 413 Content Too Large");
    peer.request(1, paramsWith({ PATH_INFO: "/next" }));
    await peer.answer(1);
  });

  it("W12 ends an early answer when the upload stays silent, and closes even under KEEP_CONN", async () => {
    const { connect } = await startServing(hello, { discardIdleMs: 20 });
    const peer = await connect();
    peer.send(
      { type: "request", id: 1, role: "responder", keepConnection: true, params: getParams },
      { type: "body", id: 1, octets: encoder.encode("some") },
    );
    expect((await peer.answer(1)).output).toContain("hello");
    await peer.closed;
  });

  it("makes an answer that failed after its head visible: no END_REQUEST, the connection closes", async () => {
    const { connect, log } = await startServing((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (function* (): Generator<Uint8Array> {
        yield encoder.encode("half");
        throw new Error("broken");
      })();
    });
    const peer = await connect();
    peer.request(1);
    await expect(peer.answer(1)).rejects.toThrow("closed without END_REQUEST");
    expect(peer.partial(1).output).toContain("half");
    expect(peer.brokenBy).toMatchObject({ code: "ERR_FCGI_TRUNCATED" });
    expect(log.some((entry) => entry.level === "error" && entry.message.includes("GET /"))).toBe(true);
  });
});
