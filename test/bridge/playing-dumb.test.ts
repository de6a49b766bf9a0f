/** What the gateway leaves to the application and to the web server: PEP 3333 "Other HTTP Features" and extensions. */
import { describe, expect, it } from "vitest";
import type { Environ } from "../../src/bridge/index.ts";
import { answering, get, octets, run } from "./hosted.ts";

describe("other HTTP features", () => {
  it("S11 S88 S90 S91 S92 A34 A35 A36 an answer leaves as it was made, whatever the request asks for", async () => {
    const params = [
      ...get,
      ["HTTP_RANGE", "bytes=0-0"],
      ["HTTP_IF_NONE_MATCH", '"tag"'],
      ["HTTP_ACCEPT_ENCODING", "gzip"],
      ["HTTP_TE", "trailers, chunked"],
    ] as const;
    const headers: Array<[string, string]> = [
      ["ETag", '"tag"'],
      ["Accept-Ranges", "bytes"],
    ];
    const { sink } = await run(answering([octets("abc")], headers), { params });
    expect([sink.status, sink.text]).toEqual(["200 OK", "abc"]);
    expect(sink.headers).toEqual([...headers, ["Content-Length", "3"]]);
  });

  it("A35 A36 an application does them by itself, and the gateway lets it", async () => {
    const range = await run(
      answering([octets("b")], [["Content-Range", "bytes 1-1/3"]], "206 Partial Content"),
    );
    expect([range.sink.status, range.sink.header("content-range")]).toEqual([
      "206 Partial Content",
      "bytes 1-1/3",
    ]);
    const encoded = await run(answering([octets("...")], [["Content-Encoding", "gzip"]]));
    expect(encoded.sink.header("content-encoding")).toBe("gzip");
  });

  it("S87 Expect: 100-continue is the web server's: the variable passes, and no interim answer leaves", async () => {
    let expectation: unknown;
    const { sink } = await run(
      async (environ: Environ, startResponse) => {
        expectation = environ.HTTP_EXPECT;
        await environ["wsgi.input"].read();
        return answering([])(environ, startResponse);
      },
      { params: [...get, ["HTTP_EXPECT", "100-continue"]] },
    );
    expect([expectation, sink.order]).toEqual(["100-continue", ["head 200 OK", "end complete"]]);
  });

  it("A21 hop-by-hop headers of the request are passed on as sent, and mean nothing here", async () => {
    let seen: unknown;
    await run(
      (environ: Environ, startResponse) => {
        seen = environ.HTTP_CONNECTION;
        return answering([])(environ, startResponse);
      },
      { params: [...get, ["HTTP_CONNECTION", "close"]] },
    );
    expect(seen).toBe("close");
  });
});

describe("environ", () => {
  it("S27 the web server's TLS variables are there as sent", async () => {
    let seen: unknown[] = [];
    await run(
      (environ: Environ, startResponse) => {
        seen = [environ["wsgi.url_scheme"], environ.HTTPS, environ.SSL_PROTOCOL, environ.SSL_CLIENT_S_DN];
        return answering([])(environ, startResponse);
      },
      {
        params: [...get, ["HTTPS", "on"], ["SSL_PROTOCOL", "TLSv1.3"], ["SSL_CLIENT_S_DN", "CN=a"]],
      },
    );
    expect(seen).toEqual(["https", "on", "TLSv1.3", "CN=a"]);
  });

  it("S31 O8 nothing of the process's own environment gets in", async () => {
    let names: string[] = [];
    await run((environ: Environ, startResponse) => {
      names = Object.keys(environ);
      return answering([])(environ, startResponse);
    });
    expect(Object.keys(process.env).length).toBeGreaterThan(0);
    expect(names.filter((name) => name in process.env)).toEqual([]);
  });

  it("S41 S94 S95 S96 the gateway's own keys add to the convention and replace none of it", async () => {
    let own: string[] = [];
    await run((environ: Environ, startResponse) => {
      own = Object.keys(environ).filter((name) => name.startsWith("tsgi."));
      return answering([])(environ, startResponse);
    });
    // None of them sends anything, or gives headers: there is no way around start_response and the iterable.
    expect(own.sort()).toEqual(["tsgi.protocol", "tsgi.role", "tsgi.signal"]);
  });
});
