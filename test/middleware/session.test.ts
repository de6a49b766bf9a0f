/** `session`: what lasts from one request to the next, for whom, and what reaches the browser. */
import { parseSetCookie, type SetCookie } from "cookie";
import { describe, expect, it } from "vitest";
import type { Environ, StartResponse } from "../../src/bridge/index.ts";
import {
  memorySessionStore,
  session,
  sessionOf,
  type Session,
  type SessionOptions,
  type SessionStore,
} from "../../src/middleware/index.ts";
import { answering, get, octets, run, type Hosted, type LooseApplication } from "../bridge/hosted.ts";
import { around } from "./around.ts";

/** A store that writes down what it is asked, and answers at once or later. */
class RecordingStore implements SessionStore {
  readonly calls: string[] = [];
  readonly #store = memorySessionStore();
  readonly #isLater: boolean;

  constructor(isLater = false) {
    this.#isLater = isLater;
  }

  get size(): number {
    return this.#store.size;
  }

  get(id: string): ReturnType<SessionStore["get"]> {
    this.calls.push("get");
    return this.#answer(() => this.#store.get(id));
  }

  set(id: string, text: string, maxAgeSeconds: number, isNew: boolean): void | Promise<void> {
    this.calls.push(`set ${text}${isNew ? " new" : ""}`);
    return this.#answer(() => this.#store.set(id, text, maxAgeSeconds, isNew));
  }

  touch(id: string, maxAgeSeconds: number): void | Promise<void> {
    this.calls.push("touch");
    return this.#answer(() => this.#store.touch(id, maxAgeSeconds));
  }

  destroy(id: string): void | Promise<void> {
    this.calls.push("destroy");
    return this.#answer(() => this.#store.destroy(id));
  }

  #answer<Value>(work: () => Value): Value | Promise<Awaited<Value>> {
    if (!this.#isLater) return work();
    return new Promise((resolve) => setImmediate(() => resolve(work() as Awaited<Value>)));
  }
}

/** A browser with one cookie jar, and one application. */
class Visitor {
  cookie: SetCookie | undefined;
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Sends a request with what it has; `use` is the application. */
  async visit(
    use: (session: Session, environ: Environ) => void,
    ...params: ReadonlyArray<readonly [string, string]>
  ): Promise<Hosted> {
    return this.send(
      (environ, startResponse) => {
        use(sessionOf(environ as Environ), environ as Environ);
        return answering([octets("ok")])(environ, startResponse);
      },
      ...params,
    );
  }

  async send(
    application: LooseApplication,
    ...params: ReadonlyArray<readonly [string, string]>
  ): Promise<Hosted> {
    const sent =
      this.cookie === undefined
        ? []
        : [["HTTP_COOKIE", `a=1; ${this.cookie.name}=${this.cookie.value}; b=2`] as const];
    const hosted = await run(around(session(this.#options), application), {
      params: [...get, ...sent, ...params],
    });
    await hosted.finished;
    const header = hosted.sink.header("set-cookie");
    if (header !== undefined) {
      const told = parseSetCookie(header);
      this.cookie = told.maxAge === 0 ? undefined : told;
    }
    return hosted;
  }

  /** What the session has, as the next request finds it. */
  async data(): Promise<unknown> {
    let data: unknown;
    await this.visit((own) => {
      data = { ...own.data };
    });
    return data;
  }
}

const login = (own: Session): void => {
  own.data.user = "ann";
};

describe.each([
  ["at once", false],
  ["later", true],
])("session, with a store that answers %s", (_name, isLater) => {
  it("keeps what is put into it for the next request", async () => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    await visitor.visit(login);
    expect(await visitor.data()).toEqual({ user: "ann" });
  });

  it("is kept before the head leaves", async () => {
    const store = new RecordingStore(isLater);
    const order: string[] = [];
    const hosted = new Visitor({ store: { ...recordedBy(store, order) } });
    const { sink } = await hosted.visit(login);
    expect(sink.text).toBe("ok");
    expect(order).toEqual(["set begins", "set done"]);
    expect(sink.header("set-cookie")).toBeDefined();
  });

  it("sees a change deep inside of its data", async () => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    await visitor.visit((own) => {
      own.data.cart = { items: ["a"] };
    });
    await visitor.visit((own) => {
      (own.data.cart as { items: string[] }).items.push("b");
    });
    expect(await visitor.data()).toEqual({ cart: { items: ["a", "b"] } });
  });

