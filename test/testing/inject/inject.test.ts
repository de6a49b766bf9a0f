/** inject(): a request through the octets of each protocol, in memory, and what comes back. */
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Application, Environ } from "../../../src/bridge/index.ts";
import { inject, injectProtocols, injectStream, type InjectRequest } from "../../../src/testing/index.ts";
import { gate } from "../../support/serving.ts";

const digest = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex");

/** Octets of any number up to `most`; what they are is told by the first. */
const blob = (most: number): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.integer({ min: 0, max: most }), fc.nat(255))
    .map(([length, first]) => Uint8Array.from({ length }, (_, at) => (at + first) & 0xff));

const octets = (text: string): Uint8Array => Buffer.from(text);

/** Answers with what it was asked, as JSON. */
const report: Application = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REMOTE_ADDR, REMOTE_PORT } = environ;
  const seen = { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REMOTE_ADDR, REMOTE_PORT };
  const more = { scheme: environ["wsgi.url_scheme"], host: environ.HTTP_HOST, uri: environ.REQUEST_URI };
  const own = {
    user: environ.REMOTE_USER,
    probe: environ["HTTP_X_PROBE"],
    protocol: environ["tsgi.protocol"],
  };
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return [octets(JSON.stringify({ ...seen, ...more, ...own, body: Buffer.from(body).toString("hex") }))];
};

