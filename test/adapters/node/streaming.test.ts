/** When octets leave and when they are fetched: streams in both directions through `fromNode`. */
import { once } from "node:events";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { flushHead, type Application, type Middleware } from "../../../src/index.ts";
import { fromNode } from "../../../src/adapters/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { paramsWith } from "../../support/fastcgi-peer.ts";
import { RawConnection } from "../../support/http-client.ts";
import { gate, startServing } from "../../support/serving.ts";
import { startNodeSite } from "./sites.ts";

describe("an answer", () => {
  it("is one head and one body, with its length, when a listener only ends it", async () => {
    const application = fromNode(async (_, res) => {
      await Promise.resolve();
      res.setHeader("X-One", "1").end("whole");
    });
    const { connect } = await startServing(application);
    const peer = await connect();
    peer.request(1);
    expect((await peer.answer(1)).output).toBe(
      "X-One: 1\r\nContent-Length: 5\r\nStatus: 200 OK\r\n\r\nwhole",
    );
  });

  it("shows its head when that is flushed, and each chunk when it is written", async () => {
    const asked = gate<ServerResponse>();
    const site = await startNodeSite(
      fromNode((_, res) => {
        res.setHeader("Content-Type", "text/event-stream").flushHeaders();
        asked.open(res);
      }),
    );
    const client = await RawConnection.open(site.port);
    await client.request("GET / HTTP/1.1");
    expect((await client.readHead()).headers["content-type"]).toBe("text/event-stream");
    const res = await asked.opened;
    res.write("data: 1\n\n");
    await client.readUntil("data: 1\n\n");
    res.write("data: 2\n\n");
    await client.readUntil("data: 2\n\n");
    res.end();
    await client.readUntil("\r\n0\r\n\r\n");
  });

  it.each<[string, OutgoingHttpHeaders, string | undefined]>([
    ["are not to be held back by nginx", {}, "no"],
    ["are held back if the listener says so", { "X-Accel-Buffering": "yes" }, "yes"],
    ["are no stream where their length is known", { "Content-Length": 9 }, undefined],
  ])("of server-sent events: they %s", async (_name, more, expected) => {
    const headers = { "Content-Type": "text/event-stream; charset=utf-8", ...more };
    const application = fromNode((_, res) => {
      res.writeHead(200, headers).write("data: 1\n\n");
      res.end();
    });
    expect((await inject(application)).headers["x-accel-buffering"]).toBe(expected);
  });

  it("is cut short by destroy() behind a head that was flushed", async () => {
    const asked = gate<ServerResponse>();
    const site = await startNodeSite(
      fromNode((_, res) => {
        res.setHeader("Content-Length", 20).flushHeaders();
        asked.open(res);
      }),
    );
    const client = await RawConnection.open(site.port);
    await client.request("GET / HTTP/1.1");
    const head = await client.readHead();
    expect(head.status).toBe(200);
    (await asked.opened).destroy();
    await expect(client.readBody(head)).rejects.toThrow("ended after 0 of 20 octets");
  });

  it("makes the listener wait for a gateway that does not take it", async () => {
    const full = gate<ServerResponse>();
    const go = gate();
    let drained = false;
    const application = fromNode(async (_, res) => {
      const chunk = Buffer.alloc(1_000, "x");
      while (res.write(chunk));
      full.open(res);
      await once(res, "drain");
      drained = true;
      res.end();
    });
    const held: Middleware = (inner) => (environ, startResponse) => {
      const body = inner(environ, startResponse) as AsyncIterable<Uint8Array>;
      return (async function* () {
        await go.opened;
        yield* body;
      })();
    };
    const site = await startNodeSite(held(application));
    const answer = site.fetch("/");
    const res = await full.opened;
    expect(res.writableNeedDrain).toBe(true);
    const waiting = res.writableLength;
    expect(waiting).toBeGreaterThanOrEqual(res.writableHighWaterMark);
    expect(waiting).toBeLessThan(res.writableHighWaterMark + 1_000);
    expect(drained).toBe(false);
    go.open();
    expect((await (await answer).text()).length).toBe(waiting);
    expect(drained).toBe(true);
  });
});

describe("a request body", () => {
  it("that nobody reads is not fetched", async () => {
    let fetched = false;
    const watching: Middleware = (inner) => (environ, startResponse) => {
      const input = environ["wsgi.input"];
      const chunks = input.chunks.bind(input);
      input.chunks = () => {
        fetched = true;
        return chunks();
      };
      return inner(environ, startResponse);
    };
    const unread = await startNodeSite(watching(fromNode((_, res) => setImmediate(() => res.end("unread")))));
    expect(await (await unread.fetch("/", { method: "POST", body: "x" })).text()).toBe("unread");
    expect(fetched).toBe(false);
    const read = await startNodeSite(watching(fromNode((req, res) => req.pipe(res))));
    expect(await (await read.fetch("/", { method: "POST", body: "x" })).text()).toBe("x");
    expect(fetched).toBe(true);
  });

  it("of an undeclared length is announced as chunked, and read to its end", async () => {
    const application = fromNode(async (req, res) => {
      let text = "";
      for await (const chunk of req) text += String(chunk);
      res.end(`${req.headers["transfer-encoding"]} ${req.headers["content-length"]} ${text}`);
    });
    const { connect } = await startServing(application);
    const peer = await connect();
    peer.request(1, paramsWith({ REQUEST_METHOD: "POST" }), "posted");
    expect((await peer.answer(1)).output).toMatch(/chunked undefined posted$/);
  });

  it("that is shorter than declared is an abort for the listener, and 400 for the client", async () => {
    const events: string[] = [];
    const application = fromNode((req, res) => {
      for (const name of ["aborted", "end", "close"]) req.on(name, () => events.push(name));
      req.on("error", (error: NodeJS.ErrnoException) => events.push(error.code ?? ""));
      req.resume().on("end", () => res.end());
    });
    const { connect, logged } = await startServing(application);
    const peer = await connect();
    peer.request(1, paramsWith({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "9" }), "half");
    expect((await peer.answer(1)).output).toMatch(/^Status: 400 /m);
    await logged("ERR_BODY_TRUNCATED");
    expect(events).toEqual(["aborted", "ECONNRESET", "close"]);
  });
});

describe("flushHead", () => {
  it.each<[string, Application]>([
    [
      "yielded",
      (_, startResponse) => {
        startResponse("200 OK", [["X-One", "1"]]);
        return (async function* () {
          yield flushHead;
          await new Promise(() => {});
        })();
      },
    ],
    [
      "written",
      async (_, startResponse) => {
        await startResponse("200 OK", [["X-One", "1"]])(flushHead);
        return new Promise(() => {});
      },
    ],
  ])("sends the head of any application when it is %s", async (_, application) => {
    const fastcgi = await startNodeSite(application);
    const http = await startServing(application, { http: "127.0.0.1:0" });
    const { address } = http.server.addresses.find(({ protocol }) => protocol === "http")!;
    for (const port of [fastcgi.port, address.kind === "tcp" ? address.port : 0]) {
      const client = await RawConnection.open(port);
      await client.request("GET / HTTP/1.1");
      expect((await client.readHead()).headers["x-one"]).toBe("1");
      client.abort();
    }
  });
});
