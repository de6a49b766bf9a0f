import { describe, expect, test } from "vitest";
import type { GatewayClient } from "../../src/client/index.ts";
import { coded, deferred, open, params, start, textOf } from "./harness.ts";

describe.each([["a UNIX socket", false] as const, ["TCP", true] as const])("over %s", (_, tcp) => {
  test("sends params and body and reads head, body, errors and the final status", async () => {
    const { client } = await start(
      async (request) => {
        const { text } = await request.readAll();
        await request.errors("careful\n");
        await request.write("X-Method: ");
        await request.errors("very careful\n");
        await request.write(`${request.params.get("REQUEST_METHOD")}\r\nStatus: 418 I'm a teapot\r\n\r`);
        await request.write(`\n${text.toUpperCase()}`);
        await request.errors("done\n");
        await request.write("!");
        await request.end();
      },
      { tcp },
    );
    let errors = "";
    const response = await client.request({
      params: [
        ["REQUEST_METHOD", "POST"],
        ["HTTP_X", "\xe9"],
      ],
      body: Buffer.from("hello"),
      onErrors: (octets) => (errors += Buffer.from(octets).toString()),
    });
    expect(response).toMatchObject({
      status: 418,
      reason: "I'm a teapot",
      headers: [["X-Method", "POST"]],
    });
    expect(await textOf(response)).toBe("HELLO!");
    expect(response).toMatchObject({ appStatus: 0, protocolStatus: 0 });
    expect(errors).toBe("careful\nvery careful\ndone\n");
  });

  test("keeps a connection and sends the next request over it", async () => {
    const { application, client } = await start(
      (request) => request.answer(`A: b\n\n${application.requests}`),
      {
        tcp,
      },
    );
    for (const expected of ["1", "2", "3"])
      expect(await textOf(await client.request({ params }))).toBe(expected);
    expect(application.connections).toHaveLength(1);
  });

  test("P10 reads an early answer to a large upload although the application has closed", async () => {
    const { application, client } = await start(
      async (request) => {
        await request.read();
        await request.answer("Status: 413 Too Large\n\nno");
        request.connection.socket.destroy();
      },
      { tcp },
    );
    for (let round = 0; round < 20; round++) {
      const response = await client.request({ params, body: new Uint8Array(8 << 20) });
      expect(response.status).toBe(413);
      expect(await textOf(response)).toBe("no");
    }
    expect(application.connections).toHaveLength(20);
  });

  test("rejects what cannot be reached, and says how to find out why", async () => {
    const { application, client } = await start(() => {}, { tcp });
    await open.shift()?.[Symbol.asyncDispose]();
    await expect(client.request({ params })).rejects.toThrow(
      coded(
        "ERR_CONFIG_CONNECT",
        /^cannot connect to .*: E(NOENT|CONNREFUSED), .*is the application running\?$/,
      ),
    );
    expect(application.connections).toHaveLength(0);
  });
});