describe.each(injectProtocols)("inject() over %s", (protocol) => {
  const ask = (application: Application, request: InjectRequest | string = {}) =>
    inject(application, request, { protocol });

  it("gives the application what was asked, and the test what was answered", async () => {
    const answer = await ask(report, {
      method: "POST",
      url: "/a%20b/%C3%A9?q=1&r=%2F",
      headers: { "X-Probe": ["one", "two"], Host: "example.com:8080" },
      body: "h\u00e9llo",
      remoteAddress: "192.0.2.7",
      remotePort: 1234,
      https: true,
      scriptName: "/my app",
      params: { REMOTE_USER: "ada" },
    });
    expect(answer).toMatchObject({ status: 200, reason: "OK", truncated: false, errors: "", log: [] });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.json()).toEqual({
      REQUEST_METHOD: "POST",
      SCRIPT_NAME: "/my app",
      PATH_INFO: "/a b/\u00c3\u00a9",
      QUERY_STRING: "q=1&r=%2F",
      REMOTE_ADDR: "192.0.2.7",
      REMOTE_PORT: "1234",
      scheme: "https",
      host: "example.com:8080",
      uri: "/my%20app/a%20b/%C3%A9?q=1&r=%2F",
      user: "ada",
      probe: "one, two",
      protocol,
      body: Buffer.from("h\u00e9llo").toString("hex"),
    });
  });

  it("asks for / where it is told nothing, and for a path where it is given one", async () => {
    const plain: Application = ({ REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, HTTP_HOST }, startResponse) => {
      startResponse("404 Nothing Here", [
        ["Set-Cookie", "a=1"],
        ["set-cookie", "b=2"],
      ]);
      return [octets(`${REQUEST_METHOD} ${SCRIPT_NAME}|${PATH_INFO} ${HTTP_HOST}`)];
    };
    const answer = await ask(plain);
    expect(answer.text()).toBe("GET |/ localhost");
    expect(answer).toMatchObject({ status: 404, reason: "Nothing Here" });
    const cookies = answer.headerList.filter(([name]) => name.toLowerCase() === "set-cookie");
    expect(cookies.map(([, value]) => value)).toEqual(["a=1", "b=2"]);
    expect(answer.headers["set-cookie"]).toBe("a=1, b=2");
    expect((await ask(plain, "/x?y")).text()).toBe("GET |/x localhost");
  });

  it("sends a body of any size and kind, and brings one back", async () => {
    const echo: Application = (environ, startResponse) => {
      startResponse("200 OK", []);
      return environ["wsgi.input"].chunks();
    };
    const large = Buffer.alloc(3_000_000, "0123456789abcdef!");
    expect(Buffer.compare((await ask(echo, { method: "POST", body: large })).body, large)).toBe(0);
    const pieces = async function* (): AsyncGenerator<Uint8Array, void> {
      for (let at = 0; at < large.length; at += 100_000) {
        await Promise.resolve();
        yield large.subarray(at, at + 100_000);
      }
    };
    expect(Buffer.compare((await ask(echo, { method: "POST", body: pieces() })).body, large)).toBe(0);
  });

  it("waits for an application that reads slowly without piling up listeners", async () => {
    const warnings: string[] = [];
    const listener = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", listener);
    onTestFinished(() => void process.off("warning", listener));
    const slow: Application = async (environ, startResponse) => {
      let length = 0;
      for await (const chunk of environ["wsgi.input"].chunks()) {
        length += chunk.length;
        await new Promise(setImmediate);
      }
      startResponse("200 OK", []);
      return [octets(String(length))];
    };
    const pieces = async function* (): AsyncGenerator<Uint8Array, void> {
      for (let count = 0; count < 40; count += 1) yield Buffer.alloc(100_000);
    };
    expect((await ask(slow, { method: "POST", body: pieces() })).text()).toBe("4000000");
    expect(warnings).toEqual([]);
  });

  it("records what goes to wsgi.errors and to the log, and answers 500 to a failure", async () => {
    const answer = await ask((environ) => {
      environ["wsgi.errors"].write("before\n");
      throw new Error("on purpose");
    });
    expect(answer.status).toBe(500);
    expect(answer.errors).toContain("before\n");
    expect(answer.log).toContainEqual(expect.objectContaining({ level: "error" }));
    expect(answer.text()).not.toContain("on purpose");
  });

  it("says that an answer broke off, and gives what there is of it", async () => {
    const answer = await ask(async function (_environ, startResponse) {
      await Promise.resolve();
      startResponse("200 OK", []);
      return (async function* () {
        yield octets("begun");
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("on purpose");
      })();
    });
    expect(answer.truncated).toBe(true);
    expect(answer.status).toBe(200);
    expect("begun".startsWith(answer.text())).toBe(true);
  });

  it("waits for the close() of the body", async () => {
    let closed = false;
    await ask((_environ, startResponse) => {
      startResponse("200 OK", []);
      return Object.assign([octets("x")], {
        close: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          closed = true;
        },
      });
    });
    expect(closed).toBe(true);
  });

  it("streams: the head comes first, and each piece when it is made", async () => {
    const more = gate();
    const answer = await injectStream(
      (_environ, startResponse) => {
        startResponse("200 OK", []);
        return (async function* () {
          yield octets("one");
          await more.opened;
          yield octets("two");
        })();
      },
      "/",
      { protocol },
    );
    const got: string[] = [];
    for await (const chunk of answer.body) {
      got.push(Buffer.from(chunk).toString());
      if (got.length === 1) more.open();
    }
    expect(got).toEqual(["one", "two"]);
    await answer.ended();
  });

  it("tells the application that the client has gone", async () => {
    const gone = gate<string>();
    const controller = new AbortController();
    const waiting: Application = (environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => gone.open("gone"), { once: true });
      startResponse("200 OK", []);
      return (async function* () {
        yield octets("begun");
        await gone.opened;
      })();
    };
    const answer = await injectStream(waiting, { signal: controller.signal }, { protocol });
    const reader = answer.body[Symbol.asyncIterator]();
    expect(Buffer.from((await reader.next()).value as Uint8Array).toString()).toBe("begun");
    controller.abort();
    expect(await gone.opened).toBe("gone");
    await expect(reader.next()).rejects.toThrow();
    await answer.ended();
  });

  it("rejects with ERR_REQUEST_ABORTED when its signal fires before the head", async () => {
    const controller = new AbortController();
    const never: Application = (environ) => {
      controller.abort();
      return new Promise((resolve) => {
        environ["tsgi.signal"].addEventListener("abort", () => resolve([]), { once: true });
      });
    };
    const asked = inject(never, { signal: controller.signal }, { protocol });
    await expect(asked).rejects.toMatchObject({ code: "ERR_REQUEST_ABORTED" });
  });

  it("does not wait for ever for an application that never ends", async () => {
    const controller = new AbortController();
    const endless: Application = () => {
      controller.abort();
      return new Promise(() => {});
    };
    const asked = inject(endless, { signal: controller.signal }, { protocol });
    await expect(asked).rejects.toMatchObject({ code: "ERR_REQUEST_ABORTED" });
  });

  it("says that the gateway's limits hold", async () => {
    const answer = await inject(report, { method: "POST", body: "too long" }, { protocol, maxBodyOctets: 3 });
    expect(answer.status).toBe(413);
  });
});

