import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { GatewayClient } from "../../src/client/index.ts";
import { coded, deferred, open, params, start, textOf } from "./harness.ts";
import type { ScriptedRequest } from "./scripted-application.ts";

/** Answers the first request on each connection and closes when the next one comes. */
async function answerOnce(request: ScriptedRequest): Promise<void> {
  const { connection } = request;
  if (answered.has(connection)) {
    connection.socket.destroy();
    return;
  }
  answered.add(connection);
  const { text } = await request.readAll();
  await request.answer(`A: b\n\n${connection.index} ${text}`);
}
const answered = new WeakSet<object>();

/** A body whose first chunk is not there before the promise resolves. */
async function* after(promise: Promise<void>, ...words: readonly string[]): AsyncGenerator<Uint8Array> {
  await promise;
  for (const word of words) yield Buffer.from(word);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("a");
  throw new Error("disk failed");
}

async function* worded(): AsyncGenerator<string> {
  yield "a";
}

describe("a kept connection that fails", () => {
  test("is replaced once for a request without a body", async () => {
    const { application, client } = await start(answerOnce);
    expect(await textOf(await client.request({ params }))).toBe("0 ");
    expect(await textOf(await client.request({ params: new Map(params).entries() }))).toBe("1 ");
    expect(application).toMatchObject({ requests: 3, connections: { length: 2 } });
  });

  test.each(["POST", "PATCH"])(
    "is not replaced for %s: the application may have acted on it",
    async (method) => {
      const { application, client } = await start(answerOnce);
      await textOf(await client.request({ params }));
      const request = client.request({ params: [["REQUEST_METHOD", method]] });
      await expect(request).rejects.toThrow(coded("ERR_FCGI_TRUNCATED"));
      expect(application.requests).toBe(2);
    },
  );

  test("is not replaced once some of the body has left", async () => {
    const { application, client } = await start(answerOnce);
    await textOf(await client.request({ params }));
    const request = client.request({ params, body: Buffer.from("pay") });
    await expect(request).rejects.toThrow(coded("ERR_FCGI_TRUNCATED", /before the END_REQUEST/));
    expect(application.requests).toBe(2);
  });

  test("is replaced for a body of which nothing has left, and the body is sent whole", async () => {
    const triedAgain = deferred();
    const { application, client } = await start(async (request) => {
      if (application.requests === 3) triedAgain.resolve();
      await answerOnce(request);
    });
    // Until the second attempt has arrived, there is nothing to send.
    const late = after(triedAgain.promise, "one ", "two");
    expect(await textOf(await client.request({ params }))).toBe("0 ");
    expect(await textOf(await client.request({ params, body: late }))).toBe("1 one two");
    expect(application.requests).toBe(3);
  });

  test("is not replaced after some of the answer has come", async () => {
    const { application, client } = await start(async (request) => {
      if (application.requests === 1) return request.answer("A: b\n\n");
      await request.write("A: ");
      return void request.connection.socket.destroy();
    });
    await textOf(await client.request({ params }));
    await expect(client.request({ params })).rejects.toThrow(coded("ERR_FCGI_TRUNCATED"));
    expect(application.requests).toBe(2);
  });

  test("is not replaced when it was fresh: the application may have acted on the request", async () => {
    const { application, client } = await start((request) => void request.connection.socket.destroy());
    await expect(client.request({ params })).rejects.toThrow(coded("ERR_FCGI_TRUNCATED"));
    expect(application.requests).toBe(1);
  });

  test("is dropped when the application closes it while it is idle", async () => {
    const { application, client } = await start(async (request) => {
      await request.answer("A: b\n\n");
      request.connection.socket.end();
    });
    for (let count = 1; count <= 3; count++) {
      await textOf(await client.request({ params }));
      await application.connections[count - 1]?.closed;
      expect(application.connections).toHaveLength(count);
    }
  });

  test("P8 is dropped when octets that belong to no request come over it", async () => {
    const stray = Uint8Array.from([1, 6, 0, 1, 0, 1, 0, 0, 65]);
    const { application, client } = await start(async (request) => {
      await request.answer(`A: b\n\n${request.connection.index}`);
      request.connection.socket.write(stray);
    });
    expect(await textOf(await client.request({ params }))).toBe("0");
    await application.connections[0]?.closed;
    expect(await textOf(await client.request({ params }))).toBe("1");
  });
});

