/** The lazy Response and its Headers beside real ones. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LazyHeaders } from "../../../src/adapters/fetch-headers.ts";
import { LazyResponse } from "../../../src/adapters/fetch-response.ts";

const RealResponse = Response;
const RealHeaders = Headers;
const Lazy = LazyResponse as unknown as typeof Response;
const LazyH = LazyHeaders as unknown as typeof Headers;

/** What an expression gives, or the class of what it throws. */
async function outcome(make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    return error instanceof Error ? error.constructor.name : error;
  }
}

const octets = new TextEncoder().encode('{"ä":1}');
type Body = ConstructorParameters<typeof Response>[0];
const bodies: ReadonlyArray<readonly [string, () => Body]> = [
  ["a text", () => '{"ä":1}'],
  ["a lone surrogate", () => "\ud800"],
  ["an empty text", () => ""],
  ["a text with a byte order mark", () => "\ufeff{}"],
  ["null", () => null],
  ["undefined", () => undefined],
  ["octets", () => octets],
  ["an ArrayBuffer", () => octets.slice().buffer],
  ["a view of a part", () => new Uint16Array(octets.slice(0, 8).buffer, 2, 2) as never],
  ["a Blob", () => new Blob([octets], { type: "application/json" })],
  ["URLSearchParams", () => new URLSearchParams("a=1&b=ä")],
  ["a stream", () => new Blob([octets]).stream() as never],
  ["a number", () => 7 as never],
  [
    "a locked stream",
    () => {
      const stream = new Blob(["x"]).stream();
      stream.getReader();
      return stream as never;
    },
  ],
];
const uses: ReadonlyArray<readonly [string, (response: Response) => unknown]> = [
  ["text", (response) => response.text()],
  ["json", (response) => response.json()],
  ["arrayBuffer", async (response) => [...new Uint8Array(await response.arrayBuffer())]],
  [
    "blob",
    async (response) => {
      const blob = await response.blob();
      return [blob.type, await blob.text()];
    },
  ],
  ["formData", async (response) => [...(await response.formData())]],
  [
    "body",
    async (response) => {
      const { body } = response;
      if (body === null) return null;
      const parts = [];
      for await (const part of body) parts.push(part);
      return [Buffer.concat(parts).toString(), response.bodyUsed];
    },
  ],
  [
    "bodyUsed",
    async (response) => {
      const before = response.bodyUsed;
      await response.text();
      return [before, response.bodyUsed];
    },
  ],
  [
    "text twice",
    async (response) => {
      await response.text();
      return outcome(() => response.text());
    },
  ],
  [
    "clone",
    async (response) => {
      const copy = response.clone();
      return [copy.status, [...copy.headers], await copy.text(), await response.text()];
    },
  ],
  [
    "clone after use",
    async (response) => {
      await response.text();
      return outcome(() => response.clone().bodyUsed);
    },
  ],
  ["headers", (response) => [...response.headers]],
  ["a Response made of its body", async (response) => new RealResponse(response.body).text()],
];

