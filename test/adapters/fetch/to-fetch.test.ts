/** An application as a fetch handler, called with Requests as a fetch server calls it. */
import { describe, expect, it } from "vitest";
import { fromFetch, toFetch, type ToFetchOptions } from "../../../src/adapters/index.ts";
import type { Application, Environ, LogEntry } from "../../../src/bridge/index.ts";
import { gate } from "../../support/serving.ts";

const encoder = new TextEncoder();
const quiet = { log: () => {}, writeErrors: () => {} };

/** The environ that an application is given for a request. */
async function environOf(
  request: Request,
  options: ToFetchOptions<readonly unknown[]> = {},
): Promise<Environ> {
  let seen: Environ | undefined;
  const handler = toFetch(
    (environ, startResponse) => {
      seen = environ;
      startResponse("200 OK", []);
      return [];
    },
    { ...quiet, ...options },
  );
  await handler(request);
  if (seen === undefined) throw new Error("the application was not called");
  return seen;
}

describe("the environ of a Request", () => {
  it("has what its URL and headers say", async () => {
    const request = new Request("https://a.example:8443/caf%C3%A9/b%2Fc?d=%20", {
      headers: { "X-One": "1", cookie: "a=b", "content-type": "a/b" },
    });
    expect(await environOf(request)).toMatchObject({
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      PATH_INFO: "/caf\xc3\xa9/b/c",
      QUERY_STRING: "d=%20",
      REQUEST_URI: "/caf%C3%A9/b%2Fc?d=%20",
      SERVER_NAME: "a.example",
      SERVER_PORT: "8443",
      HTTPS: "on",
      HTTP_HOST: "a.example:8443",
      HTTP_X_ONE: "1",
      HTTP_COOKIE: "a=b",
      CONTENT_TYPE: "a/b",
      REMOTE_ADDR: "",
      "wsgi.url_scheme": "https",
      "tsgi.protocol": "http",
    });
  });

  it("is split at scriptName", async () => {
    const request = new Request("http://h/app/x");
    expect(await environOf(request, { scriptName: "/app" })).toMatchObject({
      SCRIPT_NAME: "/app",
      PATH_INFO: "/x",
    });
  });

  it("has the client's address where the server knows it", async () => {
    const request = new Request("http://h/");
    expect(await environOf(request, { remoteAddress: () => "192.0.2.1" })).toMatchObject({
      REMOTE_ADDR: "192.0.2.1",
    });
    const remoteAddress = () => ({ address: "192.0.2.1", port: 7 });
    expect(await environOf(request, { remoteAddress })).toMatchObject({
      REMOTE_ADDR: "192.0.2.1",
      REMOTE_PORT: "7",
    });
  });

  it("has no HTTP_PROXY (H1), and the URL's host whatever the header says", async () => {
    const environ = await environOf(new Request("http://h/", { headers: { proxy: "evil", host: "other" } }));
    expect([environ.HTTP_PROXY, environ.HTTP_HOST]).toEqual([undefined, "h"]);
  });

  it("reads the body as it is asked for", async () => {
    const echo: Application = async (environ, startResponse) => {
      startResponse("200 OK", [["Content-Type", "text/plain"]]);
      return [await environ["wsgi.input"].read()];
    };
    const request = new Request("http://h/", { method: "POST", body: "octets" });
    expect(await (await toFetch(echo, quiet)(request)).text()).toBe("octets");
    expect(await (await toFetch(echo, quiet)(new Request("http://h/"))).text()).toBe("");
  });
});