describe("an answer that is not whole", () => {
  test("rejects while the body is read, after what had come of it", async () => {
    const { client } = await start(async (request) => {
      await request.write("A: b\n\npart");
      request.connection.socket.end();
    });
    const { body } = await client.request({ params });
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
    })();
    await expect(reading).rejects.toThrow(coded("ERR_FCGI_TRUNCATED"));
    expect(chunks).toStrictEqual(["part"]);
  });

  test.each([
    [
      "ends inside its head",
      "Status: 200 OK\r\n",
      "ERR_CGI_HEAD",
      /ended after 16 octets without the blank line/,
    ],
    ["has no head", "", "ERR_CGI_HEAD", /the answer is empty/],
    ["has a malformed head", "nonsense\n\n", "ERR_CGI_HEAD", /"nonsense" has no colon/],
    ["is an interim one", "Status: 103 Early Hints\n\n", "ERR_CGI_HEAD", /status 103 came/],
    ["has a head without end", `A: ${"b".repeat(70_000)}`, "ERR_LIMIT_HEAD", /expected at most 65536/],
  ])("rejects when it %s", async (_, output, code, message) => {
    const { client } = await start((request) => request.answer(output));
    await expect(client.request({ params })).rejects.toThrow(coded(code, message));
  });

  test("rejects octets that are no records", async () => {
    const { client } = await start(
      (request) => void request.connection.socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    );
    await expect(client.request({ params })).rejects.toThrow(coded("ERR_FCGI_VERSION"));
  });

  test("rejects when the application stays silent for too long, but not while the upload is the slow part", async () => {
    const { client } = await start(
      async (request) => {
        const { text } = await request.readAll();
        if (text !== "") await request.answer(`A: b\n\n${text}`);
      },
      { readTimeoutMs: 20 },
    );
    // The slow upload begins first and goes on only when the silent answer, begun later, has taken too long.
    const tooLong = deferred();
    const patient = client.request({ params, body: after(tooLong.promise, "patience") });
    await expect(client.request({ params })).rejects.toThrow(coded("ERR_LIMIT_TIME", /silent for 20 ms/));
    tooLong.resolve();
    expect(await textOf(await patient)).toBe("patience");
  });
});

describe("a request that is given up", () => {
  test("closes its connection while it waits for the head", async () => {
    const arrived = deferred();
    const { application, client } = await start(() => arrived.resolve());
    const controller = new AbortController();
    const request = client.request({ params, signal: controller.signal });
    await arrived.promise;
    controller.abort(new Error("no longer wanted"));
    await expect(request).rejects.toThrow(
      expect.objectContaining({ code: "ERR_REQUEST_ABORTED", cause: controller.signal.reason as unknown }),
    );
    await application.connections[0]?.closed;
    expect(application.connections).toHaveLength(1);
  });

  test.each(["signal", "cancel", "break"] as const)(
    "closes its connection while the body streams (%s)",
    async (how) => {
      const { application, client } = await start((request) => request.write("A: b\n\npart"));
      const controller = new AbortController();
      const { body } = await client.request({ params, signal: controller.signal });
      const read = async (): Promise<void> => {
        for await (const chunk of body) {
          expect(Buffer.from(chunk).toString()).toBe("part");
          if (how === "signal") controller.abort();
          else if (how === "cancel") body.cancel();
          else break;
        }
      };
      if (how === "break") await read();
      else await expect(read()).rejects.toThrow(coded("ERR_REQUEST_ABORTED"));
      await application.connections[0]?.closed;
    },
  );

  test("sends nothing when it was given up before", async () => {
    const { application, client } = await start(() => {});
    await expect(client.request({ params, signal: AbortSignal.abort() })).rejects.toThrow(
      coded("ERR_REQUEST_ABORTED"),
    );
    expect(application.connections).toHaveLength(0);
  });

  test("leaves the queue", async () => {
    const released = deferred();
    const { application, client } = await start(
      async (request) => {
        await released.promise;
        await request.answer("A: b\n\n");
      },
      { maxConnections: 1 },
    );
    const first = client.request({ params });
    const controller = new AbortController();
    const second = client.request({ params, signal: controller.signal });
    const third = client.request({ params });
    controller.abort();
    await expect(second).rejects.toThrow(coded("ERR_REQUEST_ABORTED"));
    released.resolve();
    for (const response of [await first, await third]) await textOf(response);
    expect(application).toMatchObject({ requests: 2, connections: { length: 1 } });
  });

  test("rejects with what the body throws, and with a hint when it gives text", async () => {
    const { client } = await start(async (request) => void (await request.readAll()));
    await expect(client.request({ params, body: broken() })).rejects.toThrow("disk failed");
    const text = worded() as unknown as AsyncIterable<Uint8Array>;
    await expect(client.request({ params, body: text })).rejects.toThrow(
      coded("ERR_LOCAL_VALUE", /gave a string/),
    );
    await expect(client.request({ params, body: "a" as unknown as Uint8Array })).rejects.toThrow(
      coded("ERR_LOCAL_VALUE", /is a string; .*TextEncoder/),
    );
    await expect(client.request({ params: [["A", "\u0100"]] })).rejects.toThrow(coded("ERR_LOCAL_VALUE"));
  });
});