  it("asks nothing of the store for a visitor without a cookie who leaves nothing", async () => {
    const store = new RecordingStore(isLater);
    const { sink } = await new Visitor({ store }).send(answering([octets("ok")]));
    expect([store.calls, sink.headers]).toEqual([[], [["Content-Length", "2"]]]);
  });

  it("keeps nothing for a visitor whose session was only looked at", async () => {
    const store = new RecordingStore(isLater);
    const { sink } = await new Visitor({ store }).visit((own) =>
      expect([own.data, own.isNew]).toEqual([{}, true]),
    );
    expect([store.calls, sink.header("set-cookie"), sink.header("vary")]).toEqual([[], undefined, "Cookie"]);
  });

  it("sends the cookie once, and only touches what has not changed", async () => {
    const store = new RecordingStore(isLater);
    const visitor = new Visitor({ store });
    await visitor.visit(login);
    const { sink } = await visitor.send(answering([octets("ok")]));
    expect(store.calls).toEqual(['set {"user":"ann"} new', "get", "touch"]);
    expect([sink.header("set-cookie"), sink.header("vary")]).toEqual([undefined, undefined]);
    await visitor.visit(login);
    expect(store.calls.slice(3)).toEqual(["get", "touch"]);
    await visitor.visit((own) => {
      own.data.user = "bob";
    });
    expect(store.calls.slice(5)).toEqual(["get", 'set {"user":"bob"}']);
  });

  it("regenerates its id, data and all, and the old one is worth nothing", async () => {
    const store = new RecordingStore(isLater);
    const visitor = new Visitor({ store });
    await visitor.visit((own) => {
      own.data.cart = 1;
    });
    const planted = visitor.cookie;
    await visitor.visit((own) => {
      own.regenerate();
      login(own);
    });
    expect(visitor.cookie?.value).not.toBe(planted?.value);
    expect(await visitor.data()).toEqual({ cart: 1, user: "ann" });
    visitor.cookie = planted;
    expect(await visitor.data()).toEqual({});
    expect(store.size).toBe(1);
  });

  it("destroys it, here and in the browser", async () => {
    const store = new RecordingStore(isLater);
    const visitor = new Visitor({ store });
    await visitor.visit(login);
    const old = visitor.cookie;
    const { sink } = await visitor.visit((own) => own.destroy());
    expect(sink.header("set-cookie")).toMatch(
      /^sid=; Max-Age=0; Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/,
    );
    expect([visitor.cookie, store.size]).toEqual([undefined, 0]);
    visitor.cookie = old;
    expect(await visitor.data()).toEqual({});
  });