describe("a lazy Response", () => {
  for (const [name, body] of bodies) {
    it.each(uses)(`of ${name} is as a real one: %s`, async (_use, use) => {
      expect(await outcome(() => use(new Lazy(body())))).toEqual(
        await outcome(() => use(new RealResponse(body()))),
      );
    });
  }

  const inits: ReadonlyArray<readonly [string, Body, unknown]> = [
    ["a status", null, { status: 404, statusText: "Gone Fishing" }],
    ["a status as text", null, { status: "201" }],
    ["a status too low", null, { status: 199 }],
    ["a status too high", null, { status: 600 }],
    ["101", null, { status: 101 }],
    ["a status that is none", null, { status: "x" }],
    ["204 with a body", "x", { status: 204 }],
    ["304 with an empty text", "", { status: 304 }],
    ["204 without a body", null, { status: 204 }],
    ["a reason with a line end", null, { statusText: "a\nb" }],
    ["a reason past latin-1", null, { statusText: "ł" }],
    [
      "headers as pairs",
      null,
      {
        headers: [
          ["A", "1"],
          ["a", "2"],
          ["Set-Cookie", "x"],
          ["set-cookie", "y"],
        ],
      },
    ],
    ["headers as an object", "x", { headers: { "Content-Type": "a/b", B: " padded ", a: 1 } }],
    ["headers as Headers", "x", { headers: new RealHeaders({ b: "1", a: "2" }) }],
    ["headers with a bad name", null, { headers: { "a b": "1" } }],
    ["headers with a bad value", null, { headers: { a: "1\r\nb: 2" } }],
    ["headers past latin-1", null, { headers: { a: "ł" } }],
    ["headers as triples", null, { headers: [["a", "1", "2"]] }],
    ["headers as a text", null, { headers: "a: 1" }],
    ["another Response", "x", new RealResponse(null, { status: 418, headers: { a: "1" } })],
    ["null", "x", null],
    ["a text", "x", "init"],
  ];
  it.each(inits)("made with %s is as a real one", async (_name, body, init) => {
    const facts = (response: Response) => [
      response.status,
      response.statusText,
      response.ok,
      [...response.headers],
    ];
    expect(await outcome(() => facts(new Lazy(body, init as never)))).toEqual(
      await outcome(() => facts(new RealResponse(body, init as never))),
    );
  });

  it.each<[string, (response: typeof Response) => Response]>([
    ["json", (response) => response.json({ a: "ä" })],
    [
      "json with headers",
      (response) => response.json([], { status: 201, headers: { "content-type": "x/y" } }),
    ],
    ["json of nothing", (response) => response.json(undefined)],
    ["json that needs no body", (response) => response.json({}, { status: 204 })],
    ["redirect", (response) => response.redirect("http://h/ä", 301)],
    ["redirect without a status", (response) => response.redirect("http://h/", undefined as never)],
    ["redirect with a status that is none", (response) => response.redirect("http://h/", 200 as never)],
    ["redirect to no URL", (response) => response.redirect("http://", 302)],
    ["error", (response) => response.error()],
  ])("Response.%s() is as the real one's", async (_name, make) => {
    const facts = async (constructor: typeof Response) => {
      const response = make(constructor);
      return [response.status, response.type, [...response.headers], await response.text()];
    };
    expect(await outcome(() => facts(Lazy))).toEqual(await outcome(() => facts(RealResponse)));
  });

  it("says of a redirect to a path what the real one says: frameworks answer with it", () => {
    const redirect = (constructor: typeof Response) => () => constructor.redirect("/path", 302);
    expect(redirect(RealResponse)).toThrow("Failed to parse URL from /path");
    expect(redirect(Lazy)).toThrow("Failed to parse URL from /path");
  });

  it("and real ones are instances of each other's class; of a class that extends it only its own", () => {
    class Page extends Lazy {}
    const facts = [new Lazy(), new RealResponse(), new Page()].map((response) => [
      response instanceof Lazy,
      response instanceof RealResponse,
      response instanceof Page,
    ]);
    expect(facts).toEqual([
      [true, true, false],
      [true, true, false],
      [true, true, true],
    ]);
    expect([{}, null, 1, "x"].filter((value) => value instanceof Lazy)).toEqual([]);
    expect([Lazy.name, Object.prototype.toString.call(new Lazy())]).toEqual([
      "Response",
      "[object Response]",
    ]);
  });

  it("has every property of a real one", () => {
    const response = new Lazy();
    const brokenOnes = Object.keys(RealResponse.prototype).filter((name) => {
      try {
        return (response as unknown as Record<string, unknown>)[name] === undefined;
      } catch {
        return true;
      }
    });
    expect(brokenOnes).toEqual([]);
  });

  it("keeps a copy of the octets it was given", async () => {
    const given = new Uint8Array([1, 2, 3]);
    const response = new Lazy(given);
    given.fill(9);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
  });
});

describe("lazy Headers", () => {
  const names = fc.constantFrom(
    "a",
    "A",
    "b-c",
    "Set-Cookie",
    "set-cookie",
    "cookie",
    "x",
    "bad name",
    "",
    "ł",
  );
  const values = fc.oneof(
    fc.constantFrom("1", " padded\t", "", "a, b", "\xe9", "ł", "a\nb", "\r\n x \n", "a\0"),
    fc.string({ maxLength: 4 }),
  );
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom("append", "set"), name: names, value: values }),
    fc.record({ do: fc.constantFrom("delete", "get", "has"), name: names, value: fc.constant("") }),
  );

  it("do what real ones do, whatever is done to them", () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [lazy, real] = [new LazyH(), new RealHeaders()];
        for (const { do: method, name, value } of steps) {
          const run = (headers: Headers): unknown => {
            try {
              return (headers as unknown as Record<string, (...words: string[]) => unknown>)[method]!(
                name,
                value,
              );
            } catch (error) {
              return (error as Error).constructor.name;
            }
          };
          expect(run(lazy)).toEqual(run(real));
        }
        expect([...lazy]).toEqual([...real]);
        expect([...lazy.keys()]).toEqual([...real.keys()]);
        expect([...lazy.values()]).toEqual([...real.values()]);
        expect(lazy.getSetCookie()).toEqual(real.getSetCookie());
        const copied = [...new RealHeaders(real)];
        expect([...new RealHeaders(lazy)]).toEqual(copied);
        expect([...new LazyH(real)]).toEqual(copied);
        expect([...new LazyH(lazy)]).toEqual(copied);
        const each: unknown[] = [];
        lazy.forEach((value, name, headers) => each.push([name, value, headers === lazy]));
        expect(each).toEqual([...real].map(([name, value]) => [name, value, true]));
      }),
      // The second is joined to ", ", which a copy has without the space at its end.
      { examples: [[Array.from({ length: 2 }, () => ({ do: "append", name: "a", value: "" }) as const)]] },
    );
  });
});