describe("bounds and closing", () => {
  test("opens no more connections than allowed and queues no more requests than allowed", async () => {
    const released = deferred();
    const { application, client } = await start(
      async (request) => {
        await released.promise;
        await request.answer("A: b\n\n");
      },
      { maxConnections: 2, maxQueuedRequests: 3 },
    );
    const requests = Array.from({ length: 5 }, () => client.request({ params }));
    await expect(client.request({ params })).rejects.toThrow(
      coded("ERR_LIMIT_REQUESTS", /^4 requests wait for a connection; expected at most 3$/),
    );
    released.resolve();
    for (const request of requests) await textOf(await request);
    expect(application).toMatchObject({ requests: 5, connections: { length: 2 } });
  });

  test("keeps no more idle connections than allowed", async () => {
    const { application, client } = await start((request) => request.answer("A: b\n\n"), {
      maxIdleConnections: 1,
    });
    const responses = await Promise.all([1, 2, 3].map(() => client.request({ params })));
    await Promise.all(responses.map(textOf));
    expect(application.connections).toHaveLength(3);
    await Promise.any(application.connections.map(({ closed }) => closed));
    await textOf(await client.request({ params }));
    expect(application.connections).toHaveLength(3);
  });

  test("closes after each answer when it may keep none", async () => {
    const { application, client } = await start((request) => request.answer("A: b\n\n"), {
      maxIdleConnections: 0,
    });
    for (let count = 1; count <= 2; count++) {
      await textOf(await client.request({ params }));
      await application.connections[count - 1]?.closed;
    }
    expect(application.connections.map(({ core }) => core.closing)).toStrictEqual([true, true]);
  });

  test("closes a connection that has been idle for too long", async () => {
    const { application, client } = await start((request) => request.answer("A: b\n\n"), {
      idleTimeoutMs: 5,
    });
    await textOf(await client.request({ params }));
    await application.connections[0]?.closed;
  });

  test("close lets a request end, takes no other, and closes what is idle", async () => {
    const released = deferred();
    const { application, client } = await start(async (request) => {
      if (request.params.has("SMALL")) return request.answer("A: b\n\n");
      await request.write("A: b\n\nlong");
      await released.promise;
      return request.answer("er");
    });
    const response = await client.request({ params });
    await textOf(await client.request({ params: [["SMALL", "1"]] }));
    const closed = client.close();
    await application.connections[1]?.closed;
    await expect(client.request({ params })).rejects.toThrow(coded("ERR_LOCAL_STATE", /has been closed/));
    released.resolve();
    expect(await textOf(response)).toBe("longer");
    await closed;
    await client.close();
  });

  test("destroy cuts what is under way", async () => {
    const { client } = await start((request) => request.write("A: b\n\npart"));
    const response = await client.request({ params });
    await client.destroy();
    await expect(textOf(response)).rejects.toThrow(coded("ERR_REQUEST_ABORTED", /destroyed/));
  });

  test.each([
    { kind: "fd", fd: 3 } as const,
    { kind: "systemd", name: "web" } as const,
    { kind: "tcp", host: "localhost", port: 0 } as const,
  ])("refuses an address that can only be listened on: $kind", (address) => {
    expect(() => new GatewayClient({ protocol: "fastcgi", address })).toThrow(coded("ERR_CONFIG_ADDRESS"));
  });

  test("lets a body be read once only", async () => {
    const { client } = await start((request) => request.answer("A: b\n\nx"));
    const response = await client.request({ params });
    expect(await textOf(response)).toBe("x");
    expect(() => response.body[Symbol.asyncIterator]()).toThrow(coded("ERR_LOCAL_STATE"));
    expect(open).toHaveLength(2);
  });
});

/** A connection that takes nothing: what is written to it never leaves. */
class FullSocket extends Duplex {
  readonly writeFailed = false;
  readonly #full = deferred();
  constructor() {
    super({ writableHighWaterMark: 1 });
  }
  get full(): Promise<void> {
    return this.#full.promise;
  }
  override _read(): void {}
  override _write(): void {
    this.#full.resolve();
  }
  setTimeout(): void {}
  ref(): void {}
  unref(): void {}
}

describe("a body whose source fails", () => {
  test("while the application takes nothing: the request fails at once, and nothing is left unhandled", async () => {
    const socket = new FullSocket();
    const address = { kind: "unix", path: "/nowhere" } as const;
    const client = new GatewayClient({ protocol: "fastcgi", address, connect: () => socket });
    const failing: AsyncIterableIterator<Uint8Array> = {
      [Symbol.asyncIterator]: () => failing,
      next: async () => {
        await socket.full;
        throw new Error("the uploading client has gone");
      },
    };
    await expect(client.request({ params, body: failing })).rejects.toThrow("the uploading client has gone");
    await client.destroy();
  });
});

describe("SCGI: a request that is given up while its body is gathered", () => {
  test("rejects at once, and ends the body's source", async () => {
    const client = new GatewayClient({ protocol: "scgi", address: { kind: "unix", path: "/nowhere" } });
    const stop = new AbortController();
    const [asked, ended] = [deferred(), deferred()];
    const body: AsyncIterableIterator<Uint8Array> = {
      [Symbol.asyncIterator]: () => body,
      next: () => {
        asked.resolve();
        return new Promise(() => {});
      },
      return: () => {
        ended.resolve();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    const request = client.request({ params, body, signal: stop.signal });
    await asked.promise;
    stop.abort();
    await expect(request).rejects.toThrow(coded("ERR_REQUEST_ABORTED"));
    await ended.promise;
  });
});
