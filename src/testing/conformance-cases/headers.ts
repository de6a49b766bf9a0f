/**
 * Request headers, as HTTP_* keys of environ.
 * @module
 */
import type { ConformanceCase, ConformanceRequest, EnvironFacts } from "./conformance-case.ts";
import { reportEnviron } from "./answering.ts";

const many = Array.from({ length: 60 }, (_, n) => [`X-Many-${n}`, `value ${n}`] as const);

const headers: ReadonlyArray<
  readonly [
    name: string,
    holds: string,
    headers: NonNullable<ConformanceRequest["headers"]>,
    environ: EnvironFacts,
  ]
> = [
  ["plain", "passes a header", [["X-Probe", "yes, indeed"]], { HTTP_X_PROBE: "yes, indeed" }],
  [
    "case",
    "names a header in upper case whatever case it came in",
    [["x-pRoBe", "MiXed"]],
    { HTTP_X_PROBE: "MiXed" },
  ],
  [
    "repeated",
    "joins a repeated header in its order",
    [
      ["X-Twice", "one"],
      ["X-Twice", "two"],
    ],
    { HTTP_X_TWICE: "one, two" },
  ],
  [
    "cookies",
    "joins repeated cookies with a semicolon",
    [
      ["Cookie", "a=1"],
      ["Cookie", "b=2"],
    ],
    { HTTP_COOKIE: "a=1; b=2" },
  ],
  ["cookie", "passes a cookie header as it is", [["Cookie", 'a=1; b="2"']], { HTTP_COOKIE: 'a=1; b="2"' }],
  [
    "authorization",
    "passes credentials to the application",
    [["Authorization", "Bearer abc.def"]],
    { HTTP_AUTHORIZATION: "Bearer abc.def" },
  ],
  [
    "long",
    "passes a header of 4,000 octets",
    [["X-Long", "l".repeat(4_000)]],
    { HTTP_X_LONG: "l".repeat(4_000) },
  ],
  [
    "many",
    "passes 60 headers",
    many,
    Object.fromEntries(
      many.map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll("-", "_")}`, value]),
    ),
  ],
  [
    "eight-bit",
    "passes octets above 127, one character for each",
    [["X-Octets", "\u{e9}\u{ff}\u{80}"]],
    { HTTP_X_OCTETS: "\u{e9}\u{ff}\u{80}" },
  ],
  ["proxy", "drops Proxy, which libraries take for a setting", [["Proxy", "evil"]], { HTTP_PROXY: null }],
  [
    "https",
    "lets no header pass for a variable of the web server",
    [["Https", "on"]],
    { "wsgi.url_scheme": "http", HTTPS: null },
  ],
  [
    "common",
    "passes what browsers send",
    [
      ["Accept", "text/html,*/*;q=0.8"],
      ["User-Agent", "conformance/1.0 (x; y)"],
      ["Referer", "http://other.example/a?b"],
      ["If-None-Match", 'W/"v1"'],
    ],
    {
      HTTP_ACCEPT: "text/html,*/*;q=0.8",
      HTTP_USER_AGENT: "conformance/1.0 (x; y)",
      HTTP_REFERER: "http://other.example/a?b",
      HTTP_IF_NONE_MATCH: 'W/"v1"',
    },
  ],
];

export const headerCases: readonly ConformanceCase[] = headers.map(([name, holds, sent, facts]) => ({
  name: `header-${name}`,
  holds,
  request: { headers: sent },
  application: reportEnviron,
  environ: () => facts,
  answer: { status: 200 },
}));
