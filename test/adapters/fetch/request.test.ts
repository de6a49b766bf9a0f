/** The lazy Request beside a real one: what a handler can ask gives the same. */
import { describe, expect, it } from "vitest";
import { fromFetch } from "../../../src/adapters/index.ts";
import { serveFetch, type FetchRequest } from "./serving.ts";

// Before anything is replaced.
const RealRequest = Request;
const RealHeaders = Headers;
const RealResponse = Response;
fromFetch(() => new Response());

/** Has a handler look at a request that came over FastCGI. */
async function look<Seen>(
  request: FetchRequest,
  see: (request: Request) => Seen | Promise<Seen>,
): Promise<Seen> {
  let seen: { value: Seen } | { error: unknown } | undefined;
  const { ask } = await serveFetch(async (lazy) => {
    try {
      seen = { value: await see(lazy) };
    } catch (error) {
      seen = { error };
    }
    return new Response();
  });
  await ask(request);
  if (seen === undefined) throw new Error("the handler was not called");
  if ("error" in seen) throw seen.error;
  return seen.value;
}

const headers = { "x-one": "1", accept: "text/html, */*", cookie: "a=1; b=2", "user-agent": "caf\xe9" };
const post: FetchRequest = {
  method: "POST",
  target: "/a/b?c=d",
  headers: { ...headers, "content-type": "application/json; charset=utf-8" },
  body: '{"ä":[1]}',
};
const real = (): Request =>
  new RealRequest("http://app.example/a/b?c=d", {
    method: "POST",
    headers: {
      ...headers,
      host: "app.example",
      "content-type": "application/json; charset=utf-8",
      "content-length": "10",
    },
    body: '{"ä":[1]}',
  });

