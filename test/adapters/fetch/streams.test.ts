/** Bodies that take their time, both ways, and clients that go away in the middle. */
import { describe, expect, it } from "vitest";
import { paramsWith } from "../../support/fastcgi-peer.ts";
import { gate } from "../../support/serving.ts";
import { serveFetch } from "./serving.ts";

const encoder = new TextEncoder();
const post = paramsWith({ REQUEST_METHOD: "POST", HTTP_HOST: "h", REQUEST_URI: "/" });

describe("a streamed answer", () => {
  it("leaves event by event, and nginx is told not to hold it back", async () => {
    const next = [gate(), gate()];
    const { ask } = await serveFetch(
      () =>
        new Response(
          new ReadableStream<Uint8Array>({
            async start(controller) {
              for (const [index, { opened }] of next.entries()) {
                controller.enqueue(encoder.encode(`data: ${index}\n\n`));
                await opened;
              }
              controller.close();
            },
          }),
          { headers: { "content-type": "text/event-stream" } },
        ),
    );
    const answer = await ask();
    expect(answer.values("x-accel-buffering")).toEqual(["no"]);
    const events: string[] = [];
    for await (const chunk of answer.body) {
      events.push(Buffer.from(chunk).toString());
      // Each one has come before the next is made.
      next[events.length - 1]?.open();
    }
    expect(events).toEqual(["data: 0\n\n", "data: 1\n\n"]);
  });

  it("may be of texts, buffers and views, as frameworks make them that yield what a handler gave them", async () => {
    const { ask } = await serveFetch(() => {
      const chunks = [
        "ein grünes ",
        new Uint8Array([87, 111]).buffer,
        new DataView(encoder.encode("_rt_").buffer, 1, 2),
      ];
      return new Response(ReadableStream.from(chunks) as never);
    });
    expect(await (await ask()).text()).toBe("ein grünes Wort");
  });

  it("leaves X-Accel-Buffering as the handler has it", async () => {
    const { ask } = await serveFetch(
      () =>
        new Response(new Blob(["data: 1\n\n"]).stream() as never, {
          headers: { "content-type": "text/event-stream", "x-accel-buffering": "yes" },
        }),
    );
    expect((await ask()).values("x-accel-buffering")).toEqual(["yes"]);
  });

  it("is held back by a client that does not read", async () => {
    let made = 0;
    const stalled = gate();
    const chunk = new Uint8Array(65_536);
    const { connect } = await serveFetch(
      () =>
        new Response(
          new ReadableStream<Uint8Array>(
            {
              pull(controller) {
                made += 1;
                controller.enqueue(chunk);
                // More than sockets and the high-water mark take.
                if (made > 500) controller.close();
                if (made === 2) stalled.open();
              },
            },
            { highWaterMark: 0 },
          ),
        ),
    );
    const peer = await connect();
    peer.socket.pause();
    peer.request(1, paramsWith({ HTTP_HOST: "h", REQUEST_URI: "/" }));
    await stalled.opened;
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(100);
    peer.socket.resume();
    expect((await peer.answer(1)).output.length).toBeGreaterThan(501 * 65_536);
  });

  it("is cancelled when the client goes, and the signal says why", async () => {
    const cancelled = gate<unknown>();
    const fired = gate<unknown>();
    const { connect } = await serveFetch((request) => {
      request.signal.addEventListener("abort", () => fired.open(request.signal.reason));
      return new Response(
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(encoder.encode("begun")),
          cancel: (reason) => cancelled.open(reason),
        }),
      );
    });
    const peer = await connect();
    peer.request(1, paramsWith({ HTTP_HOST: "h", REQUEST_URI: "/" }));
    await peer.until(() => peer.partial(1).output.endsWith("begun"));
    peer.socket.destroy();
    expect(await fired.opened).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
    expect(await cancelled.opened).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
  });

  it("that comes too late is cancelled", async () => {
    const asked = gate();
    const aborted = gate();
    const cancelled = gate<string>();
    const { connect } = await serveFetch(async (request) => {
      request.signal.addEventListener("abort", () => aborted.open());
      asked.open();
      await aborted.opened;
      return new Response(new ReadableStream({ cancel: () => cancelled.open("cancelled") }));
    });
    const peer = await connect();
    peer.request(1, paramsWith({ HTTP_HOST: "h", REQUEST_URI: "/" }));
    await asked.opened;
    peer.socket.destroy();
    expect(await cancelled.opened).toBe("cancelled");
  });

  it("never fires the signal where it ends well", async () => {
    let signal: AbortSignal | undefined;
    const { ask, server } = await serveFetch((request) => {
      signal = request.signal;
      return new Response(new Blob(["whole"]).stream() as never);
    });
    expect(await (await ask()).text()).toBe("whole");
    await server.close();
    expect(signal?.aborted).toBe(false);
  });
});