describe("the Response", () => {
  it("has status, reason, headers and several cookies", async () => {
    const response = await toFetch((_environ, startResponse) => {
      startResponse("418 Short and Stout", [
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
        ["X-Latin", "caf\xe9"],
      ]);
      return [encoder.encode("one "), encoder.encode("two")];
    }, quiet)(new Request("http://h/"));
    expect([response.status, response.statusText]).toEqual([418, "Short and Stout"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-latin")).toBe("caf\xe9");
    expect(await response.text()).toBe("one two");
  });

  it.each([204, 205, 304])("of status %i has no body", async (status) => {
    const response = await toFetch((_environ, startResponse) => {
      startResponse(`${status} X`, []);
      return [];
    }, quiet)(new Request("http://h/"));
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it("is streamed, and holds the application back", async () => {
    let made = 0;
    const chunk = new Uint8Array(16_384);
    const response = await toFetch((_environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* () {
        for (; made < 100; made += 1) yield chunk;
      })();
    }, quiet)(new Request("http://h/"));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(10);
    expect((await response.arrayBuffer()).byteLength).toBe(100 * chunk.length);
  });

  it("keeps its octets when the application writes to its buffer again", async () => {
    const response = await toFetch((_environ, startResponse) => {
      startResponse("200 OK", []);
      const buffer = new Uint8Array(1);
      return (function* () {
        for (const octet of [1, 2, 3]) yield buffer.fill(octet);
      })();
    }, quiet)(new Request("http://h/"));
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
  });

  it("fails where the application fails in the middle, and is a 500 where it fails before", async () => {
    const entries: LogEntry[] = [];
    const failing: Application = (environ, startResponse) => {
      if (environ.PATH_INFO === "/before") throw new Error("before");
      startResponse("200 OK", [["Content-Length", "9"]]);
      return [encoder.encode("short")];
    };
    const handler = toFetch(failing, { log: (entry) => entries.push(entry), writeErrors: () => {} });
    expect((await handler(new Request("http://h/before"))).status).toBe(500);
    const cut = await handler(new Request("http://h/"));
    await expect(cut.text()).rejects.toMatchObject({ code: "ERR_RESPONSE_LENGTH" });
    expect(entries.map(({ message }) => message)).toEqual([
      expect.stringContaining("before"),
      expect.stringContaining("5 octets"),
    ]);
  });

  it("is a 500 for a status that no Response has", async () => {
    const entries: LogEntry[] = [];
    const handler = toFetch(
      (_environ, startResponse) => {
        startResponse("999 Mine", []);
        return [];
      },
      { log: (entry) => entries.push(entry), writeErrors: () => {} },
    );
    expect((await handler(new Request("http://h/"))).status).toBe(500);
    expect(entries[0]).toMatchObject({ code: "ERR_RESPONSE_STATUS" });
  });

  it("is a 413 for a body past maxBodyOctets, a 400 for a URL that is none", async () => {
    const reads: Application = async (environ, startResponse) => {
      const octets = await environ["wsgi.input"].read();
      startResponse("200 OK", []);
      return [octets];
    };
    const handler = toFetch(reads, { ...quiet, maxBodyOctets: 3 });
    const upload = new Request("http://h/", { method: "POST", body: "four" });
    expect((await handler(upload)).status).toBe(413);
    expect((await handler(new Request("http://h/a%00b"))).status).toBe(400);
  });
});

describe("an abort", () => {
  const waiting = () => {
    const begun = gate();
    const fired = gate<unknown>();
    const closed = gate<string>();
    const application: Application = (environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => fired.open(environ["tsgi.signal"].reason));
      startResponse("200 OK", []);
      begun.open();
      return {
        async *[Symbol.asyncIterator]() {
          yield encoder.encode("begun");
          await fired.opened;
        },
        close: () => closed.open("closed"),
      };
    };
    return { begun, fired, closed, handler: toFetch(application, quiet) };
  };

  it("comes from the request's signal", async () => {
    const { fired, closed, handler } = waiting();
    const controller = new AbortController();
    const response = await handler(new Request("http://h/", { signal: controller.signal }));
    const text = response.text();
    controller.abort();
    await expect(text).rejects.toMatchObject({ code: "ERR_REQUEST_ABORTED" });
    expect([await fired.opened, await closed.opened]).toEqual([
      expect.objectContaining({ code: "ERR_REQUEST_ABORTED" }),
      "closed",
    ]);
  });

  it("comes from a body that is cancelled", async () => {
    const { fired, closed, handler } = waiting();
    const response = await handler(new Request("http://h/"));
    await response.body?.cancel();
    expect([await fired.opened, await closed.opened]).toEqual([
      expect.objectContaining({ code: "ERR_REQUEST_ABORTED" }),
      "closed",
    ]);
  });

  it("before the head rejects; one before the call never reaches the application", async () => {
    const asked = gate();
    const handler = toFetch((environ) => {
      asked.open();
      return new Promise((_, reject) => {
        environ["tsgi.signal"].addEventListener("abort", () =>
          reject(environ["tsgi.signal"].reason as Error),
        );
      });
    }, quiet);
    const controller = new AbortController();
    const response = handler(new Request("http://h/", { signal: controller.signal }));
    await asked.opened;
    controller.abort();
    await expect(response).rejects.toMatchObject({ code: "ERR_REQUEST_ABORTED" });
    await expect(handler(new Request("http://h/", { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: "ERR_REQUEST_ABORTED",
    });
  });

  it("of an upload rejects the application's read", async () => {
    const failed = gate<unknown>();
    const handler = toFetch(async (environ, startResponse) => {
      await environ["wsgi.input"].read().catch(failed.open);
      startResponse("200 OK", []);
      return [];
    }, quiet);
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    await handler(new Request("http://h/", { method: "POST", body, duplex: "half" }));
    expect(await failed.opened).toMatchObject({
      code: "ERR_REQUEST_ABORTED",
      message: expect.stringContaining("gone"),
    });
  });
});

describe("around the answer", () => {
  it("the rest of an upload is cancelled when the application has answered", async () => {
    const cancelled = gate<string>();
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
      cancel: () => cancelled.open("cancelled"),
    });
    const handler = toFetch(async (environ, startResponse) => {
      await environ["wsgi.input"].read(1);
      startResponse("200 OK", []);
      return [];
    }, quiet);
    await handler(new Request("http://h/", { method: "POST", body, duplex: "half" }));
    expect(await cancelled.opened).toBe("cancelled");
  });

  it("ctx.waitUntil is told of what runs on", async () => {
    const closing = gate();
    const told: Array<Promise<unknown>> = [];
    const handler = toFetch(async (_environ, startResponse) => {
      startResponse("200 OK", []);
      return Object.assign([encoder.encode("x")], { close: () => closing.opened });
    }, quiet);
    const context = { waitUntil: (promise: Promise<unknown>) => void told.push(promise) };
    await (await handler(new Request("http://h/"), {}, context)).text();
    expect(told).toHaveLength(1);
    closing.open();
    await told[0];
  });

  it("there and back again, it is the handler that it was", async () => {
    const handler = toFetch(
      fromFetch(
        async (request) =>
          new Response(`${request.method} ${request.url} ${await request.text()}`, { status: 201 }),
      ),
      quiet,
    );
    const response = await handler(
      new Request("https://h.example:8443/a%20b?c", { method: "PUT", body: "d" }),
    );
    expect([response.status, await response.text()]).toEqual([201, "PUT https://h.example:8443/a%20b?c d"]);
  });

  it("what is no application is refused at once", () => {
    expect(() => toFetch({} as never)).toThrow(expect.objectContaining({ code: "ERR_CONFIG_APPLICATION" }));
    expect(() => toFetch(() => [], { scriptName: "app" })).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION" }),
    );
  });
});
