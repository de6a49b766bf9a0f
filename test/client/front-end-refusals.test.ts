/** `tsgi proxy` in front of nobody: what it refuses by itself is answered, and is one line on standard error each. */
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { runProxy } from "../../src/cli/proxy-command.ts";
import { RawConnection } from "../support/http-client.ts";
import { open } from "./harness.ts";

interface Proxy {
  readonly port: number;
  /** Lines behind the one that says it is ready. */
  lines(): string[];
}

async function startProxy(): Promise<Proxy> {
  const stop = new AbortController();
  const stderr = new PassThrough({ encoding: "utf8" });
  let text = "";
  const port = await new Promise<number>((resolve, reject) => {
    stderr.on("data", (part: string) => {
      text += part;
      const found = /ready at http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    const stopped = runProxy({
      http: { kind: "tcp", host: "127.0.0.1", port: 0 },
      to: { protocol: "fastcgi", address: { kind: "unix", path: "/nowhere/at/all" } },
      signal: stop.signal,
      stderr,
      graceMs: 0,
    });
    stopped.catch(reject);
    open.push({ [Symbol.asyncDispose]: async () => (stop.abort(), void (await stopped)) });
  });
  return { port, lines: () => text.trimEnd().split("\n").slice(1) };
}

test.each([
  [
    "GET /x HTTP/1.1\r\n\r\n",
    400,
    'tsgi: "GET /x" failed: got no Host header; HTTP/1.1 has one in every request',
  ],
  [
    "GET /x HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n",
    417,
    'tsgi: "GET /x" failed: got Expect: "more"; expected 100-continue, or none',
  ],
  [
    "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    501,
    'tsgi: "CONNECT a:443" failed: got CONNECT, which asks for a tunnel; expected a request for a path',
  ],
  [
    "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    400,
    "error: http: got what is no HTTP/1.1 request: Invalid method encountered; is this a TLS client? HTTP is spoken in the clear (ERR_HTTP_REQUEST)",
  ],
  [
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\n\r\n`,
    431,
    "error: http: got a request head larger than Node.js accepts (--max-http-header-size) (ERR_LIMIT_PARAMS)",
  ],
])("$1, one line: $2", async (text, status, line) => {
  const proxy = await startProxy();
  const client = await RawConnection.open(proxy.port);
  await client.write(Buffer.from(text, "latin1"));
  expect((await client.readHead()).status).toBe(status);
  await expect.poll(proxy.lines).toEqual([line]);
  client.abort();
});