describe("an upload", () => {
  it("comes chunk by chunk, while it is still being sent", async () => {
    const { connect } = await serveFetch((request) => new Response(request.body));
    const peer = await connect();
    peer.send({ type: "request", id: 1, role: "responder", keepConnection: true, params: post });
    for (const piece of ["one ", "two ", "three"]) {
      peer.send({ type: "body", id: 1, octets: encoder.encode(piece) });
      await peer.until(() => peer.partial(1).output.endsWith(piece));
    }
    peer.send({ type: "body-end", id: 1 });
    expect((await peer.answer(1)).output).toMatch(/\r\n\r\none two three$/);
  });

  it("of any size takes little memory, echoed as it comes", async () => {
    const { ask } = await serveFetch((request) => new Response(request.body));
    const octets = 100 * 1_048_576;
    const chunk = new Uint8Array(65_536).fill(7);
    async function* upload(): AsyncGenerator<Uint8Array> {
      for (let sent = 0; sent < octets; sent += chunk.length) yield chunk;
    }
    const answer = await ask({ method: "POST", body: upload() });
    let received = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const piece of answer.body) {
      received += piece.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(received).toBe(octets);
    expect(most).toBeLessThan(60 * 1_048_576);
  }, 60_000);

  it("may be handed to a byte stream, which takes the memory of its chunks away", async () => {
    const { ask } = await serveFetch(async (request) => {
      const reader = request.body!.getReader();
      let octets = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        // What enqueueing into a stream of type "bytes" does, and postMessage with a list of transfers.
        octets += structuredClone(value.buffer, { transfer: [value.buffer as ArrayBuffer] }).byteLength;
      }
      return new Response(String(octets));
    });
    const body = (async function* () {
      for (let sent = 0; sent < 5; sent += 1) yield encoder.encode("x".repeat(100));
    })();
    expect(await (await ask({ method: "POST", body })).text()).toBe("500");
    const large = new Uint8Array(1_000_000);
    expect(await (await ask({ method: "POST", body: large })).text()).toBe("1000000");
  });

  it("that breaks off fails the handler's read, and nothing is left unhandled", async () => {
    const failed = gate<unknown>();
    const { connect, log } = await serveFetch(async (request) => {
      try {
        for await (const chunk of request.body!) void chunk;
      } catch (error) {
        failed.open(error);
        throw error;
      }
      return new Response();
    });
    const peer = await connect();
    peer.send({ type: "request", id: 1, role: "responder", keepConnection: true, params: post });
    peer.send({ type: "body", id: 1, octets: encoder.encode("begun") });
    await new Promise((resolve) => setImmediate(resolve));
    peer.socket.destroy();
    expect(await failed.opened).toMatchObject({ code: "ERR_REQUEST_ABORTED" });
    expect(log.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("that is shorter than declared is a 400 where the handler does not catch it", async () => {
    const { ask } = await serveFetch(async (request) => new Response(await request.text()));
    const answer = await ask({ method: "POST", body: "short", params: { CONTENT_LENGTH: "99" } });
    expect(answer.status).toBe(400);
  });

  it("that nobody reads stops nothing", async () => {
    const { ask } = await serveFetch(() => new Response("early"));
    expect(await (await ask({ method: "POST", body: new Uint8Array(1_000_000) })).text()).toBe("early");
  });
});

describe("a Host that is none (U4)", () => {
  it.each(["a b", "evil@host", "a/../b"])("%j is a 400, and the handler is not asked", async (host) => {
    let asked = false;
    const { ask, errors } = await serveFetch(() => {
      asked = true;
      return new Response();
    });
    const answer = await ask({ params: { HTTP_HOST: host } });
    expect([answer.status, await answer.text(), asked]).toEqual([400, "Bad Request\n", false]);
    expect(errors.join("")).toContain("expected a name or an address");
  });
});