describe("a lazy Request", () => {
  it.each([
    "method",
    "url",
    "cache",
    "credentials",
    "destination",
    "integrity",
    "isHistoryNavigation",
    "isReloadNavigation",
    "keepalive",
    "mode",
    "redirect",
    "referrer",
    "referrerPolicy",
    "bodyUsed",
    "duplex",
  ] as const)("has the %s of a real one", async (name) => {
    expect(await look(post, (request) => request[name as never])).toBe(real()[name as never]);
  });

  it("has every property of a real one", async () => {
    const names = Object.entries(Object.getOwnPropertyDescriptors(RealRequest.prototype))
      .filter(([, { get, value }]) => get !== undefined || value !== undefined)
      .map(([name]) => name);
    expect(await look(post, (request) => names.filter((name) => !(name in request)))).toEqual([]);
  });

  it("has its headers", async () => {
    expect(await look(post, (request) => [...request.headers])).toEqual([...real().headers]);
    expect(
      await look(post, ({ headers: list }) => [list.get("X-ONE"), list.get("nothing"), list.has("accept")]),
    ).toEqual(["1", null, true]);
  });

  it("is an instance of Request, and its headers of Headers", async () => {
    expect(
      await look(post, (request) => [
        request instanceof Request,
        request instanceof RealRequest,
        request.headers instanceof Headers,
        request.headers instanceof RealHeaders,
        Object.prototype.toString.call(request),
        Object.prototype.toString.call(request.headers),
      ]),
    ).toEqual([true, true, true, true, "[object Request]", "[object Headers]"]);
  });

  const readers: ReadonlyArray<readonly [string, (request: Request) => Promise<unknown>]> = [
    ["text", (request) => request.text()],
    ["json", (request) => request.json()],
    ["arrayBuffer", (request) => request.arrayBuffer()],
    [
      "bytes",
      async (request) => [...(await (request as unknown as { bytes(): Promise<Uint8Array> }).bytes())],
    ],
    [
      "blob",
      async (request) => [
        (await request.blob()).type,
        await (await request.blob().catch(() => new Blob(["used"]))).text(),
      ],
    ],
    ["body", async (request) => new Response(request.body).text()],
    ["clone", async (request) => [await request.clone().text(), await request.text()]],
    ["new Request", async (request) => new Request(request).text()],
    [
      "new Request with another body",
      async (request) => {
        const copy = new Request(request, { body: "other", method: "PUT" });
        return [copy.method, copy.url, copy.headers.get("x-one"), await copy.text()];
      },
    ],
    [
      "fetch of a data URL beside it",
      async (request) => [await (await fetch("data:,x")).text(), await request.text()],
    ],
    [
      "text, twice",
      async (request) => {
        const first = await request.text();
        const second = await request.text().catch((error: unknown) => error instanceof TypeError);
        return [first, second, request.bodyUsed];
      },
    ],
    [
      "text, then clone",
      async (request) => {
        await request.text();
        let refused = false;
        try {
          request.clone();
        } catch (error) {
          refused = error instanceof TypeError;
        }
        return [refused, request.bodyUsed];
      },
    ],
    [
      "a reader, then text",
      async (request) => {
        await request.body?.getReader().read();
        return [await request.text().catch((error: unknown) => error instanceof TypeError), request.bodyUsed];
      },
    ],
    [
      "a reader, then new Request with another body",
      async (request) => {
        const reader = request.body!.getReader();
        while (!(await reader.read()).done);
        return [
          await new Request(request, { method: "PUT", body: "other" }).text(),
          request.bodyUsed,
          request.body?.locked,
        ];
      },
    ],
    [
      "formData of what is no form",
      (request) => request.formData().catch((error: unknown) => error instanceof Error),
    ],
  ];
  it.each(readers)("is read as a real one: %s", async (name, read) => {
    const bytesMissing = name === "bytes" && !("bytes" in RealRequest.prototype);
    const expected = bytesMissing ? [...Buffer.from('{"ä":[1]}')] : await read(real());
    expect(await look(post, read)).toEqual(expected);
  });

  it("reads forms, of both kinds", async () => {
    const urlencoded = {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a=1&b=%C3%A4",
    };
    expect(await look(urlencoded, async (request) => [...(await request.formData())])).toEqual([
      ["a", "1"],
      ["b", "ä"],
    ]);
    const form = new FormData();
    form.set("text", "ä");
    form.set("file", new File(["octets"], "name.txt", { type: "text/plain" }));
    const source = new RealRequest("http://h/", { method: "POST", body: form });
    const multipart = {
      method: "POST",
      headers: { "content-type": source.headers.get("content-type") ?? "" },
      body: new Uint8Array(await source.arrayBuffer()),
    };
    const seen = await look(multipart, async (request) => {
      const data = await request.formData();
      const file = data.get("file") as File;
      return [data.get("text"), file.name, file.type, await file.text()];
    });
    expect(seen).toEqual(["ä", "name.txt", "text/plain", "octets"]);
  });

  it.each(["GET", "HEAD"])("has no body for %s", async (method) => {
    expect(
      await look({ method }, async (request) => [request.body, await request.text(), request.bodyUsed]),
    ).toEqual([null, "", false]);
  });

  it("has no body where the length is 0, and one where it is unknown", async () => {
    expect(await look({ method: "POST", params: { CONTENT_LENGTH: "0" } }, ({ body }) => body)).toBeNull();
    expect(await look({ method: "POST", params: { CONTENT_LENGTH: "" } }, ({ body }) => body !== null)).toBe(
      true,
    );
  });

  it.each(["get", "TRACE", "PATCH", "PROPFIND"])("has a method of its own: %s", async (method) => {
    expect(await look({ method }, (request) => [request.method, request.clone().url])).toEqual([
      method === "get" ? "GET" : method,
      "http://app.example/",
    ]);
  });

  it("has headers that can be changed, and copied", async () => {
    const seen = await look({ headers }, (request) => {
      request.headers.set("X-One", "changed");
      request.headers.append("accept", "more");
      request.headers.delete("cookie");
      return [[...request.headers], [...new Headers(request.headers)], [...request.clone().headers]];
    });
    const expected = [
      ["accept", "text/html, */*, more"],
      ["host", "app.example"],
      ["user-agent", "caf\xe9"],
      ["x-one", "changed"],
    ];
    expect(seen).toEqual([expected, expected, expected]);
  });

  it("never has a header Proxy (H1), and __proto__ is a name like another (H6)", async () => {
    const params = { HTTP_PROXY: "http://evil", HTTP___PROTO__: "x", __proto__: "y", HTTP_CONSTRUCTOR: "z" };
    const seen = await look({ params }, ({ headers: list }) => [
      list.get("proxy"),
      list.get("--proto--"),
      list.get("constructor"),
    ]);
    expect(seen).toEqual([null, "x", "z"]);
  });

  it("gives the environ, the one that the server made", async () => {
    const { ask } = await serveFetch(
      (_request, { environ }) => new Response(`${environ.REMOTE_ADDR} ${environ["tsgi.protocol"]}`),
    );
    expect(await (await ask()).text()).toBe("192.0.2.7 fastcgi");
  });

  it("is shown by console.log", async () => {
    const { inspect } = await import("node:util");
    const text = await look(post, (request) => inspect(request));
    expect(text).toContain("url: 'http://app.example/a/b?c=d'");
    expect(text).toContain("'x-one': '1'");
  });
});

it("lets middleware say another address, or have a waitUntil of its own", async () => {
  const waitUntil = (): void => {};
  const seen = await look({}, (request) => {
    const own = Object.assign(request, { ip: "198.51.100.1", waitUntil });
    return [own.ip, own.waitUntil === waitUntil];
  });
  expect(seen).toEqual(["198.51.100.1", true]);
});

describe("with overrideGlobals: false", () => {
  it("the globals stay as they are, and the Request is an instance of theirs", async () => {
    const { ask } = await serveFetch(
      async (request) =>
        new RealResponse(`${request instanceof RealRequest} ${await new RealRequest(request).text()}`),
      { overrideGlobals: false },
    );
    expect(await (await ask({ method: "POST", body: "x" })).text()).toBe("true x");
  });
});