  it("begins a new one with what is put into it after it was destroyed", async () => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    await visitor.visit(login);
    const old = visitor.cookie;
    await visitor.visit((own) => {
      own.destroy();
      own.data.notice = "bye";
    });
    expect(visitor.cookie?.value).not.toBe(old?.value);
    expect(await visitor.data()).toEqual({ notice: "bye" });
  });

  it("stays destroyed, though another request that began before keeps it afterwards", async () => {
    const store = new RecordingStore(isLater);
    const visitor = new Visitor({ store });
    await visitor.visit(login);
    let goOn = (): void => {};
    const slow = new Visitor({ store });
    slow.cookie = visitor.cookie;
    let begun = (): void => {};
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const late = slow.send(async (environ, startResponse) => {
      sessionOf(environ as Environ).data.slow = true;
      begun();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return answering([])(environ, startResponse);
    });
    await running;
    await visitor.visit((own) => own.destroy());
    goOn();
    await late;
    expect(store.size).toBe(0);
  });

  it("never adopts an id that the store does not know", async () => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    visitor.cookie = { name: "sid", value: "A".repeat(32) };
    await visitor.visit(login);
    expect(visitor.cookie?.value).not.toBe("A".repeat(32));
  });

  it.each<[string, LooseApplication]>([
    [
      "a synchronous iterable that starts late",
      (environ: Environ, startResponse) =>
        (function* () {
          sessionOf(environ).data.user = "ann";
          yield* answering([octets("ok")])(environ, startResponse) as Iterable<Uint8Array>;
        })(),
    ],
    [
      "an asynchronous iterable that starts late",
      (environ: Environ, startResponse) =>
        (async function* () {
          sessionOf(environ).data.user = "ann";
          yield* answering([octets("ok")])(environ, startResponse) as Iterable<Uint8Array>;
        })(),
    ],
    [
      "write(), not awaited, and more",
      (environ: Environ, startResponse: StartResponse) => {
        sessionOf(environ).data.user = "ann";
        const write = startResponse("200 OK", []);
        void write(octets("o"));
        void write(octets("k"));
        return [];
      },
    ],
    [
      "write() within an iterable",
      (environ: Environ, startResponse: StartResponse) =>
        (function* () {
          sessionOf(environ).data.user = "ann";
          void startResponse("200 OK", [])(octets("o"));
          yield octets("k");
        })(),
    ],
  ])("is kept, and its cookie sent, for %s", async (_shape, application) => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    const { sink, log } = await visitor.send(application);
    expect([sink.text, sink.complete, log]).toEqual(["ok", true, []]);
    expect(await visitor.data()).toEqual({ user: "ann" });
  });

  it("keeps what changes while the body is sent, for who has a cookie", async () => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    await visitor.visit(login);
    const { errors } = await visitor.send((environ: Environ, startResponse) => {
      startResponse("200 OK", []);
      return (async function* () {
        yield octets("a");
        sessionOf(environ).data.seen = 1;
        yield octets("b");
      })();
    });
    expect(await visitor.data()).toEqual({ user: "ann", seen: 1 });
    expect(errors).toEqual([]);
  });

  it("says so when a session begins too late for its cookie", async () => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    const { errors, sink } = await visitor.send((environ: Environ, startResponse) => {
      startResponse("200 OK", []);
      sessionOf(environ).data.user = "ann";
      return [octets("a")];
    });
    expect([sink.text, visitor.cookie]).toEqual(["a", undefined]);
    expect(errors.join("")).toContain("expected changes before startResponse");
  });

  it("sends its cookie with the page of an error handler too", async () => {
    const visitor = new Visitor({ store: new RecordingStore(isLater) });
    await visitor.send((environ: Environ, startResponse: StartResponse) => {
      sessionOf(environ).data.user = "ann";
      startResponse("200 OK", []);
      startResponse("500 Oops", [], new Error("late"));
      return [octets("sorry")];
    });
    expect(await visitor.data()).toEqual({ user: "ann" });
  });

  it.each(["get", "set", "touch", "destroy"] as const)(
    "answers 500 when %s of the store fails",
    async (method) => {
      const store = new RecordingStore(isLater);
      const visitor = new Visitor({ store });
      await visitor.visit(login);
      Object.assign(store, {
        [method]: () => {
          if (isLater) return Promise.reject(new Error("no database"));
          throw new Error("no database");
        },
      });
      let closed = 0;
      const { sink, log } = await visitor.send((environ: Environ, startResponse: StartResponse) => {
        const own = sessionOf(environ);
        if (method === "set") own.data.more = 1;
        if (method === "destroy") own.destroy();
        startResponse("200 OK", []);
        return Object.assign([octets("ok")], { close: () => void (closed += 1) });
      });
      expect([sink.status, sink.text, sink.complete]).toEqual([
        "500 Internal Server Error",
        "Internal Server Error\n",
        true,
      ]);
      expect(log.map((entry) => entry.message).join()).toContain("no database");
      // Where the body had been returned it is closed, although it was not sent.
      expect(closed).toBe(isLater && method !== "get" ? 1 : 0);
    },
  );

  it.each(["sync", "async"])("ends a %s generator when the store fails at its first chunk", async (kind) => {
    const store = new RecordingStore(isLater);
    Object.assign(store, {
      set: () => {
        if (isLater) return Promise.reject(new Error("no database"));
        throw new Error("no database");
      },
    });
    let ended = 0;
    const before = (environ: Environ, startResponse: StartResponse): void => {
      startResponse("200 OK", []);
      // Behind start_response, whose own save would fail first.
      sessionOf(environ).data.user = "ann";
    };
    const { sink } = await new Visitor({ store }).send(
      kind === "sync"
        ? function* (environ: Environ, startResponse: StartResponse) {
            before(environ, startResponse);
            try {
              yield octets("ok");
            } finally {
              ended += 1;
            }
          }
        : async function* (environ: Environ, startResponse: StartResponse) {
            before(environ, startResponse);
            try {
              yield octets("ok");
            } finally {
              ended += 1;
            }
          },
    );
    expect([sink.status, ended]).toEqual(["500 Internal Server Error", 1]);
  });
});

