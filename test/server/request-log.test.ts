/** serve({ accessLog, slowRequestMs }): an entry for each answered request, a line for each that takes too long. */
import { describe, expect, it } from "vitest";
import type { AccessLogEntry, Application } from "../../src/bridge/index.ts";
import { ConfigurationError } from "../../src/errors/index.ts";
import { basicAuth } from "../../src/middleware/index.ts";
import type { ServeOptions } from "../../src/server/index.ts";
import { paramsWith, type FastcgiPeer } from "../support/fastcgi-peer.ts";
import { pairsWith, startScgi } from "../support/scgi-peer.ts";
import { gate, hello, startServing, type Serving } from "../support/serving.ts";

interface Logged extends Serving {
  readonly entries: AccessLogEntry[];
  /** Resolves once there are so many entries. */
  entry(count?: number): Promise<AccessLogEntry>;
}

const never = new Promise<never>(() => {});

function collector(): Pick<Logged, "entries" | "entry"> & Required<Pick<ServeOptions, "accessLog">> {
  const entries: AccessLogEntry[] = [];
  const watchers: Array<() => void> = [];
  return {
    entries,
    accessLog: (entry) => {
      entries.push(entry);
      for (const watch of watchers.splice(0)) watch();
    },
    entry: async (count = 1) => {
      while (entries.length < count) await new Promise<void>((resolve) => watchers.push(resolve));
      return entries[count - 1] as AccessLogEntry;
    },
  };
}

async function logging(application: Application, options: Partial<ServeOptions> = {}): Promise<Logged> {
  const { accessLog, ...collected } = collector();
  return { ...(await startServing(application, { accessLog, ...options })), ...collected };
}

async function asked(
  peer: FastcgiPeer,
  changes: Readonly<Record<string, string>> = {},
  body = "",
): Promise<string> {
  peer.request(1, paramsWith(changes), body);
  return (await peer.answer(1)).output;
}

describe("accessLog is told of", () => {
  it("a request over FastCGI, with its status, headers, octets and times", async () => {
    const { connect: open, entry } = await logging(hello);
    const before = Date.now();
    await asked(await open(), { PATH_INFO: "/there", REMOTE_ADDR: "192.0.2.1" });
    const { environ, durationMs, startedAt, ...rest } = await entry();
    expect(rest).toEqual({
      status: "200 OK",
      headers: [
        ["Content-Type", "text/plain"],
        ["Content-Length", "16"],
      ],
      octets: 16,
      aborted: false,
      user: undefined,
    });
    expect(environ).toMatchObject({
      PATH_INFO: "/there",
      REMOTE_ADDR: "192.0.2.1",
      "tsgi.protocol": "fastcgi",
    });
    expect(durationMs).toBeGreaterThan(0);
    expect(durationMs).toBeLessThan(10_000);
    expect(startedAt).toBeGreaterThanOrEqual(before);
    expect(startedAt).toBeLessThanOrEqual(Date.now());
  });

  it("requests over SCGI and HTTP", async () => {
    const { accessLog, entry } = collector();
    const scgi = await startScgi(hello, { accessLog });
    await (await scgi.connect()).ask(pairsWith({ PATH_INFO: "/s" }));
    expect(await entry(1)).toMatchObject({ status: "200 OK", environ: { "tsgi.protocol": "scgi" } });
    const { origin, ...http } = await overHttp(hello);
    await (await fetch(`${origin}/h`)).text();
    expect(await http.entry(1)).toMatchObject({ octets: 12, environ: { "tsgi.protocol": "http" } });
  });

  it("no octets where an answer has no body, and those that were sent where it is longer than it says", async () => {
    const { connect: open, entry } = await logging((environ, startResponse) => {
      startResponse(environ.PATH_INFO === "/none" ? "304 Not Modified" : "200 OK", [["Content-Length", "3"]]);
      return [Buffer.from("hello")];
    });
    const peer = await open();
    await asked(peer, { REQUEST_METHOD: "HEAD" });
    await asked(peer, { PATH_INFO: "/none" });
    await asked(peer);
    await entry(3);
    expect([await entry(1), await entry(2), await entry(3)].map(({ octets }) => octets)).toEqual([0, 0, 3]);
  });

  it("what the client asked for, also when the application has changed its environ", async () => {
    const { connect: open, entry } = await logging((environ, startResponse) => {
      environ.REQUEST_METHOD = "PUT";
      environ.SCRIPT_NAME = "/x";
      environ.REMOTE_USER = "ada";
      return hello(environ, startResponse);
    });
    await asked(await open(), { REQUEST_METHOD: "POST" });
    expect((await entry()).environ).toMatchObject({
      REQUEST_METHOD: "POST",
      SCRIPT_NAME: "",
      REMOTE_USER: "ada",
    });
  });

  it("the user that middleware has authenticated", async () => {
    const guarded = basicAuth({ realm: "r", verify: (user) => user === "ada" })(hello);
    const { connect: open, entry } = await logging(guarded);
    await asked(await open(), {
      HTTP_AUTHORIZATION: `Basic ${Buffer.from("ada:x").toString("base64")}`,
    });
    expect((await entry()).user).toBe("ada");
  });

  it("400: parameters that nobody can believe", async () => {
    const { connect: open, entry } = await logging(hello);
    await asked(await open(), { CONTENT_LENGTH: "+5", REQUEST_URI: "/bad", HTTP_USER_AGENT: "a\u0007b" });
    expect(await entry()).toMatchObject({
      status: "400 Bad Request",
      octets: 12,
      environ: { REQUEST_METHOD: "GET", REQUEST_URI: "/bad", HTTP_USER_AGENT: "a\u0007b" },
    });
  });

  it("400 over HTTP: a target that is no path", async () => {
    const { origin, entry } = await overHttp(hello);
    const answer = await fetch(`${origin}/%zz`);
    expect(answer.status).toBe(400);
    expect(await entry()).toMatchObject({
      status: "400 Bad Request",
      octets: 12,
      environ: { REQUEST_METHOD: "GET", REQUEST_URI: "/%zz", REMOTE_ADDR: "127.0.0.1" },
    });
  });

  it("413", async () => {
    const { connect: open, entry } = await logging(hello, { maxBodyOctets: 3 });
    await asked(await open(), { REQUEST_METHOD: "POST", CONTENT_LENGTH: "5" }, "12345");
    expect(await entry()).toMatchObject({ status: "413 Content Too Large", aborted: false });
  });

  it("500: an application that throws after startResponse, with the page that was sent", async () => {
    const { connect: open, entry } = await logging((_environ, startResponse) => {
      startResponse("200 OK", [["X-Lost", "1"]]);
      throw new Error("on purpose");
    });
    await asked(await open());
    const { status, headers, octets } = await entry();
    expect(status).toBe("500 Internal Server Error");
    expect(headers.map(([name]) => name)).toEqual(["Content-Type", "Content-Length"]);
    expect(octets).toBe(22);
  });

  it("503: more connections than there may be", async () => {
    const { connect: open, entry } = await logging(hello, { maxConnections: 1 });
    await open();
    await asked(await open());
    expect((await entry()).status).toBe("503 Service Unavailable");
  });

  it("504", async () => {
    const { connect: open, entry } = await logging(() => never, { requestTimeoutMs: 50 });
    await asked(await open());
    const { status, durationMs, aborted } = await entry();
    expect({ status, aborted }).toEqual({ status: "504 Gateway Timeout", aborted: false });
    expect(durationMs).toBeGreaterThanOrEqual(50);
  });

  it("a client that has gone before there was an answer: 499, aborted", async () => {
    const began = gate();
    const { connect: open, entry } = await logging(async () => {
      began.open();
      return never;
    });
    const peer = await open();
    peer.request(1);
    await began.opened;
    peer.socket.destroy();
    expect(await entry()).toMatchObject({ status: "499 Client Closed Request", octets: 0, aborted: true });
  });

  it("an answer that breaks off: the status that was sent, aborted", async () => {
    const {
      connect: open,
      entries,
      entry,
    } = await logging(async function* (_environ: unknown, startResponse: Parameters<Application>[1]) {
      startResponse("200 OK", [["Content-Length", "100"]]);
      yield Buffer.from("begun");
      throw new Error("on purpose");
    } as unknown as Application);
    const peer = await open();
    peer.request(1);
    await expect(peer.answer(1)).rejects.toThrow();
    expect(await entry()).toMatchObject({ status: "200 OK", octets: 5, aborted: true });
    expect(entries).toHaveLength(1);
  });

  it("an entry that it throws over, and says so once", async () => {
    const { connect: open, log } = await startServing(hello, {
      accessLog: () => {
        throw new Error("no place");
      },
    });
    const peer = await open();
    expect(await asked(peer)).toContain("hello GET /");
    expect(await asked(peer)).toContain("hello GET /");
    expect(log).toMatchObject([
      { level: "error", message: "the access log threw", error: { message: "no place" } },
    ]);
  });
});