describe("inject()", () => {
  it.each<[string, unknown, unknown, object]>([
    ["no application", null, {}, {}],
    ["a url that is none", report, { url: "x" }, {}],
    ["a mount that is none", report, { scriptName: "app/" }, {}],
    ["a protocol that there is not", report, {}, { protocol: "spdy" }],
  ])("refuses %s: ERR_CONFIG_OPTION", async (_what, application, request, options) => {
    const asked = Promise.resolve().then(() =>
      inject(application as Application, request as InjectRequest, options),
    );
    await expect(asked).rejects.toMatchObject({ code: "ERR_CONFIG_OPTION" });
  });

  it("asks an authorizer, and a filter with its file", async () => {
    const roles: Application = async (environ, startResponse) => {
      const data =
        environ["tsgi.data"] === undefined ? "" : Buffer.from(await environ["tsgi.data"].read()).toString();
      startResponse("200 OK", []);
      return [octets(`${environ["tsgi.role"]} ${data}`)];
    };
    expect((await inject(roles, { role: "authorizer" })).text()).toBe("authorizer ");
    const params = { FCGI_DATA_LENGTH: "4", FCGI_DATA_LAST_MOD: "0" };
    expect((await inject(roles, { role: "filter", data: octets("file"), params })).text()).toBe(
      "filter file",
    );
  });

  it("gives the same answer over every protocol", async () => {
    const request = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"),
      url: fc
        .tuple(fc.array(fc.webSegment()), fc.webQueryParameters())
        .map(([path, query]) => `/${path.join("/")}?${query}`.replaceAll("%00", "")),
      headers: fc.record({ "X-Probe": fc.stringMatching(/^[a-z](?:[ -~]{0,20}[a-z])?$/) }),
      body: fc.option(blob(200_000), { nil: undefined }),
      scriptName: fc.constantFrom("", "/app", "/a b"),
      https: fc.boolean(),
    });
    const answers = fc.record({
      status: fc.constantFrom("200 OK", "201 Made", "404 Not Found", "500 Broken"),
      value: fc.stringMatching(/^[!-~]{1,30}$/),
      chunks: fc.array(blob(70_000), { maxLength: 4 }),
      streams: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(request, answers, async (asked, { status, value, chunks, streams }) => {
        const application: Application = async (environ: Environ, startResponse) => {
          const { length } = await environ["wsgi.input"].read();
          const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
          const seen = { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, length };
          const probe = [environ["HTTP_X_PROBE"], environ["wsgi.url_scheme"]];
          const body = [octets(JSON.stringify([seen, probe])), ...chunks];
          startResponse(status, [["X-Answer", value]]);
          if (!streams) return body;
          return (async function* () {
            for (const chunk of body) {
              await Promise.resolve();
              yield chunk;
            }
          })();
        };
        const { body, ...others } = asked;
        const whole = body === undefined ? others : { ...others, body };
        const got = await Promise.all(
          injectProtocols.map(async (protocol) => {
            const answer = await inject(application, whole, { protocol });
            const { status: code, reason, truncated, errors, log } = answer;
            return {
              code,
              reason,
              truncated,
              errors,
              log,
              value: answer.headers["x-answer"],
              body: digest(answer.body),
            };
          }),
        );
        for (const answer of got.slice(1)) expect(answer).toEqual(got[0]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