/** `store.set` as two entries of `order`. */
function recordedBy(store: RecordingStore, order: string[]): SessionStore {
  return {
    get: (id) => store.get(id),
    set: (...parameters) => {
      order.push("set begins");
      const result = store.set(...parameters);
      if (result === undefined) {
        order.push("set done");
        return undefined;
      }
      return result.then(() => void order.push("set done"));
    },
    touch: (...parameters) => store.touch(...parameters),
    destroy: (id) => store.destroy(id),
  };
}

describe("session's cookie", () => {
  const firstCookie = async (
    options: SessionOptions,
    ...params: ReadonlyArray<readonly [string, string]>
  ): Promise<string> => {
    const { sink } = await new Visitor(options).visit(login, ...params);
    return sink.header("set-cookie") ?? "";
  };

  it("is 192 random bits, hidden from scripts, for this site alone", async () => {
    const values = new Set<string>();
    for (let i = 0; i < 50; i += 1) {
      const header = await firstCookie({});
      expect(header).toMatch(/^sid=[A-Za-z0-9_-]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
      values.add(header);
    }
    expect(values.size).toBe(50);
  });

  it("is Secure where the request came by https", async () => {
    expect(await firstCookie({}, ["HTTPS", "on"])).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
  });

  it("has the attributes it is told to have", async () => {
    const header = await firstCookie({
      cookie: {
        name: "__Secure-s",
        path: "/app",
        domain: "example.org",
        secure: true,
        httpOnly: false,
        sameSite: "none",
        maxAgeSeconds: 60,
      },
    });
    expect(header).toMatch(
      /^__Secure-s=[\w-]{32}; Max-Age=60; Domain=example\.org; Path=\/app; Expires=.* GMT; Secure; SameSite=None$/,
    );
  });

  it("comes with every answer when it is rolling", async () => {
    const visitor = new Visitor({
      store: memorySessionStore(),
      rolling: true,
      cookie: { maxAgeSeconds: 60 },
    });
    await visitor.visit(login);
    const { sink } = await visitor.send(answering([]));
    expect(sink.header("set-cookie")).toContain("Max-Age=60");
    // A cache that keeps this answer must not give one visitor's cookie to another.
    expect(sink.header("vary")).toBe("Cookie");
  });

  const secret = "0123456789abcdef-1";

  it("is signed with a secret", async () => {
    const visitor = new Visitor({ secret, store: memorySessionStore() });
    await visitor.visit(login);
    expect(visitor.cookie?.value).toMatch(/^[\w-]{32}\.[\w-]{43}$/);
    expect(await visitor.data()).toEqual({ user: "ann" });
  });

  it.each<[string, (value: string) => string]>([
    ["without its signature", (value) => value.slice(0, 32)],
    ["with another signature", (value) => `${value.slice(0, 33)}${"A".repeat(43)}`],
    ["with half of its signature", (value) => value.slice(0, 50)],
    ["with more behind it", (value) => `${value}A`],
    ["with another id", (value) => `${"A".repeat(32)}${value.slice(32)}`],
    ["with a signature of no ASCII", (value) => `${value.slice(0, 33)}${"\u00e9".repeat(43)}`],
  ])("is nothing %s, and the store is not asked", async (_name, forge) => {
    const store = new RecordingStore();
    const visitor = new Visitor({ secret, store });
    await visitor.visit(login);
    visitor.cookie = { name: "sid", value: forge(visitor.cookie?.value ?? "") };
    expect(await visitor.data()).toEqual({});
    expect(store.calls).toEqual(['set {"user":"ann"} new']);
  });

  it("is nothing under another name, though it was signed with the same secret", async () => {
    const store = memorySessionStore();
    const visitor = new Visitor({ secret, store });
    await visitor.visit(login);
    const other = new Visitor({ secret, store, cookie: { name: "admin" } });
    other.cookie = { name: "admin", value: visitor.cookie?.value };
    expect(await other.data()).toEqual({});
  });

  it("is believed when signed with an older secret, and signed anew", async () => {
    const store = memorySessionStore();
    const before = new Visitor({ secret, store });
    await before.visit(login);
    const now = new Visitor({ secret: ["0123456789abcdef-2", secret], store });
    now.cookie = before.cookie;
    expect(await now.data()).toEqual({ user: "ann" });
    expect(now.cookie?.value?.slice(0, 33)).toBe(before.cookie?.value?.slice(0, 33));
    expect(now.cookie?.value).not.toBe(before.cookie?.value);
  });

  it.each([
    ["an empty one", "sid="],
    ["a short one", "sid=abc"],
    ["one that is no id", `sid=${"!".repeat(32)}`],
    ["one that is quoted", `sid="${"A".repeat(32)}`],
    ["percent escapes", "sid=%ff%"],
    ["a name of Object.prototype", "__proto__=x; constructor=y"],
    ["separators", ";;=;=;sid"],
    ["octets", "sid=\u00ff\u00fe"],
  ])("ignores %s", async (_name, header) => {
    const store = new RecordingStore();
    const visitor = new Visitor({ store });
    const { sink } = await visitor.visit((own) => expect(own.isNew).toBe(true), ["HTTP_COOKIE", header]);
    expect([sink.status, store.calls]).toEqual(["200 OK", []]);
  });
});

describe("session, the rest", () => {
  it.each(["", "no JSON", "[]", "7", "null"])("treats a kept text of %j as none", async (text) => {
    const store: SessionStore = { get: () => text, set() {}, touch() {}, destroy() {} };
    const visitor = new Visitor({ store });
    visitor.cookie = { name: "sid", value: "A".repeat(32) };
    expect(await visitor.data()).toEqual({});
  });

  it("appends to the application's Vary", async () => {
    const { sink } = await new Visitor({}).send((environ: Environ, startResponse: StartResponse) => {
      login(sessionOf(environ));
      startResponse("200 OK", [["vary", "Accept"]]);
      return [];
    });
    expect(sink.headers.filter(([name]) => name.toLowerCase() === "vary")).toEqual([
      ["vary", "Accept, Cookie"],
    ]);
  });

  it.each(["*", "cookie", "Accept, COOKIE"])("leaves Vary: %s", async (vary) => {
    const { sink } = await new Visitor({}).send((environ: Environ, startResponse: StartResponse) => {
      login(sessionOf(environ));
      startResponse("200 OK", [["Vary", vary]]);
      return [];
    });
    expect(sink.headers.filter(([name]) => name === "Vary")).toEqual([["Vary", vary]]);
  });

  it("is not in what prints an environ", async () => {
    let text = "";
    await new Visitor({}).visit((own, environ) => {
      own.data.password = "hunter2";
      text = JSON.stringify(environ);
    });
    expect(text).toContain('"tsgi.session":"[session]"');
    expect(text).not.toContain("hunter2");
  });

  it("is asked for where there is none", () => {
    expect(() => sessionOf({} as Environ)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_OPTION",
        message: expect.stringContaining("session()"),
      }) as Error,
    );
  });

  it("tells the application about data that is no JSON where it answers", async () => {
    let code: unknown;
    await new Visitor({}).send((environ: Environ, startResponse: StartResponse) => {
      sessionOf(environ).data.big = 1n;
      try {
        startResponse("200 OK", []);
      } catch (error) {
        code = String(error);
        sessionOf(environ).data = {};
        startResponse("500 Oops", [], error);
      }
      return [];
    });
    expect(code).toContain("BigInt");
  });

  it.each<[string, SessionOptions, string]>([
    ["a short secret", { secret: "short" }, "secret has 5 characters"],
    ["an empty list of secrets", { secret: [] }, "empty list"],
    ["a secret that is no string", { secret: 7 as never }, "a number (7)"],
    ["no time", { maxAgeSeconds: 0 }, "maxAgeSeconds is a number (0)"],
    ["half a second", { maxAgeSeconds: 0.5 }, "maxAgeSeconds is a number (0.5)"],
    ["a name that no cookie has", { cookie: { name: "a b" } }, "cannot be written"],
    ["a path that no cookie has", { cookie: { path: "/;x" } }, "cannot be written"],
    ["a domain that is none", { cookie: { domain: "a b" } }, "cannot be written"],
    ["half a second for the cookie", { cookie: { maxAgeSeconds: 0.5 } }, "cannot be written"],
    [
      "SameSite none without Secure",
      { cookie: { sameSite: "none", secure: false } },
      "browsers drop such a cookie",
    ],
    ["__Secure- without Secure", { cookie: { name: "__Secure-s", secure: false } }, "expected secure"],
    ["__Host- without Secure", { cookie: { name: "__Host-s", secure: false } }, "expected secure"],
    ["__Host- with a path", { cookie: { name: "__Host-s", path: "/app" } }, 'expected the path "/"'],
    ["__Host- with a domain", { cookie: { name: "__host-s", domain: "example.org" } }, "and no domain"],
  ])("refuses %s when it is made", (_name, options, words) => {
    expect(() => session(options)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_OPTION",
        message: expect.stringContaining(words),
      }) as Error,
    );
  });
});
