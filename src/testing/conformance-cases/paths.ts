/**
 * Paths: PATH_INFO decoded, one character for each octet, below SCRIPT_NAME; REQUEST_URI as it was sent.
 * @module
 */
import type { ConformanceCase } from "./conformance-case.ts";
import { reportEnviron } from "./answering.ts";

const paths: ReadonlyArray<readonly [name: string, what: string, sent: string, decoded: string]> = [
  ["nested", "several segments", "/a/b/c", "/a/b/c"],
  ["closing-slash", "a closing slash", "/a/", "/a/"],
  ["space", "a space", "/a%20b", "/a b"],
  ["utf8", "UTF-8", "/%C3%A9", "/\u{c3}\u{a9}"],
  ["not-utf8", "octets that are not UTF-8", "/%FF%FE", "/\u{ff}\u{fe}"],
  ["percent", "a percent sign", "/100%25", "/100%"],
  ["percent-twice", "what looks encoded once it is decoded", "/a%2541", "/a%41"],
  ["question-mark", "a question mark that was encoded", "/a%3Fb", "/a?b"],
  ["plus", "plus, semicolon and other marks", "/a+b;c=d,e@f:g!$&'()*~", "/a+b;c=d,e@f:g!$&'()*~"],
  ["encoded-slash", "a slash that was encoded", "/a%2Fb", "/a/b"],
  ["dot", "dots in names", "/a.b/.c/d..e", "/a.b/.c/d..e"],
  ["long", "a segment of 1,000 octets", `/${"x".repeat(1_000)}`, `/${"x".repeat(1_000)}`],
];

export const pathCases: readonly ConformanceCase[] = paths.map(([name, what, sent, decoded]) => ({
  name: `path-${name}`,
  holds: `decodes ${what} in the path`,
  request: { path: sent },
  application: reportEnviron,
  environ: ({ mount }) => ({
    SCRIPT_NAME: mount,
    PATH_INFO: `/path-${name}${decoded}`,
    REQUEST_URI: `${mount}/path-${name}${sent}`,
  }),
  answer: { status: 200 },
}));
