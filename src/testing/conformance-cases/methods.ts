/**
 * Methods and query strings, as environ has them.
 * @module
 */
import type { ConformanceCase } from "./conformance-case.ts";
import { octets, reportEnviron } from "./answering.ts";

const ok = { status: 200 } as const;

const withoutBody: readonly ConformanceCase[] = ["GET", "DELETE", "OPTIONS", "PROPFIND"].map((method) => ({
  name: `method-${method.toLowerCase()}`,
  holds: `gives ${method} to the application`,
  request: { method },
  application: reportEnviron,
  environ: ({ mount }) => ({
    REQUEST_METHOD: method,
    SCRIPT_NAME: mount,
    PATH_INFO: `/method-${method.toLowerCase()}`,
    QUERY_STRING: "",
    SERVER_PROTOCOL: "HTTP/1.1",
    "wsgi.version": [1, 0],
    "wsgi.url_scheme": "http",
    "tsgi.role": "responder",
  }),
  answer: ok,
}));

const withBody: readonly ConformanceCase[] = ["POST", "PUT", "PATCH"].map((method) => ({
  name: `method-${method.toLowerCase()}`,
  holds: `gives ${method} with its type and length to the application`,
  request: { method, headers: [["Content-Type", "text/x-conformance; a=b"]], body: octets("12345") },
  application: reportEnviron,
  environ: () => ({
    REQUEST_METHOD: method,
    CONTENT_TYPE: "text/x-conformance; a=b",
    CONTENT_LENGTH: "5",
  }),
  answer: ok,
}));

const queries: ReadonlyArray<readonly [name: string, query: string]> = [
  ["pairs", "a=1&b=%20&c=a+b&a=2"],
  ["encoded", "path=%2Fx%3F%26%3D&name=%C3%A9"],
  // A CGI script would get these words as arguments from Apache.
  ["words", "-s+two%20x"],
  ["question-marks", "a=?&b=/../x"],
];

export const methodCases: readonly ConformanceCase[] = [
  ...withoutBody,
  ...withBody,
  ...queries.map(([name, query]): ConformanceCase => ({
    name: `query-${name}`,
    holds: `gives the query string ${query} as it was sent`,
    request: { query },
    application: reportEnviron,
    environ: ({ mount }) => ({
      QUERY_STRING: query,
      PATH_INFO: `/query-${name}`,
      REQUEST_URI: `${mount}/query-${name}?${query}`,
    }),
    answer: ok,
  })),
  {
    name: "query-empty",
    holds: "gives an empty query string where a bare question mark came",
    request: { query: "" },
    application: reportEnviron,
    environ: () => ({ QUERY_STRING: "" }),
    answer: ok,
  },
];