describe("slowRequestMs", () => {
  it("logs a request that waits, once, while it does, and no other", async () => {
    const told = gate();
    const done = gate();
    const messages: string[] = [];
    const { connect: open } = await startServing(
      async (environ, startResponse) => {
        if (environ.PATH_INFO === "/slow") await done.opened;
        return hello(environ, startResponse);
      },
      {
        slowRequestMs: 60,
        log: ({ level, message }) => {
          // Of a machine that stood still for so long it is true.
          if (Number(/ GET \/: slow request: it took (\d+) ms$/.exec(` ${message}`)?.[1]) >= 60) return;
          messages.push(`${level} ${message}`);
          told.open();
        },
      },
    );
    const slow = await open();
    slow.request(1, paramsWith({ PATH_INFO: "/slow" }));
    await asked(await open());
    await told.opened;
    done.open();
    await slow.answer(1);
    await asked(slow);
    expect(messages).toEqual([
      expect.stringMatching(/^warning GET \/slow: slow request: no answer after \d+ ms$/),
    ]);
  });

  it("logs a request that has blocked the event loop when it has ended", async () => {
    const { connect: open, log } = await startServing(
      (environ, startResponse) => {
        const end = performance.now() + 60;
        while (performance.now() < end);
        return hello(environ, startResponse);
      },
      { slowRequestMs: 50 },
    );
    await asked(await open());
    expect(log.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^GET \/: slow request: it took \d+ ms$/),
    ]);
  });

  it("gives the stack to who is slow, and to nobody else", async () => {
    const { connect: open, log, server } = await startServing(() => never, { slowRequestMs: 3_600_000 });
    const peer = await open();
    peer.request(1);
    await expect.poll(() => server.openRequests().length).toBe(1);
    server.reportSlow("at somewhere");
    expect(log).toEqual([]);
  });

  it.each([0, -1, NaN])("refuses %d", async (slowRequestMs) => {
    await expect(startServing(hello, { slowRequestMs })).rejects.toThrow(ConfigurationError);
  });
});

async function overHttp(application: Application): Promise<Logged & { readonly origin: string }> {
  const logged = await logging(application, { fastcgi: [], http: "127.0.0.1:0" });
  if (logged.address.kind !== "tcp") throw new Error("expected a TCP address");
  return { ...logged, origin: `http://127.0.0.1:${logged.address.port}` };
}
