/** Handlers of every kind are fetch handlers without a cast. */
import { Hono } from "hono";
import { describe, expectTypeOf, it } from "vitest";
import { fromFetch, toFetch, type Application, type Environ, type FetchContext, type FetchEnv } from "tsgi";

describe("fromFetch takes", () => {
  it("functions of no, one, two and three arguments", () => {
    expectTypeOf(fromFetch(() => new Response())).toEqualTypeOf<Application>();
    fromFetch(async () => new Response());
    fromFetch((request) => {
      expectTypeOf(request).toEqualTypeOf<Request>();
      return new Response(request.url);
    });
    fromFetch((_request, env, ctx) => {
      expectTypeOf(env).toEqualTypeOf<FetchEnv>();
      expectTypeOf(env.environ).toEqualTypeOf<Environ>();
      expectTypeOf(ctx).toEqualTypeOf<FetchContext>();
      ctx.waitUntil(Promise.resolve());
      return new Response();
    });
  });

  it("what modules export by default", () => {
    fromFetch({ fetch: () => new Response() });
    const bunLike = {
      port: 3000,
      async fetch(request: Request) {
        return new Response(request.body);
      },
    };
    fromFetch(bunLike);
    // As Cloudflare's types have it: what a handler asks of ctx is what it is given.
    interface ExecutionContext {
      waitUntil(promise: Promise<unknown>): void;
      passThroughOnException(): void;
    }
    const worker = {
      async fetch(_request: Request, _env: { environ: Environ }, ctx: ExecutionContext): Promise<Response> {
        ctx.waitUntil(Promise.resolve(1));
        return new Response();
      },
    };
    fromFetch(worker);
    fromFetch(worker.fetch);
  });

  it("Hono, with and without bindings", () => {
    fromFetch(new Hono());
    fromFetch(new Hono().fetch);
    const bound = new Hono<{ Bindings: { environ: Environ } }>();
    bound.get("/", (c) => c.text(c.env.environ.REMOTE_ADDR ?? ""));
    fromFetch(bound);
    fromFetch(new Hono().basePath("/api").get("/", (c) => c.json({})));
  });

  it("nothing else", () => {
    // Not run: each of these is refused when it runs as well.
    const wrong = (): void => {
      // @ts-expect-error -- a text is no Response
      fromFetch(() => "text");
      // @ts-expect-error -- there is no such method
      fromFetch({ get: () => new Response() });
      // @ts-expect-error -- nobody gives it a number
      fromFetch((_request: number) => new Response());
    };
    expectTypeOf(wrong).returns.toBeVoid();
  });
});

describe("toFetch gives", () => {
  const application: Application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    return [];
  };

  it("a handler", () => {
    const handler = toFetch(application);
    expectTypeOf(handler(new Request("http://h/"))).toEqualTypeOf<Promise<Response>>();
    new Hono().mount("/wsgi", handler);
    fromFetch(handler);
  });

  it("a handler that knows its server's arguments", () => {
    const handler = toFetch(application, {
      remoteAddress: (_request, info: { remote: string }) => info.remote,
    });
    expectTypeOf(handler).parameters.toEqualTypeOf<[Request, { remote: string }]>();
  });
});