describe("streams", () => {
  test("passes each chunk of an upload and of the answer on as it comes", async () => {
    const { client } = await start(async (request) => {
      await request.write("A: b\n\n");
      for (let chunk = await request.read(); chunk; chunk = await request.read()) await request.write(chunk);
      await request.end();
    });
    const heard: string[] = [];
    let next = deferred();
    async function* speak(): AsyncGenerator<Uint8Array> {
      for (const word of ["one", "two", "three"]) {
        next = deferred();
        yield Buffer.from(word);
        // Without streaming in both directions, this waits for ever.
        await next.promise;
      }
    }
    const response = await client.request({ params, body: speak() });
    for await (const chunk of response.body) {
      heard.push(Buffer.from(chunk).toString());
      next.resolve();
    }
    expect(heard).toStrictEqual(["one", "two", "three"]);
  });

  test("P9 stops reading an answer that nobody reads, and lets other requests pass meanwhile", async () => {
    const total = 32 << 20;
    let sent = 0;
    const { client } = await start(async (request) => {
      if (request.params.has("SMALL")) return request.answer("A: b\n\n.");
      await request.write("A: b\n\n");
      const chunk = new Uint8Array(65_536);
      for (; sent < total; sent += chunk.length) await request.write(chunk);
      return request.end();
    });
    const response = await client.request({ params });
    for (let count = 0; count < 100; count++) {
      expect(await textOf(await client.request({ params: [["SMALL", "1"]] }))).toBe(".");
    }
    const unread = sent;
    let octets = 0;
    for await (const chunk of response.body) octets += chunk.length;
    expect(octets).toBe(total);
    expect(unread).toBeLessThan(total / 4);
  });

  test("P9 stops pulling an upload that the application does not read", async () => {
    const total = 32 << 20;
    let pulled = 0;
    async function* upload(): AsyncGenerator<Uint8Array> {
      for (; pulled < total; pulled += 65_536) yield new Uint8Array(65_536);
    }
    const mayRead = deferred();
    const { client } = await start(async (request) => {
      if (request.params.has("SMALL")) return request.answer("A: b\n\n.");
      await mayRead.promise;
      return request.answer(`A: b\n\n${(await request.readAll()).octets}`);
    });
    const response = client.request({ params, body: upload() });
    for (let count = 0; count < 100; count++) {
      expect(await textOf(await client.request({ params: [["SMALL", "1"]] }))).toBe(".");
    }
    const before = pulled;
    mayRead.resolve();
    expect(await textOf(await response)).toBe(`${total}`);
    expect(before).toBeLessThan(total / 4);
  });

  test("does not deadlock when both sides send more than the sockets hold", async () => {
    const total = 16 << 20;
    const { client } = await start(async (request) => {
      await request.write("A: b\n\n");
      for (let chunk = await request.read(); chunk; chunk = await request.read()) await request.write(chunk);
      await request.end();
    });
    const response = await client.request({ params, body: new Uint8Array(total).fill(7) });
    let octets = 0;
    for await (const chunk of response.body) octets += chunk.length;
    expect(octets).toBe(total);
  });

  test("P10 reads what waits in the kernel after a write has failed", async () => {
    const closed = deferred();
    const { client } = await start(
      async (request) => {
        await request.read();
        await request.answer(`Status: 413 Too Large\n\n${"x".repeat(150_000)}`);
        request.connection.socket.destroy();
        await request.connection.closed;
        closed.resolve();
      },
      { answerHighWaterOctets: 1_000 },
    );
    async function* upload(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("first");
      await closed.promise;
      yield Buffer.from("this cannot be written");
      yield Buffer.from("nor this");
    }
    const response = await client.request({ params, body: upload() });
    await closed.promise;
    // The writes fail before anything more is read.
    await new Promise((resolve) => setImmediate(resolve));
    expect(await textOf(response)).toHaveLength(150_000);
    expect(response.appStatus).toBe(0);
  });

  test("an early answer stops an upload that would never end, and its connection is not used again", async () => {
    const { application, client } = await start(async (request) => {
      await request.read();
      await request.answer("Status: 413 Too Large\n\n");
    });
    const returned = deferred();
    async function* upload(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(1_000);
      } finally {
        returned.resolve();
      }
    }
    const response = await client.request({ params, body: upload() });
    expect(await textOf(response)).toBe("");
    await returned.promise;
    expect((await client.request({ params })).status).toBe(413);
    expect(application.connections).toHaveLength(2);
  });

  test("leaves a chunk as it was after later ones have come", async () => {
    const { client } = await start(async (request) => {
      await request.write("A: b\n\n");
      for (let value = 0; value < 50; value++) await request.write(new Uint8Array(5_000).fill(value));
      await request.end();
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await client.request({ params })).body) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    for (let value = 0; value < 50; value++) {
      expect(body.subarray(value * 5_000, (value + 1) * 5_000).every((octet) => octet === value)).toBe(true);
    }
  });
});

/** A client of an application that answers everything with this protocol status alone. */
async function clientOfRefuser(protocolStatus: number): Promise<GatewayClient> {
  const { client } = await start(async (request) => {
    const end = [1, 3, 0, request.id, 0, 8, 0, 0, 0, 0, 0, 0, protocolStatus, 0, 0, 0];
    await new Promise<void>((resolve) => {
      request.connection.socket.write(Uint8Array.from(end), () => resolve());
    });
  });
  return client;
}

describe("roles", () => {
  test.each([
    [1, /FCGI_CANT_MPX_CONN: it takes one request at a time/],
    [2, /FCGI_OVERLOADED: it has no capacity left/],
    [3, /FCGI_UNKNOWN_ROLE: it does not serve this role/],
    [9, /protocol status 9/],
  ])("rejects protocol status %i as a refusal", async (protocolStatus, message) => {
    const client = await clientOfRefuser(protocolStatus);
    await expect(client.request({ params })).rejects.toThrow(coded("ERR_FCGI_REFUSED", message));
  });

  test("W15 sends no body for an authorizer", async () => {
    const { client } = await start((request) => request.answer(`Variable-Role: ${request.role}\n\n`));
    const response = await client.request({ params, role: "authorizer", body: Buffer.from("ignored") });
    expect(response.headers).toStrictEqual([["Variable-Role", "authorizer"]]);
  });

  test("rejects a role that the application does not serve", async () => {
    const { client } = await start(() => {}, { roles: ["responder"] });
    await expect(client.request({ params, role: "authorizer" })).rejects.toThrow(coded("ERR_FCGI_REFUSED"));
  });

  test("sends a filter its body and its file", async () => {
    const { client } = await start(async (request) => {
      const body = await request.readAll();
      const file = await request.readAll();
      await request.answer(`A: b\n\n${body.text} ${file.text}`);
    });
    const response = await client.request({
      params,
      role: "filter",
      body: Buffer.from("body"),
      data: Buffer.from("file"),
    });
    expect(await textOf(response)).toBe("body file");
  });

  test("sends more params than one record holds", async () => {
    const { client } = await start((request) => request.answer(`A: b\n\n${request.params.get("LAST")}`));
    const many: [string, string][] = Array.from({ length: 200 }, (_, index) => [
      `P${index}`,
      "v".repeat(1_000),
    ]);
    expect(await textOf(await client.request({ params: [...many, ["LAST", "yes"]] }))).toBe("yes");
  });
});
