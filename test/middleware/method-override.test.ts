/** `methodOverride`: a POST that is to be another method, and nothing else that is. */
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import { methodOverride, type MethodOverrideOptions } from "../../src/middleware/index.ts";
import {
  answering,
  get,
  octets,
  post,
  run,
  type HostOptions,
  type LooseApplication,
} from "../bridge/hosted.ts";
import { around } from "./around.ts";

const report: LooseApplication = async (environ: Environ, startResponse) => {
  const body = Buffer.from(await environ["wsgi.input"].read()).toString("latin1");
  const said = [environ.REQUEST_METHOD, environ["tsgi.original_method"] ?? "-", body].join(" ");
  return answering([octets(said)])(environ, startResponse);
};

async function ask(options: MethodOverrideOptions | undefined, host: HostOptions): Promise<string> {
  const { sink } = await run(around(methodOverride(options), report), host);
  return sink.text === "" ? String(sink.status) : sink.text;
}

const with_ = (...more: ReadonlyArray<readonly [string, string]>): HostOptions => ({
  params: [...post("0"), ...more],
});
const header = (value: string): HostOptions => with_(["HTTP_X_HTTP_METHOD_OVERRIDE", value]);

const formType = ["CONTENT_TYPE", "application/x-www-form-urlencoded; charset=UTF-8"] as const;
const form = (
  body: string,
  type: readonly [string, string] = formType,
  length = String(body.length),
): HostOptions => ({
  params: [...post(length), type],
  body,
});

describe("methodOverride", () => {
  it.each<[string, MethodOverrideOptions | undefined, HostOptions, string]>([
    ["a header", undefined, header("PUT"), "PUT POST "],
    ["a header in small letters", undefined, header(" delete "), "DELETE POST "],
    ["a header of another name", { header: "X-Method" }, with_(["HTTP_X_METHOD", "PATCH"]), "PATCH POST "],
    ["a query", { query: "_method" }, with_(["QUERY_STRING", "a=1&_method=DELETE"]), "DELETE POST "],
    [
      "the header before the query",
      { query: "_method" },
      with_(["QUERY_STRING", "_method=DELETE"], ["HTTP_X_HTTP_METHOD_OVERRIDE", "PUT"]),
      "PUT POST ",
    ],
    ["a form", { form: "_method" }, form("a=1&_method=delete&b=%20"), "DELETE POST a=1&_method=delete&b=%20"],
    ["a method of one's own", { methods: ["PURGE"] }, header("PURGE"), "PURGE POST "],
  ])("takes the method from %s", async (_name, options, host, said) => {
    expect(await ask(options, host)).toBe(said);
  });

  it.each<[string, MethodOverrideOptions | undefined, HostOptions, string]>([
    ["a method that is not in the list", undefined, header("TRACE"), "POST - "],
    ["GET", undefined, header("GET"), "POST - "],
    ["nonsense", undefined, header("P\u00dcT, \u0001"), "POST - "],
    ["an empty header", undefined, header(""), "POST - "],
    ["a header that was switched off", { header: false }, header("PUT"), "POST - "],
    ["a query nobody asked for", undefined, with_(["QUERY_STRING", "_method=PUT"]), "POST - "],
    ["a form nobody asked for", undefined, form("_method=PUT"), "POST - _method=PUT"],
    [
      "a form of another type",
      { form: "_method" },
      form("_method=PUT", ["CONTENT_TYPE", "text/plain"]),
      "POST - _method=PUT",
    ],
    [
      "a form of a type that begins alike",
      { form: "_method" },
      form("_method=PUT", ["CONTENT_TYPE", "application/x-www-form-urlencodedx"]),
      "POST - _method=PUT",
    ],
    ["a form without the field", { form: "_method" }, form("a=1"), "POST - a=1"],
    ["a form with an empty field", { form: "_method" }, form("_method="), "POST - _method="],
    [
      "a form of unknown length",
      { form: "_method" },
      form("_method=PUT", formType, ""),
      "POST - _method=PUT",
    ],
    ["a form that is empty", { form: "_method" }, form(""), "POST - "],
  ])("leaves a POST one: %s", async (_name, options, host, said) => {
    expect(await ask(options, host)).toBe(said);
  });

  it.each(["GET", "HEAD", "PUT", "DELETE", "post"])("leaves %s alone, whatever it names", async (method) => {
    let seen = "";
    await run(
      around(methodOverride({ query: "_method" }), (environ, startResponse) => {
        seen = environ.REQUEST_METHOD;
        return answering([])(environ, startResponse);
      }),
      {
        params: [
          ["REQUEST_METHOD", method],
          ...get.slice(1),
          ["HTTP_X_HTTP_METHOD_OVERRIDE", "DELETE"],
          ["QUERY_STRING", "_method=DELETE"],
        ],
      },
    );
    expect(seen).toBe(method);
  });

  it("leaves a form of more than 64 KiB to the application, unread", async () => {
    const body = `_method=PUT&a=${"x".repeat(65_536)}`;
    expect(await ask({ form: "_method" }, form(body))).toBe(`POST - ${body}`);
  });

  it("gives the application the form once more, however it reads it", async () => {
    const body = "a=1\n_method=PUT\n&_method=PUT&\u00e9";
    const read: string[] = [];
    await run(
      around(methodOverride({ form: "_method" }), async (environ: Environ, startResponse) => {
        for await (const line of environ["wsgi.input"]) read.push(Buffer.from(line).toString("latin1"));
        read.push(String((await environ["wsgi.input"].read()).length));
        return answering([])(environ, startResponse);
      }),
      form(body),
    );
    expect(read).toEqual(["a=1\n", "_method=PUT\n", "&_method=PUT&\u00e9", "0"]);
  });

  it("hands on that a form was cut short, as wsgi.input does", async () => {
    expect(await ask({ form: "_method" }, form("_method=PUT", formType, "100"))).toBe("Bad Request\n");
  });

  it.each<[string, MethodOverrideOptions]>([
    ["a header that is none", { header: "X Method" }],
    ["a method in small letters", { methods: ["put"] }],
    ["a method that is none", { methods: ["A B"] }],
    ["HEAD", { methods: ["HEAD"] }],
    ["CONNECT", { methods: ["CONNECT"] }],
    ["what is no string", { methods: [7 as never] }],
  ])("refuses %s when it is made", (_name, options) => {
    expect(() => methodOverride(options)).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION" }) as Error,
    );
  });
});
