/**
 * Who asks, and whom: what an application may trust because no client can write to it.
 * @module
 */
import type { ConformanceCase } from "./conformance-case.ts";
import { reportEnviron } from "./answering.ts";

/** What the suite's own address is to the web server, as far as the web server's address tells; not the forged one. */
function clientAddress(origin: string): string | RegExp {
  const { hostname } = new URL(origin);
  if (hostname === "127.0.0.1") return hostname;
  if (hostname === "[::1]") return "::1";
  return hostname === "localhost" ? /^(?:127\.0\.0\.1|::1)$/ : /^(?!192\.0\.2\.1$)[0-9a-f.:]+$/i;
}

export const identityCases: readonly ConformanceCase[] = [
  {
    name: "identity-client",
    holds: "gives the client's address and the server's",
    application: reportEnviron,
    environ: ({ origin }) => ({
      REMOTE_ADDR: clientAddress(origin),
      REMOTE_PORT: /^[0-9]+$/,
      SERVER_NAME: /^.+$/,
      // URL leaves the port of the scheme out.
      SERVER_PORT: new URL(origin).port || "80",
      HTTP_HOST: new URL(origin).host,
      "wsgi.url_scheme": "http",
    }),
    answer: { status: 200 },
  },
  {
    name: "identity-forged",
    holds: "takes no identity from headers that a client sent",
    request: {
      headers: [
        ["Remote-Addr", "192.0.2.1"],
        ["X-Forwarded-For", "192.0.2.1"],
        ["X-Forwarded-Proto", "https"],
        ["Remote-User", "root"],
        ["Script-Name", "/forged"],
      ],
    },
    application: reportEnviron,
    environ: ({ origin, mount }) => ({
      REMOTE_ADDR: clientAddress(origin),
      "wsgi.url_scheme": "http",
      REMOTE_USER: null,
      SCRIPT_NAME: mount,
    }),
    answer: { status: 200 },
  },
  {
    name: "identity-unchecked",
    holds: "takes no user from credentials that the web server has not checked",
    request: { headers: [["Authorization", `Basic ${btoa("root:x")}`]] },
    application: reportEnviron,
    environ: () => ({ REMOTE_USER: null, AUTH_TYPE: null }),
    answer: { status: 200 },
  },
  {
    name: "identity-calling",
    holds: "says how it calls: WSGI 1.0, its own keys, an input and a place for errors",
    application: (environ, startResponse) => {
      const found = {
        "wsgi.version": environ["wsgi.version"],
        read: typeof environ["wsgi.input"].read,
        write: typeof environ["wsgi.errors"].write,
        fileWrapper: typeof environ["wsgi.file_wrapper"],
        aborted: environ["tsgi.signal"].aborted,
        multithread: typeof environ["wsgi.multithread"],
      };
      startResponse("200 OK", [["Content-Type", "application/json"]]);
      return [new TextEncoder().encode(JSON.stringify(found))];
    },
    environ: () => ({
      "wsgi.version": [1, 0],
      read: "function",
      write: "function",
      fileWrapper: "function",
      aborted: false,
      multithread: "boolean",
    }),
    answer: { status: 200 },
  },
];
